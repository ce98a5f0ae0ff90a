package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SearchCommandTest {
    private static final String SPACE = """
            {"parameters": [
             {"name": "lr", "type": "real", "low": 0.001, "high": 0.1, "scale": "log"},
             {"name": "units", "type": "whole", "low": 8, "high": 16},
             {"name": "layers", "type": "whole", "low": 1, "high": 1},
             {"name": "batch", "type": "choice", "values": [128, 256]}]}""";

    @TempDir
    private Path folder;
    private Path space;

    @BeforeEach
    void write() throws IOException {
        space = Files.writeString(folder.resolve("space.json"), SPACE);
    }

    /// A search in this test's folder.
    private Outcome search(String... more) {
        var args = new ArrayList<>(List.of("search", "--storage", storage()));
        args.addAll(Arrays.asList(more));
        return Outcome.of(args.toArray(String[]::new));
    }

    private Outcome small(String study, String... more) {
        var args = new ArrayList<>(List.of("--space", space.toString(), "--study", study, "--out", folder.resolve(study).toString()));
        args.addAll(Arrays.asList(more));
        if (!args.contains("--epochs")) args.addAll(List.of("--epochs", "2"));
        return search(args.toArray(String[]::new));
    }

    private String storage() {
        return "sqlite:" + folder.resolve("studies.db");
    }

    private Map<?, ?> summary(String study) {
        return json(folder.resolve(study).resolve("summary.json"));
    }

    private static Map<?, ?> json(Path file) {
        try {
            return (Map<?, ?>) Json.read(Files.readString(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<TrialView> trials(String study) {
        try (var kept = Storages.open(storage())) {
            return kept.trials(study);
        }
    }

    @Test
    void aSearchPrintsItsTrialsAndLeavesItsFiles() {
        var outcome = small("a", "--trials", "4", "--json", folder.resolve("copy/summary.json").toString());
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        var lines = outcome.out().lines().filter(line -> line.startsWith("[")).toList();
        assertThat(lines).hasSize(4);
        for (var i = 0; i < 4; i++) assertThat(lines.get(i)).startsWith("[" + (i + 1) + "/4] trial " + i).containsPattern("accuracy \\d\\.\\d{4} ");
        assertThat(outcome.out()).contains("BEST CONFIGURATION").containsPattern("Test accuracy: \\d\\.\\d{4} on 360 examples");
        assertThat(folder.resolve("a")).isDirectoryContaining("glob:**/impact-lr.png").isDirectoryContaining("glob:**/impact-batch.png")
                .isDirectoryContaining("glob:**/hyperparameter_analysis.png").isDirectoryContaining("glob:**/learning-curves.png");
        assertThat(folder.resolve("a/best/model.safetensors")).isNotEmptyFile();

        var summary = summary("a");
        assertThat(summary.keySet().stream().map(String::valueOf)).containsExactly("study", "trials", "complete", "pruned", "failed", "best", "test", "seconds");
        assertThat(summary.get("study")).isEqualTo("a");
        assertThat(summary.get("trials")).isEqualTo(4L).isEqualTo(summary.get("complete"));
        var best = (Map<?, ?>) summary.get("best");
        var trial = trials("a").get(Math.toIntExact((long) best.get("number")));
        assertThat(best.get("value")).isEqualTo(trial.value().orElseThrow());
        assertThat(best.get("params")).isEqualTo(trial.params());
        assertThat(((Map<?, ?>) summary.get("test")).keySet().stream().map(String::valueOf)).containsExactly("accuracy", "loss");
        assertThat(json(folder.resolve("copy/summary.json"))).isEqualTo(summary);
    }

    @Test
    void aBetterTrialAndOnlyThatIsANewBest() {
        var outcome = small("a", "--trials", "6", "--epochs", "1");
        var pattern = Pattern.compile("accuracy (\\d\\.\\d{4}) .*?(★ NEW BEST!)?$");
        var values = trials("a").stream().map(trial -> trial.value().orElseThrow()).toList();
        var best = -1.0;
        for (var line : outcome.out().lines().filter(line -> line.startsWith("[")).toList()) {
            var number = Integer.parseInt(line.replaceAll(".*trial +(\\d+) .*", "$1"));
            var matcher = pattern.matcher(line);
            assertThat(matcher.find()).isTrue();
            assertThat(matcher.group(1)).isEqualTo(Figures.accuracy(values.get(number)));
            assertThat(matcher.group(2) != null).as(line).isEqualTo(values.get(number) > best);
            best = Math.max(best, values.get(number));
        }
    }

    @Test
    void theSameSeedPrintsTheSameWithOneWorkerAndTwo() {
        var one = small("a", "--trials", "4", "--workers", "1");
        var two = small("b", "--trials", "4", "--workers", "2");
        assertThat(one.code()).isZero();
        assertThat(two.comparable()).isEqualTo(one.comparable());
        assertThat(trials("b")).extracting(TrialView::values).isEqualTo(trials("a").stream().map(TrialView::values).toList());
        assertThat(small("c", "--trials", "4", "--seed", "2").comparable()).isNotEqualTo(one.comparable());
    }

    @Test
    void withALagTheResultsOfASamplerThatLearnsDoNotDependOnTheWorkers() {
        var one = small("a", "--trials", "8", "--epochs", "1", "--sampler", "tpe", "--lag", "2", "--workers", "1");
        var two = small("b", "--trials", "8", "--epochs", "1", "--sampler", "tpe", "--lag", "2", "--workers", "2");
        assertThat(one.code()).isZero();
        assertThat(two.comparable()).isEqualTo(one.comparable());
        var other = search("--resume", "--study", "a", "--lag", "3");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("--lag 3 contradicts study \"a\", which was begun with 2", "\nMaybe ");
    }

    @Test
    void withoutWaitingResultsDependOnTimingAndTheSearchSaysSo() {
        var outcome = small("a", "--trials", "1", "--epochs", "1", "--async");
        assertThat(outcome.out()).contains("results depend on timing");
        assertThat(small("b", "--trials", "1", "--async", "--lag", "2").err()).contains("contradict each other");
        try (var kept = Storages.open(storage()); var study = Study.open(kept, StudyOptions.of("a"))) {
            assertThat(study.lag()).isZero();
        }
    }

    @Test
    void quietPrintsNothing() {
        assertThat(small("a", "--trials", "1", "--epochs", "1", "--quiet")).isEqualTo(new Outcome(0, "", ""));
        assertThat(folder.resolve("a/summary.json")).exists();
    }

    @Test
    void aResumedSearchEndsAsAnUninterruptedOne() {
        small("whole", "--trials", "4");
        small("parts", "--trials", "2");
        var resumed = search("--resume", "--study", "parts", "--trials", "4");
        assertThat(resumed.code()).isZero();
        assertThat(resumed.out()).contains("Going on after 2 finished trials, the best of them").contains("[3/4] trial 2", "[4/4] trial 3").doesNotContain("[2/4]");
        assertThat(summary("parts").get("best")).isEqualTo(summary("whole").get("best"));
        assertThat(summary("parts").get("test")).isEqualTo(summary("whole").get("test"));
        var again = search("--resume", "--study", "parts");
        assertThat(again.code()).isZero();
        assertThat(trials("parts")).hasSize(4);
    }

    @Test
    void aStudyThatExistsIsRefusedWithTheCommandToUse() {
        small("it's mine", "--trials", "1", "--epochs", "1");
        var outcome = small("it's mine", "--trials", "2");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("already exists", "1 finished").endsWith(
                "./caviar search --resume --study 'it'\\''s mine' --storage " + storage() + System.lineSeparator());
    }

    @Test
    void whatContradictsTheStudyIsRefused() throws IOException {
        small("a", "--trials", "1");
        var other = Files.writeString(folder.resolve("other.json"), SPACE.replace("0.1,", "0.2,"));
        var table = Files.writeString(folder.resolve("t.csv"), "a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n7,x\n8,y\n9,x\n10,y\n");
        for (var options : List.of(List.of("--epochs", "3"), List.of("--seed", "2"), List.of("--sampler", "grid"), List.of("--pruner", "median"),
                List.of("--threads", "2"), List.of("--space", other.toString()), List.of("--data", table.toString()))) {
            var args = new ArrayList<>(List.of("--resume", "--study", "a", "--trials", "2"));
            args.addAll(options);
            var outcome = search(args.toArray(String[]::new));
            assertThat(outcome.code()).as("%s", options).isEqualTo(2);
            assertThat(outcome.err()).as("%s", options).contains("\"a\"").doesNotContain("\tat ");
        }
        assertThat(trials("a")).hasSize(1);
        assertThat(search("--resume", "--study", "a", "--trials", "2", "--epochs", "2", "--seed", "1", "--space", space.toString()).code()).isZero();
    }

    @Test
    void aTrialThatFailsIsPrintedWithItsReasonAndTheSearchGoesOn() throws IOException {
        Files.writeString(space, """
                {"parameters": [{"name": "lr", "type": "choice", "values": [1e30, 0.01]}, {"name": "optimizer", "type": "choice", "values": ["sgd"]},
                 {"name": "units", "type": "choice", "values": [0, 8]}]}""");
        var outcome = small("a", "--trials", "8");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("failed: Parameter \"units\" is 0");
        var summary = summary("a");
        assertThat((long) summary.get("failed")).isPositive();
        assertThat((long) summary.get("failed") + (long) summary.get("complete")).isEqualTo(8);
    }

    @Test
    void aSearchOfNumbersSaysHowManyTrialsRanTogether() throws IOException {
        Files.writeString(space, """
                {"parameters": [{"name": "lr", "type": "real", "low": 0.001, "high": 0.1, "scale": "log"},
                 {"name": "layers", "type": "choice", "values": [0]}, {"name": "batch", "type": "choice", "values": [32]}]}""");
        var together = small("a", "--trials", "4", "--workers", "1", "--sampler", "random");
        assertThat(together.err()).isEmpty();
        assertThat(together.out()).contains(" s, 4 trials in programs of several");
        var alone = small("b", "--trials", "4", "--workers", "1", "--sampler", "random", "--no-batched");
        assertThat(alone.out()).doesNotContain("programs of several");
        for (var i = 0; i < 4; i++) assertThat(trials("a").get(i).value().orElseThrow()).isCloseTo(trials("b").get(i).value().orElseThrow(), within(0.005));
        assertThat(small("c", "--batched", "4", "--no-batched").err()).contains("contradict", "Maybe leave --batched out.");
    }

    @Test
    void aTrialWhoseNumbersWereLostNamesTheOpAndTheLayer() throws IOException {
        Files.writeString(space, """
                {"parameters": [{"name": "lr", "type": "choice", "values": [1e30]}, {"name": "optimizer", "type": "choice", "values": ["sgd"]},
                 {"name": "units", "type": "choice", "values": [8]}]}""");
        var plain = small("a", "--trials", "1");
        assertThat(plain.out()).containsPattern("failed: fit: the loss became ");
        var checked = small("b", "--trials", "1", "--check-nan");
        assertThat(checked.out()).containsPattern("failed: fit: in batch \\d of epoch 1: \\w+ in \"\\w+/?[\\w/]*\" ");
    }

    @Test
    void aSearchWithoutAnyResultSaysSoAndEndsWithOne() throws IOException {
        Files.writeString(space, "{\"parameters\": [{\"name\": \"units\", \"type\": \"choice\", \"values\": [0]}]}");
        var outcome = small("a", "--trials", "2");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("no trial was completed, 2 failed; the first: Parameter \"units\" is 0");
        assertThat(summary("a").get("best")).isNull();
        assertThat(summary("a").get("test")).isNull();
    }

    @Test
    void aParameterWithoutEffectIsWarnedAbout() throws IOException {
        Files.writeString(space, SPACE.replace("\"units\"", "\"unitz\""));
        assertThat(small("a", "--trials", "2", "--epochs", "1").err().lines()).singleElement().asString().contains("warning", "\"unitz\"");
    }

    @Test
    void aGridEndsAfterItsPoints() throws IOException {
        Files.writeString(space, """
                {"parameters": [{"name": "units", "type": "choice", "values": [8, 16]}, {"name": "lr", "type": "choice", "values": [0.01, 0.02]}]}""");
        var outcome = small("a", "--trials", "9", "--sampler", "grid", "--epochs", "1");
        assertThat(outcome.code()).isZero();
        assertThat(trials("a")).hasSize(4).extracting(TrialView::params).doesNotHaveDuplicates();
        assertThat(outcome.out()).contains("[4/4]").doesNotContain("Time was up");
    }

    @Test
    void aSpaceFileIsSearchedByTheDefaultSamplerWhichSaysWhatItChose() throws IOException {
        Files.writeString(space, """
                {"parameters": [{"name": "lr", "type": "real", "low": 0.001, "high": 0.1, "scale": "log"}, {"name": "units", "type": "choice", "values": [8, 16]}]}""");
        var outcome = small("a", "--trials", "3", "--epochs", "1");
        assertThat(outcome.out()).contains("A Gaussian process, in turns with a Parzen estimator while it is stuck, since so few trials (3)");
        assertThat(trials("a")).allMatch(trial -> "gp".equals(trial.systemAttributes().get("caviar:by")));
        assertThat(small("b", "--trials", "2", "--epochs", "1", "--sampler", "tpe").out()).doesNotContain("Gaussian process");
    }

    @Test
    void aTableIsARegressionOfItsNumericLabel() throws IOException {
        var text = new StringBuilder("size,colour,price\n");
        for (var i = 0; i < 200; i++) text.append(i % 37).append(i % 2 == 0 ? ",red," : ",blue,").append(1000 + 10 * (i % 37) + (i % 2) * 50).append('\n');
        var table = Files.writeString(folder.resolve("prices.csv"), text);
        var outcome = small("a", "--trials", "2", "--data", table.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).containsPattern("\\[1/2] trial 0  loss ").contains("Test loss: ");
        var test = (Map<?, ?>) summary("a").get("test");
        assertThat(test.get("accuracy")).isNull();
        assertThat((double) test.get("loss")).isPositive();
        var values = trials("a").stream().mapToDouble(trial -> trial.value().orElseThrow()).min().orElseThrow();
        assertThat(((Map<?, ?>) summary("a").get("best")).get("value")).isEqualTo(values);

        var score = folder.resolve("score.json");
        assertThat(Outcome.of("evaluate", folder.resolve("a/best").toString(), "--data", table.toString(), "--json", score.toString()).code()).isZero();
        assertThat(json(score).get("loss")).isEqualTo(test.get("loss"));
        assertThat(json(score).get("accuracy")).isNull();
    }
}
