package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
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
        var html = report.html();
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
        assertThat(data.get("front")).hasToString("[]");
    }

    @Test
    void severalObjectivesHaveAFront() {
        var data = data(report(List.of(trial(0).ended(TrialState.COMPLETE, 1.0, 1.0), trial(1).ended(TrialState.COMPLETE, 2.0, 2.0),
                trial(2).ended(TrialState.COMPLETE, 3.0, 1.5)), Direction.MINIMIZE, Direction.MAXIMIZE));
        assertThat(data.get("front")).hasToString("[0, 1]");
        assertThat((List<?>) data.get("objectives")).hasSize(2);
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
