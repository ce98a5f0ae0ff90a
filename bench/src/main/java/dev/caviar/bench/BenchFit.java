package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Stepper;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// What `fit` adds to the compiled step: the same network, batches and order, the step by itself between two epochs of `fit`.
@Command(
    name = "fit",
    description = "What fit costs around the compiled step: gathering, metrics, history, callbacks.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "Seconds of a step: the median over the passes after the first, fit's and the bare step's in turns. A bare pass runs the same program on batches "
        + "that were gathered before; copying them into place is not counted. overhead is fit over step, minus 1. Examples behind the last full batch are left out.",
        "", "Example:", "  caviar bench fit --data fashion-mnist --limit 12800 --epochs 20 --json fit.json"})
final class BenchFit implements Callable<Integer> {
    @Mixin
    private Work work = new Work(64);

    @Mixin
    private Epochs epochs = new Epochs(20);

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        report.prepare();
        var fit = work.fit(epochs.count());
        var data = work.load();
        int steps = data.train().size() / work.batch;
        if (steps == 0) throw new BadInput("--batch is " + work.batch + ", but there are only " + data.train().size() + " examples.");
        var train = data.train().limit(steps * work.batch);
        work.warm(data, fit);
        try (var step = Stepper.of(work.model(data), train, fit)) {
            var bare = new Bare(step, train, fit, steps);
            var history = work.model(data).fit(train, fit.withCallbacks(bare));
            var whole = history.epochs().stream().map(History.Epoch::seconds).toList();
            double one = new Passes(bare.seconds).typical() / steps;
            double all = new Passes(whole).typical() / steps;
            var figures = new LinkedHashMap<String, Object>();
            figures.put("step_seconds", one);
            figures.put("fit_seconds", all);
            figures.put("overhead", all / one - 1);
            figures.put("step_seconds_of_passes", bare.seconds.stream().map(seconds -> seconds / steps).toList());
            figures.put("fit_seconds_of_passes", whole.stream().map(seconds -> seconds / steps).toList());
            figures.put("steps", steps);
            figures.put("loss_difference", Math.abs(bare.losses.getLast() - history.of("loss").getLast()));
            figures.put("model", work.network.name());
            figures.put("batch", work.batch);
            figures.put("dtype", work.dtype.name());
            figures.put("threads", work.threads);
            report.write(figures);
        }
        return 0;
    }

    /// After each epoch of `fit`, the same epoch by the step alone, on another copy of the network.
    private static final class Bare implements Callback {
        private final List<Double> seconds = new ArrayList<>();
        private final List<Double> losses = new ArrayList<>();
        private final Stepper step;
        private final Batches batches;
        private final List<List<Buffer>> gathered = new ArrayList<>();

        Bare(Stepper step, Examples train, Fit fit, int steps) {
            this.step = step;
            batches = Batches.of(train, fit.batch()).shuffled(fit.seed());
            for (int b = 0; b < steps; b++) gathered.add(List.of(Buffer.allocate(batches.xType(fit.batch())), Buffer.allocate(batches.yType(fit.batch()))));
        }

        @Override
        public void onEpochEnd(Run run) {
            batches.start(run.epoch());
            for (int b = 0; b < gathered.size(); b++) batches.fill(b, gathered.get(b).getFirst(), gathered.get(b).getLast());
            long nanos = 0;
            double loss = 0;
            for (var batch : gathered) {
                copy(batch.getFirst(), step.x().getFirst());
                copy(batch.getLast(), step.y().getFirst());
                long began = System.nanoTime();
                loss += step.run();
                nanos += System.nanoTime() - began;
            }
            seconds.add(nanos * 1e-9);
            losses.add(loss / gathered.size());
        }

        private static void copy(Buffer from, Buffer to) {
            MemorySegment.copy(from.memory(), 0, to.memory(), 0, from.type().bytes());
        }
    }
}
