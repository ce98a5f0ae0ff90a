package dev.caviar.bench;

import com.sun.management.ThreadMXBean;
import dev.caviar.app.BadInput;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Verbosity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Trains the network of the targets: 784-256-256-10 with batch norm and relu after each hidden layer, Adam at 0.001.
@Command(
    name = "train",
    description = "Trains one network and times its passes.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "Example:", "  caviar bench train --data fashion-mnist --epochs 4 --threads 2"})
final class BenchTrain implements Callable<Integer> {
    private static final int WARM_STEPS = 1500;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "mlp", description = "which network: ${COMPLETION-CANDIDATES}")
    private Network model = Network.mlp;

    @Option(names = "--data", paramLabel = "DATA", defaultValue = "fashion-mnist", description = "digits, mnist, fashion-mnist, a folder or a CSV file")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the only folder to look in")
    private @Nullable Path folder;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "4", description = "passes over the data")
    private int epochs;

    @Option(names = "--limit", paramLabel = "N", description = "use the first N training examples (default: all)")
    private @Nullable Integer limit;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "64", description = "examples per step")
    private int batch;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "number format: ${COMPLETION-CANDIDATES}")
    private Precision dtype = Precision.f32;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "threads that work on one step")
    private int threads;

    @Option(names = "--json", paramLabel = "FILE", description = "where the figures go")
    private @Nullable Path json;

    /// The networks by their names in options.
    enum Network { mlp }

    /// The number formats by their names in options.
    enum Precision { f32 }

    @Override
    public Integer call() {
        positive("--epochs", epochs);
        positive("--batch", batch);
        positive("--threads", threads);
        var set = DataSource.of(data).withFolder(folder).load();
        var train = limit == null ? set.train() : set.train().limit(positive("--limit", limit));
        double compileSeconds = warm(set, train);
        var network = network(set, train);
        var watch = new Watch();
        var history = network.fit(train, fit(epochs).withCallbacks(watch));
        var figures = new LinkedHashMap<String, Object>();
        figures.put("seconds_per_epoch", history.epochs().stream().map(History.Epoch::seconds).toList());
        figures.put("train_loss", history.of("loss"));
        figures.put("test_accuracy", network.evaluate(set.test()).get("accuracy"));
        figures.put("heap_bytes_per_step", watch.bytesPerStep);
        figures.put("compile_seconds", compileSeconds);
        figures.put("peak_bytes", peakBytes());
        figures.put("threads", threads);
        figures.put("provider", Provider.best().name());
        new Report(figures).write(json);
        return 0;
    }

    private static Model network(DataSet set, Examples train) {
        var network = Model.of(Flatten.of(), Dense.of(256).withBias(false), BatchNorm.of(), Activation.RELU,
                        Dense.of(256).withBias(false), BatchNorm.of(), Activation.RELU, Dense.of(set.outputs(), "softmax"))
                .withSeed(1).withNormaliser(Normaliser.fit(train));
        return network.compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }

    private Fit fit(int passes) {
        return Fit.of().withEpochs(passes).withBatch(batch).withSeed(1).withThreads(threads).withVerbosity(Verbosity.SILENT);
    }

    /// Traces and compiles the step and runs it on a throw-away network until the JVM has compiled its loops too: what is
    /// timed afterwards is training alone, as it is for peers that compile.
    private double warm(DataSet set, Examples train) {
        long began = System.nanoTime();
        int steps = Math.min(WARM_STEPS, (train.size() + batch - 1) / batch);
        var some = train.limit(Math.min(train.size(), steps * batch));
        network(set, some).fit(some, fit((WARM_STEPS + steps - 1) / steps));
        return (System.nanoTime() - began) / 1e9;
    }

    private static int positive(String option, int value) {
        if (value < 1) throw new BadInput(option + " is " + value + ", but must be at least 1.");
        return value;
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

    /// Counts what the training thread allocates.
    private static final class Watch implements Callback {
        private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private long bytesPerStep;
        private long before;
        private int steps;

        @Override
        public void onBatchEnd(Run run) {
            // From the second batch of an epoch to its last but one: every batch has the same size.
            if (run.batch() == 1) {
                before = THREADS.getCurrentThreadAllocatedBytes();
                steps = 0;
            } else if (run.batch() > 1 && run.batch() < run.batches() - 1) {
                steps++;
                bytesPerStep = (THREADS.getCurrentThreadAllocatedBytes() - before) / steps;
            }
        }

        @Override
        public void onEpochEnd(Run run) {}
    }
}
