package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StudyCommandTest {
    @TempDir
    private Path folder;
    private String url = "";

    @BeforeEach
    void twoStudies() {
        url = "sqlite:" + folder.resolve("studies.db");
        try (var storage = Storages.open(url)) {
            var space = Space.of(Param.of("x", Real.of(-5, 5)));
            try (var study = Study.create(storage, StudyOptions.of("line").withSpace(space).withSeed(1))) {
                study.optimize(trial -> {
                    if (trial.number() == 2) throw new IllegalStateException("a \"quoted\", word");
                    trial.note("words", "a, \"b\"");
                    return trial.real("x");
                }, Budget.trials(5));
            }
            try (var study = Study.create(storage, StudyOptions.of("two").withDirections(Direction.MINIMIZE, Direction.MINIMIZE))) {
                study.optimize(Objective.several(trial -> List.of(trial.real("x", 0, 1), 1.0 - trial.real("x", 0, 1))), Budget.trials(3));
            }
        }
    }

    private Outcome study(String... words) {
        var all = new ArrayList<>(List.of("study"));
        all.addAll(List.of(words));
        all.addAll(List.of("--storage", url));
        return Outcome.of(all.toArray(String[]::new));
    }

    private Object json(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.add("--json");
        var outcome = study(all.toArray(String[]::new));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return Json.read(outcome.out());
    }

    private static Object at(Object json, Object... path) {
        for (var step : path) json = step instanceof Integer index ? ((List<?>) json).get(index) : ((Map<?, ?>) json).get(step);
        return json;
    }

    @Test
    void studiesAreListedAndShown() {
        assertThat(study("list").out()).contains("line: 5 finished of 5 trials, best ").contains("two: 3 finished of 3 trials");
        var list = json("list");
        assertThat(at(list, 0, "study")).isEqualTo("line");
        assertThat(at(list, 0, "failed")).isEqualTo(1L);
        assertThat(at(list, 1, "pareto_front")).isEqualTo(List.of(0L, 1L, 2L));
        assertThat(at(json("show", "line"), "complete")).isEqualTo(4L);
        assertThat(study("show", "--study", "line").out()).contains("study: line", "trials: 5");
    }

    @Test
    void theBestAndTheTrialsAreShown() {
        var best = json("best", "--study", "line");
        var trials = json("trials", "--study", "line");
        assertThat((List<?>) trials).hasSize(5);
        assertThat(at(best, "value")).isEqualTo(((List<?>) trials).stream().map(trial -> at(trial, "value")).filter(Double.class::isInstance)
                .map(Double.class::cast).min(Double::compare).orElseThrow());
        assertThat((List<?>) json("best", "two")).hasSize(3);
        assertThat(study("trials", "line").out()).contains("trial", "FAIL", "COMPLETE").hasLineCount(6);
    }

    @Test
    void exportsAreTablesOrEverything() throws IOException {
        var csv = study("export", "line").out();
        assertThat(csv).startsWith("number,value,datetime_start,datetime_complete,duration,params_x,user_attrs_words,state,hidden\n0,").contains(",\"a, \"\"b\"\"\",COMPLETE,false");
        var file = folder.resolve("line.csv");
        assertThat(study("export", "line", "--out", file.toString()).code()).isZero();
        assertThat(Files.readString(file)).isEqualTo(csv);
        assertThat(study("export", "line", "--out", folder.resolve("line.json").toString()).code()).isZero();
        var all = Json.read(Files.readString(folder.resolve("line.json")));
        assertThat(at(all, "trials", 2, "error").toString()).contains("a \"quoted\", word");
        assertThat(study("export", "line", "--json", folder.resolve("same.json").toString()).out()).isEmpty();
        assertThat(folder.resolve("same.json")).hasSameTextualContentAs(folder.resolve("line.json"));
    }

    @Test
    void studiesAreHiddenQueuedNotedCopiedAndDeleted() {
        var best = ((Number) at(json("best", "line"), "number")).intValue();
        assertThat(at(json("hide", "line", "--trial", Integer.toString(best)), "hidden")).isEqualTo(List.of((long) best));
        assertThat(at(json("best", "line"), "number")).isNotEqualTo((long) best);
        json("hide", "line", "--trial", Integer.toString(best), "--undo");
        assertThat(at(json("best", "line"), "number")).isEqualTo((long) best);
        assertThat(at(json("enqueue", "line", "--params", "{\"x\": 1.5}"), "number")).isEqualTo(5L);
        assertThat(at(json("trials", "line"), 5, "state")).isEqualTo("WAITING");
        assertThat(at(json("note", "line", "--text", "first", "--tag", "a", "--tag", "b", "--untag", "a"), "tags")).isEqualTo(List.of("b"));
        assertThat(at(json("show", "line"), "note")).isEqualTo("first");
        assertThat(at(json("copy", "line", "--as", "again"), "trials")).isEqualTo(6L);
        assertThat(study("copy", "line", "--to", "journal:" + folder.resolve("copy.log")).code()).isZero();
        assertThat(at(json("delete", "line"), "trials")).isEqualTo(6L);
        assertThat(study("list").out()).contains("again:").doesNotContain("line:");
        assertThat(Outcome.of("study", "list", "--storage", "journal:" + folder.resolve("copy.log")).out()).contains("line: 5 finished of 6 trials");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "show                                       | Which study?",
        "show nobody                                | There is no study \"nobody\"",
        "show line --study two                      | Two studies are named",
        "best empty --storage memory                | no study \"empty\"",
        "hide line --trial 99                       | There is no trial 99",
        "hide line --trial x                        | x",
        "enqueue line --params {                    | is no JSON",
        "enqueue line --params [1]                  | is no JSON object",
        "enqueue line --params {\"y\":1}            | no parameter \"y\"",
        "enqueue line --params {\"x\":99}           | x = 99 is not in",
        "export line --out line.txt                 | neither .csv nor .json",
        "copy line                                  | another name or another storage",
        "copy line --as two                         | already exists",
        "dance                                      | dance",
    })
    void whatCannotBeDoneIsRefused(String words, String message) {
        var all = new ArrayList<>(List.of("study"));
        all.addAll(List.of(words.strip().split(" +")));
        if (!words.contains("--storage") && !words.contains("dance")) all.addAll(List.of("--storage", url));
        var outcome = Outcome.of(all.toArray(String[]::new));
        assertThat(outcome.err()).contains(message).doesNotContain("\tat ");
        assertThat(outcome.code()).isEqualTo(2);
    }

    @Test
    void aStorageThatIsNotThereIsNotMade() {
        var file = folder.resolve("none.db");
        var outcome = Outcome.of("study", "list", "--storage", "sqlite:" + file);
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("There is no file").contains("none.db");
        assertThat(file).doesNotExist();
    }
}
