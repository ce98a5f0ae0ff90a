package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options that say what is trained, and the training itself.
final class Work {
    @Option(names = "--model", paramLabel = "NAME", defaultValue = "mlp", description = "which network: ${COMPLETION-CANDIDATES}")
    Network network = Network.mlp;

    @Mixin
    private Source source = new Source();

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "number format: ${COMPLETION-CANDIDATES}")
    Precision dtype = Precision.f32;

    @Option(names = "--batch", paramLabel = "N", description = "examples per step or call")
    int batch;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "threads that work on one step")
    int threads;

    @Option(names = "--warm-up", paramLabel = "N", defaultValue = "1500", description = "untimed steps or calls before the timed ones")
    int warmUp;

    /// With so many examples in a batch where nothing else is asked for.
    Work(int batch) {
        this.batch = batch;
    }

    /// The data with the part that is trained on, and how features are normalised.
    record Data(DataSet set, Normaliser normaliser) {
        Examples train() {
            return set.train();
        }
    }

    Data load() {
        check();
        var set = source.load(network.limit);
        network.check(set);
        return new Data(set, Normaliser.fit(set.train()));
    }

    Model model(Data data) {
        return network.model(data.set, data.normaliser).withPrecision(dtype.name());
    }

    Fit fit(int epochs) {
        check();
        return Fit.of().withEpochs(epochs).withBatch(batch).withSeed(1).withThreads(threads).withVerbosity(Verbosity.SILENT);
    }

    /// Traces and compiles the step and runs it on a throw-away network until the JVM has compiled its loops too: what is timed afterwards is
    /// training alone, as it is for peers, which run some steps untimed too. Returns the seconds it took.
    double warm(Data data, Fit fit) {
        long began = System.nanoTime();
        int steps = Math.min(warmUp, Math.ceilDiv(data.train().size(), batch));
        var some = data.train().limit(Math.min(data.train().size(), steps * batch));
        model(data).fit(some, fit.withEpochs(Math.ceilDiv(warmUp, steps)));
        return (System.nanoTime() - began) / 1e9;
    }

    private void check() {
        positive("--batch", batch);
        positive("--threads", threads);
        positive("--warm-up", warmUp);
    }

    static int positive(String option, int value) {
        if (value < 1) throw new BadInput(option + " is " + value + ", but must be at least 1.");
        return value;
    }
}
