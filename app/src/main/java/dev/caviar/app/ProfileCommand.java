package dev.caviar.app;

import dev.caviar.engine.compile.Plan;
import dev.caviar.engine.compile.Profile;
import dev.caviar.engine.compile.Roofline;
import dev.caviar.engine.memory.Shape;
import dev.caviar.lab.plot.Timings;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.train.DivergedException;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `caviar profile`: where the time and the memory of a training step go.
@Command(
    name = "profile",
    description = "Shows where the time and the memory of a training step go: step by step, against what this machine can do.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "Examples:", "  caviar profile --data fashion-mnist --out profile", "  caviar profile --model cnn --data mnist --batch 256 --plan"})
final class ProfileCommand implements Callable<Integer> {
    private static final int SIDE = 28;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "mlp", description = "which network: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    private Network model = Network.mlp;

    @Option(names = "--units", paramLabel = "N,N", split = ",", description = "the hidden layers of an mlp; default: 256,256")
    private List<Integer> units = List.of(256, 256);

    @Option(names = "--batch", paramLabel = "N", defaultValue = "64", description = "examples per step; default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "500", description = "steps that are timed, after as many to warm up; default: ${DEFAULT-VALUE}")
    private int steps;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "threads that work on one step; default: ${DEFAULT-VALUE}")
    private int threads;

    @Option(names = "--recompute", description = "compute activations once more for the gradients instead of keeping them")
    private boolean recompute;

    @Option(names = "--check-nan", description = "train with a check of every op, and name the first that makes NaN or infinity")
    private boolean checkNan;

    @Option(names = "--plan", description = "only say what a step would do and hold, without running it: whether a batch fits")
    private boolean planOnly;

    @Option(names = "--out", paramLabel = "DIR", description = "where profile.txt, profile.png and trace.json (for ui.perfetto.dev) go")
    private @Nullable Path out;

    /// The networks by their names in options.
    enum Network { mlp, cnn, lstm }

    @Override
    public Integer call() throws IOException {
        positive("--batch", batch);
        positive("--steps", steps);
        positive("--threads", threads);
        var set = DataOptions.load(SearchJob.begun(data.given()));
        var examples = examples(set);
        var network = network(set, examples);
        var fit = Fit.of().withBatch(batch).withThreads(threads).withRecompute(recompute)
                .withNanCheck(checkNan).withVerbosity(Verbosity.SILENT);
        var plan = network.plan(examples, fit);
        if (planOnly) {
            say(plan, "");
            return 0;
        }
        try {
            train(network, examples, fit);
            try (var profile = Profile.start()) {
                train(network, examples, fit);
                report(profile, plan);
            }
        } catch (DivergedException e) {
            throw new BadInput(e.getMessage());
        }
        return 0;
    }

    /// As many as one step needs, the first ones again and again where the data has fewer.
    private Examples examples(DataSet set) {
        var some = set.train().limit(Math.min(set.train().size(), Math.max(batch, 2048)));
        int rows = batch - some.size();
        if (rows > 0) {
            throw new BadInput("--batch " + batch + " is more than the " + some.size() + " training examples of " + set.name() + ".");
        }
        return some.limit(some.size() / batch * batch);
    }

    private void train(Model network, Examples examples, Fit fit) {
        int perEpoch = examples.size() / batch;
        network.fit(examples, fit.withEpochs((steps + perEpoch - 1) / perEpoch));
    }

    private Model network(DataSet set, Examples examples) {
        var layers = new ArrayList<Layer>();
        switch (model) {
            case mlp -> {
                layers.add(Flatten.of());
                for (int n : units) layers.addAll(List.of(Dense.of(positive("--units", n)).withBias(false), BatchNorm.of(), Activation.RELU));
            }
            case cnn -> layers.addAll(List.of(Reshape.of(image(set), image(set), 1), Conv2D.of(32, 3, "relu"), MaxPooling2D.of(2), Conv2D.of(64, 3, "relu"),
                    MaxPooling2D.of(2), Flatten.of(), Dense.of(128, "relu")));
            case lstm -> layers.addAll(List.of(Reshape.of(image(set), image(set)), LSTM.of(128)));
        }
        layers.add(Dense.of(set.outputs(), "softmax"));
        return Model.of(Sequential.of(layers)).withSeed(1).withNormaliser(Normaliser.fit(examples))
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }

    private long image(DataSet set) {
        if (!set.inputShape().equals(Shape.of(SIDE, SIDE))) {
            throw new BadInput("--model " + model + " takes images of " + SIDE + " by " + SIDE + ", but those of " + set.name() + " are "
                    + set.inputShape() + ".\nMaybe use --data fashion-mnist.");
        }
        return SIDE;
    }

    private void report(Profile profile, Plan plan) throws IOException {
        var text = profile.print();
        say(plan, text);
        if (out == null) return;
        Files.createDirectories(out);
        Files.writeString(out.resolve("profile.txt"), text + "\n" + plan.print());
        profile.trace(out.resolve("trace.json"));
        var timing = profile.timings().getFirst();
        new Timings(timing, Roofline.of(timing.threads())).write(out, "profile.png");
        Streams.out().println("Written: profile.txt, profile.png and trace.json in " + out + "; the last opens in ui.perfetto.dev.");
    }

    private static void say(Plan plan, String timed) {
        Streams.out().print(timed.isEmpty() ? plan.print() : timed);
        Streams.out().println("A step holds " + mebibytes(plan.peakBytes()) + " of activations and gradients at its peak; with weights, optimizer and batch "
                + mebibytes(plan.totalBytes()) + ".");
    }

    private static String mebibytes(long bytes) {
        return Figures.rounded(bytes / (double) (1 << 20), 3) + " MiB";
    }

    private static int positive(String option, int value) {
        if (value < 1) throw new BadInput(option + " is " + value + ", but must be at least 1.");
        return value;
    }
}
