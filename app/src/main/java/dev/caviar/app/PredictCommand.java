package dev.caviar.app;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.lab.run.SavedModel;
import dev.caviar.nn.format.NumPy;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `caviar predict`: what a saved model makes of examples in a NumPy file.
@Command(
    name = "predict",
    description = {"Predicts by a saved model: a probability for each class, or the values of a regression.",
        "Of one example the answer is printed, such as \"7 (93.0 %%)\".%n"},
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  caviar predict runs/my-study/best --in images.npy --out probabilities.npy"})
final class PredictCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "the folder of the model, such as runs/STUDY/best")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(names = "--in", required = true, paramLabel = "X.npy", description = "one example, or several along the first axis, as they were before normalising")
    @SuppressWarnings("NullAway.Init")
    private Path in;

    @Option(names = "--out", paramLabel = "Y.npy", description = "where the predictions go, float32 [examples, outputs]; without it they are printed")
    private @Nullable Path out;

    @Override
    public Integer call() {
        var model = SavedModel.load(folder);
        var answers = model.predict(NumPy.read(in));
        if (out != null) NumPy.write(out, answers);
        var count = answers.type().shape().dim(0);
        if (out == null || count == 1) for (var i = 0L; i < count; i++) Streams.out().println(sentence(model, answers, i));
        return 0;
    }

    private static String sentence(SavedModel model, Buffer answers, long row) {
        var width = answers.type().shape().dim(1);
        if (model.classes().isEmpty()) {
            var text = new StringBuilder();
            for (var j = 0L; j < width; j++) text.append(j == 0 ? "" : " ").append(Figures.rounded(answers.at(row * width + j), 6));
            return text.toString();
        }
        var best = 0L;
        for (var j = 1L; j < width; j++) if (answers.at(row * width + j) > answers.at(row * width + best)) best = j;
        return model.classes().get((int) best) + String.format(Locale.ROOT, " (%.1f %%)", 100 * answers.at(row * width + best));
    }
}
