package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.History;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Two trainings in two threads of one JVM, beside one alone: how far they are in each other's way.
@Command(
    name = "pair",
    description = "Two trainings at once in one JVM, against one alone.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "Each is the median of the passes after the first; of the two at once the slower one counts. ratio is pair over alone.",
        "", "Example:", "  caviar bench pair --data fashion-mnist --epochs 3 --json pair.json"})
final class BenchPair implements Callable<Integer> {
    @Mixin
    private Work work = new Work(64);

    @Mixin
    private Epochs epochs = new Epochs(3);

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        report.prepare();
        var fit = work.fit(epochs.count());
        var data = work.load();
        work.warm(data, fit);
        double alone = training(data, fit);
        double pair = together(data, fit);
        var figures = new LinkedHashMap<String, Object>();
        figures.put("alone_seconds", alone);
        figures.put("pair_seconds", pair);
        figures.put("ratio", pair / alone);
        figures.put("model", work.network.name());
        figures.put("dtype", work.dtype.name());
        figures.put("threads", work.threads);
        report.write(figures);
        return 0;
    }

    /// What a pass of one training takes.
    private double training(Work.Data data, Fit fit) {
        var history = work.model(data).fit(data.train(), fit);
        return new Passes(history.epochs().stream().map(History.Epoch::seconds).toList()).typical();
    }

    private double together(Work.Data data, Fit fit) {
        var start = new CyclicBarrier(2);
        try (var threads = Executors.newFixedThreadPool(2)) {
            Callable<Double> one = () -> {
                start.await();
                return training(data, fit);
            };
            var both = threads.invokeAll(Stream.of(one, one).toList());
            return Math.max(both.get(0).get(), both.get(1).get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadInput("The two trainings were interrupted.", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("One of two trainings at once failed.", e.getCause());
        }
    }
}
