package dev.caviar.app;

import dev.caviar.lab.run.SavedModel;
import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `caviar evaluate`: how good a saved model is on the test part of some data.
@Command(
    name = "evaluate",
    description = "Tests a saved model on the test part of some data.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  caviar evaluate runs/my-study/best --data digits --json test.json"})
final class EvaluateCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "the folder of the model, such as runs/STUDY/best")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(names = "--json", paramLabel = "FILE", description = "where accuracy, loss and samples go")
    private @Nullable Path json;

    @Override
    public Integer call() {
        var job = SearchJob.begun(data.given());
        var model = SavedModel.load(folder);
        var set = DataOptions.load(job);
        model.check(set);
        var score = model.evaluate(set.test());
        var accuracy = score.accuracy() == null ? "" : "accuracy " + Figures.accuracy(score.accuracy()) + ", ";
        Streams.out().println(accuracy + "loss " + Figures.rounded(score.loss(), 6) + " on " + Figures.count(score.samples()) + " examples");
        if (json != null) {
            var bytes = (Json.write(score.json()) + "\n").getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(json, file -> file.write(ByteBuffer.wrap(bytes)));
        }
        return 0;
    }
}
