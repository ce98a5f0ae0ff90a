package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Stepper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// What `fit` adds to the compiled step: the same network, batches and order, the step by itself between blocks of `fit`'s own steps.
@Command(
    name = "fit",
    description = "What fit costs around the compiled step: shuffling, gathering, metrics, history, callbacks.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "After every 32 steps of fit the same 32 batches are trained on by the bare step, on another copy of the network; putting them into place is not counted there. "
        + "Two such blocks stand within a tenth of a second, so that a machine whose speed changes changes both. overhead is the median over these pairs of fit's time over the bare "
        + "step's, minus 1; the first pass is left out, as are examples behind the last full batch.",
        "", "Example:", "  caviar bench fit --data fashion-mnist --epochs 10 --json fit.json"})
final class BenchFit implements Callable<Integer> {
    @Mixin
    private Work work = new Work(64);

    @Mixin
    private Epochs epochs = new Epochs(10);

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
            var beside = new Beside(step, Batches.of(train, fit.batch()).shuffled(fit.seed()));
            var history = work.model(data).fit(train, fit.withCallbacks(beside));
            var added = beside.pairs.stream().map(pair -> pair.fit / pair.bare - 1).sorted().toList();
            var figures = new LinkedHashMap<String, Object>();
            figures.put("step_seconds", new Passes(beside.pairs.stream().map(Pair::bare).toList()).median());
            figures.put("fit_seconds", new Passes(beside.pairs.stream().map(Pair::fit).toList()).median());
            figures.put("overhead", new Passes(added).median());
            figures.put("overhead_quartiles", List.of(added.get(added.size() / 4), added.get(added.size() * 3 / 4)));
            figures.put("pairs", beside.pairs.size());
            figures.put("steps", steps);
            figures.put("loss_difference", Math.abs(beside.loss - history.of("loss").getLast()));
            figures.put("model", work.network.name());
            figures.put("batch", work.batch);
            figures.put("dtype", work.dtype.name());
            figures.put("threads", work.threads);
            report.write(figures);
        }
        return 0;
    }

    /// Seconds a step, of some steps of `fit` and of the same by the bare step.
    private record Pair(double fit, double bare) {}

    /// Between the steps of `fit`, the same steps by another copy of the network. Its own time counts for neither.
    private static final class Beside implements Callback {
        private static final int BLOCK = 32;

        private final List<Pair> pairs = new ArrayList<>();
        private final Stepper step;
        private final Batches batches;
        private final List<Double> losses = new ArrayList<>();
        private double loss;
        private int from;
        private int to;
        private long mark;
        private long nanos;

        Beside(Stepper step, Batches batches) {
            this.step = step;
            this.batches = batches;
        }

        @Override
        public void onEpochBegin(Run run) {
            batches.start(run.epoch());
            losses.clear();
            from = to = 0;
            nanos = 0;
            mark = System.nanoTime();
        }

        @Override
        public void onBatchEnd(Run run) {
            nanos += System.nanoTime() - mark;
            to = run.batch() + 1;
            if (to - from == BLOCK && to < batches.count()) compare(run);
            mark = System.nanoTime();
        }

        @Override
        public void onEpochEnd(Run run) {
            nanos += System.nanoTime() - mark;
            compare(run);
            loss = losses.stream().mapToDouble(Double::doubleValue).sum() / losses.size();
        }

        private void compare(Run run) {
            long bare = 0;
            for (int b = from; b < to; b++) {
                batches.fill(b, step.x(), step.y());
                long began = System.nanoTime();
                losses.add(step.run());
                bare += System.nanoTime() - began;
            }
            if (run.epoch() > 0 || run.fit().epochs() == 1) pairs.add(new Pair(nanos * 1e-9 / (to - from), bare * 1e-9 / (to - from)));
            from = to;
            nanos = 0;
        }
    }
}
