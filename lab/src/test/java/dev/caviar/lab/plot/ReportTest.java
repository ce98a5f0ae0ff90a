package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Notes;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.CoarseToFineSampler;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.storage.MemoryStorage;
import dev.caviar.tune.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final String EVIL = "</script><script>alert('★')</script><!--";

    private static Report report(List<TrialView> trials, Direction... directions) {
        return new Report(new StudyView(EVIL, List.of(directions), Map.of(), Map.of()), "memory", trials, Instant.EPOCH);
    }

    private static TrialView trial(int number) {
        return TrialView.running(number).withParam(EVIL, Choice.of(EVIL, null, 3), number % 2 == 0 ? EVIL : null)
                .withParam("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), 0.9 + 0.01 * (number % 9)).withReport(2, 0.5).withReport(1, Double.NaN);
    }

    private static Map<?, ?> data(Report report) {
        return data(report.html());
    }

    private static Map<?, ?> data(String html) {
        var begin = html.indexOf("id=\"data\">") + 10;
        return (Map<?, ?>) Json.read(html.substring(begin, html.indexOf("</script>", begin)));
    }

    @Test
    void whatAStudyHoldsIsNeverMarkup() {
        var trials = List.of(trial(0).ended(TrialState.COMPLETE, 1.0), trial(1).withSystemAttribute(TrialView.ERROR, EVIL).ended(TrialState.FAIL));
        var html = report(trials, Direction.MINIMIZE).html();
        assertThat(html).doesNotContain("alert('★')").doesNotContain("<script>alert");
        // The script elements are those of the template: data, library, ours.
        assertThat(html.split("</script>", -1)).hasSize(4);
        assertThat(html).contains("default-src 'none'").doesNotContain("src=\"http").doesNotContain("href=\"http");
        var data = data(report(trials, Direction.MINIMIZE));
        assertThat(data.get("study")).isEqualTo(EVIL);
        assertThat(((Map<?, ?>) ((List<?>) data.get("trials")).get(1)).get("error")).isEqualTo(EVIL);
    }

    @Test
    void numbersArriveAsTheyAre() {
        var data = data(report(List.of(trial(0).ended(TrialState.COMPLETE, 1.0), trial(1).ended(TrialState.COMPLETE, Double.POSITIVE_INFINITY),
                trial(2).ended(TrialState.COMPLETE, 0.25), trial(3).ended(TrialState.PRUNED, 0.1)), Direction.MINIMIZE));
        var trials = (List<?>) data.get("trials");
        assertThat(trials).extracting(trial -> ((Map<?, ?>) trial).get("values")).map(Object::toString).containsExactly("[1.0]", "[null]", "[0.25]", "[]");
        assertThat(((Map<?, ?>) trials.getFirst()).get("reports")).hasToString("[[1, null], [2, 0.5]]");
        assertThat((List<?>) data.get("params")).map(Object::toString).anySatisfy(param -> assertThat(param).contains("one-minus-log", "0.999"));
        assertThat(((Map<?, ?>) ((Map<?, ?>) data.get("importance")).get("ped"))).hasSize(2);
        // Choices by their places in the page's list.
        assertThat(trials).map(trial -> ((List<?>) ((Map<?, ?>) trial).get("params")).getFirst()).map(Object::toString).containsExactly("0", "1", "0", "1");
        assertThat(data.get("ranks")).isNull();
    }

    @Test
    void severalObjectivesHaveAFront() {
        var data = data(report(List.of(trial(0).ended(TrialState.COMPLETE, 1.0, 1.0), trial(1).ended(TrialState.COMPLETE, 2.0, 2.0),
                trial(2).ended(TrialState.COMPLETE, 3.0, 1.5)), Direction.MINIMIZE, Direction.MAXIMIZE));
        assertThat(data.get("ranks")).hasToString("[[0, 0], [1, 0], [2, 1]]");
        assertThat((List<?>) data.get("volumes")).hasSize(2);
        assertThat((List<?>) data.get("objectives")).hasSize(2);
    }

    @Test
    void whatIsHiddenIsLeftOut() {
        var study = new StudyView("s", List.of(Direction.MINIMIZE), Map.of(), Map.of(Notes.HIDDEN + 1, true));
        var report = new Report(study, "memory", List.of(trial(0).ended(TrialState.COMPLETE, 1.0), trial(1).ended(TrialState.COMPLETE, 0.0)), Instant.EPOCH);
        assertThat((List<?>) data(report).get("trials")).hasSize(1);
        assertThat(data(report).get("hidden")).isEqualTo(1L);
        assertThat(report.pictures().history().best().orElseThrow().number()).isZero();
    }

    @Test
    void thousandsOfCurvesDoNotMakeThePageLarge() {
        var trials = IntStream.range(0, 3_000).mapToObj(i -> {
            var trial = TrialView.running(i);
            for (var step = 0; step < 50; step++) trial = trial.withReport(step, i == 7 ? 2 : 1.0 / (step + i + 1));
            return trial.ended(TrialState.COMPLETE, i == 7 ? 2.0 : 1.0 / (i + 1));
        }).toList();
        var report = report(trials, Direction.MAXIMIZE);
        assertThat(report.html().length() - report(List.of(), Direction.MAXIMIZE).html().length()).isLessThan(1_000_000);
        var curves = ((List<?>) data(report).get("trials")).stream().map(trial -> (Map<?, ?>) trial).filter(trial -> trial.containsKey("reports")).toList();
        assertThat(curves).hasSize(401).first().extracting(trial -> trial.get("number")).isEqualTo(7L);     // the best, and the last ones
    }

    @Test
    void tenThousandTrialsAreAllInThePage() {
        var trials = IntStream.range(0, 10_000).mapToObj(i -> {
            var trial = TrialView.running(i).withParam("optimizer", Choice.of("adam-with-a-long-name", "sgd"), i % 3 == 0 ? "sgd" : "adam-with-a-long-name");
            for (var p = 0; p < 2; p++) trial = trial.withParam("parameter-" + p, Real.of(0, 1), (i * 0.6180339887498949 * (p + 1)) % 1);
            return trial.withReport(0, 3.0 / (i + 1)).withReport(1, 2.0 / (i + 1)).ended(TrialState.COMPLETE, 1.0 / (i + 1));
        }).toList();
        var html = report(trials, Direction.MINIMIZE).html();
        assertThat(html.length()).isLessThan(4_000_000);
        var data = data(html);
        var held = ((List<?>) data.get("trials")).stream().map(trial -> (Map<?, ?>) trial).toList();
        // The table and the clouds of dots have every one; only curves are fewer.
        assertThat(held).hasSize(10_000).allMatch(trial -> trial.get("params") instanceof List<?> params && params.size() == 3 && !params.contains(null));
        assertThat(held.stream().filter(trial -> trial.containsKey("reports"))).hasSize(400).last().extracting(trial -> trial.get("number")).isEqualTo(9_999L);
        // Charts are never drawn in steps, of which each paints the whole chart: that took a browser minutes.
        assertThat(html).contains("progressive: 0").contains("large: true");
    }

    @Test
    void theRoundsOfASearchAreTold() {
        var trials = IntStream.range(0, 6).mapToObj(i -> TrialView.running(i).withSystemAttribute(CoarseToFineSampler.ROUND, i / 3)
                .withSystemAttribute(CoarseToFineSampler.REGION, Map.of("x", List.of(i / 3, 9))).ended(TrialState.COMPLETE, 1.0 + i)).toList();
        assertThat(data(report(trials, Direction.MAXIMIZE)).get("rounds")).hasToString("[[0, 0, 2, {x=[0, 9]}], [1, 3, 5, {x=[1, 9]}]]");
    }

    @Test
    void anEmptyStudyHasAPage(@TempDir Path folder) throws IOException {
        try (var storage = new MemoryStorage()) {
            storage.create("empty", List.of(Direction.MAXIMIZE), Map.of());
            Report.of(storage, "empty").write(folder.resolve("page.html"));
            assertThat(Files.readString(folder.resolve("page.html"))).startsWith("<!DOCTYPE html>").contains("\"importance\": null");
            assertThatThrownBy(() -> Report.of(storage, "full")).isInstanceOf(StorageException.class).hasMessageContaining("\"full\"").hasMessageContaining("Maybe one of empty");
        }
    }
}
