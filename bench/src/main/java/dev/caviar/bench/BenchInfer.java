package dev.caviar.bench;

import dev.caviar.nn.data.Examples;
import dev.caviar.nn.train.Predictor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How long a network takes to answer, asked with one image or with many.
@Command(
    name = "infer",
    description = "Asks one network again and again with a batch of images.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "The least mean time of ten rounds, after a warm-up; ratio is the peer's time over ours.",
        "", "Examples:",
        "  caviar bench infer --model mlp --batch 1 --json infer.json",
        "  caviar bench infer --model mlp --batch 256 --threads 2 --peer pytorch --json infer.json"})
final class BenchInfer implements Callable<Integer> {
    private static final int ROUNDS = 10;

    @Mixin
    private Work work = new Work(1);

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2", description = "about how long is measured, after at least half as long a warm-up")
    private double seconds;

    @Option(names = "--peer", paramLabel = "NAME", description = "pytorch: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        report.prepare();
        var data = work.load();
        try (var beside = PeerRun.named(peer, Peer.Task.INFER, work.dtype, work.threads)) {
            double micros = microseconds(data);
            var figures = new LinkedHashMap<String, Object>();
            figures.put("microseconds", micros);
            figures.put("images_per_second", work.batch * 1e6 / micros);
            figures.put("model", work.network.name());
            figures.put("dtype", work.dtype.name());
            figures.put("batch", work.batch);
            figures.put("threads", work.threads);
            if (beside != null) {
                report.keep(figures);
                beside.give(data.train().limit(1), images(data), data.normaliser());
                var theirs = beside.run(Map.of("task", "infer", "model", work.network.name(), "batch", work.batch, "threads", work.threads,
                        "dtype", work.dtype.name()));
                figures.put("peer", theirs);
                figures.put("ratio", PeerRun.number(theirs, "microseconds") / micros);
            }
            report.write(figures);
        }
        return 0;
    }

    /// As many images as a call has, from the first on and again from the first.
    private Examples images(Work.Data data) {
        var test = data.set().test();
        var positions = new int[work.batch];
        for (int i = 0; i < work.batch; i++) positions[i] = i % test.size();
        return test.select(positions);
    }

    private double microseconds(Work.Data data) {
        var model = work.model(data).build(data.set().inputShape().toArray());
        var x = images(data).features();    // the model normalises them
        var images = new float[Math.toIntExact(x.size())];
        for (int i = 0; i < images.length; i++) images[i] = (float) x.at(i);
        try (var predictor = Predictor.of(model, work.batch, work.threads)) {
            var answers = new float[work.batch * predictor.outputs()];
            long end = System.nanoTime() + (long) (seconds / 2 * 1e9);
            // By number too: the JVM compiles what was called often, and until then a call takes several times as long.
            for (long calls = 0; System.nanoTime() < end || calls < work.warmUp; calls++) predictor.predict(images, answers);
            long began = System.nanoTime();
            for (int i = 0; i < ROUNDS; i++) predictor.predict(images, answers);
            double call = (System.nanoTime() - began) / 1e9 / ROUNDS;
            long each = Math.max(1, (long) (seconds / ROUNDS / call));
            double best = Double.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                began = System.nanoTime();
                for (long i = 0; i < each; i++) predictor.predict(images, answers);
                best = Math.min(best, (System.nanoTime() - began) / 1e3 / each);
            }
            return best;
        }
    }
}
