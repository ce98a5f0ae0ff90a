package dev.caviar.bench;

import com.sun.management.ThreadMXBean;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Run;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Trains one of the networks of the targets, and has a peer do the same work in the same run.
@Command(
    name = "train",
    description = "Trains one network and times its passes, beside a peer where one is named.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "ratio is the peer's seconds for a pass over ours; of each side the median of the passes after the first.",
        "", "Examples:",
        "  caviar bench train --data fashion-mnist --epochs 4 --threads 2",
        "  caviar bench train --model mlp --threads 2 --peer pytorch --json train.json"})
final class BenchTrain implements Callable<Integer> {
    @Mixin
    private Work work = new Work(64);

    @Mixin
    private Epochs epochs = new Epochs(4);

    @Option(names = "--peer", paramLabel = "NAME",
            description = "pytorch, torch-compile, jax, keras-tf, keras-jax or djl: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Option(names = "--check-nan", description = "end at the first op that makes a number which is not finite, and name it and its layer; slow: "
            + "each op runs by itself, so the times are not those of training")
    private boolean checkNan;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        report.prepare();
        var fit = work.fit(epochs.count()).withNanCheck(checkNan);
        var data = work.load();
        try (var beside = PeerRun.named(peer, Peer.Task.TRAIN, work.dtype, work.threads)) {
            var model = work.model(data).build(data.set().inputShape().toArray());
            var start = model.weights();
            var figures = ours(model, data, fit);
            if (beside != null) {
                report.keep(figures);
                beside.give(data.train(), data.set().test(), data.normaliser());
                beside.begin(start, Batches.of(data.train(), work.batch).shuffled(fit.seed()), fit.epochs());
                var theirs = beside.run(Map.of("task", "train", "weights", start.keySet(), "model", work.network.name(), "batch", work.batch, "epochs", fit.epochs(),
                        "threads", work.threads, "dtype", work.dtype.name()));
                figures.put("peer", theirs);
                figures.put("ratio", PeerRun.passes(figures).ratio(PeerRun.passes(theirs)));
            }
            report.write(figures);
        }
        return 0;
    }

    private Map<String, Object> ours(Model model, Work.Data data, Fit fit) {
        double compileSeconds = work.warm(data, fit);
        var watch = new Watch();
        var history = model.fit(data.train(), fit.withCallbacks(watch));
        var seconds = history.epochs().stream().map(History.Epoch::seconds).toList();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("seconds_per_epoch", seconds);
        figures.put("first_epoch_seconds", seconds.getFirst());
        figures.put("typical_epoch_seconds", new Passes(seconds).typical());
        figures.put("train_loss", history.of("loss"));
        figures.put("test_accuracy", model.evaluate(data.set().test()).get("accuracy"));
        figures.put("heap_bytes_per_step", watch.bytesPerStep);
        figures.put("compile_seconds", compileSeconds);
        figures.put("peak_bytes", peakBytes());
        figures.put("model", work.network.name());
        figures.put("dtype", work.dtype.name());
        figures.put("threads", work.threads);
        figures.put("provider", Provider.best().name());
        return figures;
    }

    /// The most memory that the process ever held, as the system counts it; the heap's peak where the system does not say.
    private static long peakBytes() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            var peak = lines.filter(line -> line.startsWith("VmHWM:")).findFirst();
            if (peak.isPresent()) return Long.parseLong(peak.get().replaceAll("\\D", "")) * 1024;
        } catch (IOException e) {
            // No such file on this system.
        }
        return ManagementFactory.getMemoryPoolMXBeans().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    }

    /// Counts what all threads allocate on the heap.
    private static final class Watch implements Callback {
        private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private long bytesPerStep;
        private long before;
        private int steps;

        @Override
        public void onBatchEnd(Run run) {
            // From the second batch of an epoch to its last but one: every batch has the same size.
            if (run.batch() == 1) {
                before = THREADS.getTotalThreadAllocatedBytes();
                steps = 0;
            } else if (run.batch() > 1 && run.batch() < run.batches() - 1) {
                steps++;
                bytesPerStep = (THREADS.getTotalThreadAllocatedBytes() - before) / steps;
            }
        }

        @Override
        public void onEpochEnd(Run run) {}
    }
}
