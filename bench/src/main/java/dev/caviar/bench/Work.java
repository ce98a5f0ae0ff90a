package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say what is trained, and the training itself.
final class Work {
    @Option(names = "--model", paramLabel = "NAME", defaultValue = "mlp", description = "which network: ${COMPLETION-CANDIDATES}")
    Network network = Network.mlp;

    @Option(names = "--data", paramLabel = "DATA", defaultValue = "fashion-mnist", description = "digits, mnist, fashion-mnist, a folder or a CSV file")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the only folder to look in")
    private @Nullable Path folder;

    @Option(names = "--limit", paramLabel = "N", description = "use the first N training examples (default: all; 12800 for cnn and lstm)")
    private @Nullable Integer limit;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "number format: ${COMPLETION-CANDIDATES}")
    Precision dtype = Precision.f32;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "threads that work on one step")
    int threads;

    @Option(names = "--warm-up", paramLabel = "N", defaultValue = "1500", description = "untimed steps or calls before the timed ones")
    int warmUp;

    /// The data, which part of it is trained on, and how features are normalised.
    record Data(DataSet set, Examples train, Normaliser normaliser) {}

    Data load() {
        positive("--threads", threads);
        positive("--warm-up", warmUp);
        var set = DataSource.of(data).withFolder(folder).load();
        if (set.classes().isEmpty()) throw new BadInput("--data " + data + " has values to predict, but the networks here are for classes.");
        network.check(set);
        var train = network.part(set, limit == null ? null : positive("--limit", limit));
        return new Data(set, train, Normaliser.fit(train));
    }

    Model model(Data data) {
        return network.model(data.set, data.normaliser).withPrecision(dtype.name());
    }

    Fit fit(int epochs, int batch) {
        return Fit.of().withEpochs(epochs).withBatch(batch).withSeed(1).withThreads(threads).withVerbosity(Verbosity.SILENT);
    }

    /// Traces and compiles the step and runs it on a throw-away network until the JVM has compiled its loops too: what is timed afterwards is
    /// training alone, as it is for peers, which run some steps untimed too. Returns the seconds it took.
    double warm(Data data, int batch) {
        long began = System.nanoTime();
        int steps = Math.min(warmUp, (data.train.size() + batch - 1) / batch);
        var some = data.train.limit(Math.min(data.train.size(), steps * batch));
        model(data).fit(some, fit((warmUp + steps - 1) / steps, batch));
        return (System.nanoTime() - began) / 1e9;
    }

    static int positive(String option, int value) {
        if (value < 1) throw new BadInput(option + " is " + value + ", but must be at least 1.");
        return value;
    }
}
