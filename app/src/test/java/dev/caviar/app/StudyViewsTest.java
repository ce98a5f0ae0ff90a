package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.importance.PedAnova;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `importance` and `report` show of a study.
final class StudyViewsTest {
    @TempDir
    private static Path folder;
    private static String url;

    @BeforeAll
    static void search() {
        url = "sqlite:" + folder.resolve("studies.db");
        try (var storage = Storages.open(url)) {
            Study.create(storage, StudyOptions.of("slope").withSeed(1))
                    .optimize(trial -> trial.real("x", 0, 1) + 0.01 * trial.real("y", 0, 1), Budget.trials(60));
            Study.create(storage, StudyOptions.of("young")).optimize(trial -> trial.real("x", 0, 1), Budget.trials(1));
        }
    }

    @Test
    void importanceIsShownAndWritten() throws IOException {
        for (var method : List.of("ped-anova", "fanova")) {
            var json = folder.resolve(method + ".json");
            assertThat(Outcome.of("importance", "--study", "slope", "--storage", url, "--method", method, "--json", json.toString())).isEqualTo(new Outcome(0, "", ""));
            var outcome = Outcome.of("importance", "slope", "--storage", url, "--method", method);
            assertThat(outcome.code()).as(outcome.err()).isZero();
            assertThat(outcome.out().lines()).hasSize(2).first().asString().startsWith("x").contains("█");
            var shares = (Map<?, ?>) ((Map<?, ?>) Json.read(Files.readString(json))).get("importance");
            assertThat(shares).hasSize(2);
            assertThat((double) shares.get("x")).isGreaterThan(0.8);
            assertThat((double) shares.get("x") + (double) shares.get("y")).isBetween(1 - 1e-12, 1 + 1e-12);
        }
    }

    @Test
    void hiddenTrialsAreOfNoImportance() throws IOException {
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("hides").withSeed(2))) {
            study.optimize(trial -> {
                double x = trial.real("x", 0, 1), y = trial.real("y", 0, 1);
                return trial.number() < 10 ? -100 * (1 + y) : x;
            }, Budget.trials(40));
            for (var i = 0; i < 10; i++) study.notes().hide(i);
            var json = folder.resolve("hides.json");
            assertThat(Outcome.of("importance", "--study", "hides", "--storage", url, "--json", json.toString()).code()).isZero();
            assertThat(((Map<?, ?>) Json.read(Files.readString(json))).get("importance"))
                    .isEqualTo(PedAnova.of().shares(study.trials().subList(10, 40), List.of(study.direction())))
                    .isNotEqualTo(PedAnova.of().shares(study.trials(), List.of(study.direction())));
        }
    }

    @Test
    void aReportIsOneFile() throws IOException {
        var page = folder.resolve("pages").resolve("slope.html");
        var outcome = Outcome.of("report", "--study", "slope", "--storage", url, "--out", page.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains(page.toString());
        assertThat(Files.readString(page)).contains("\"study\": \"slope\"", "echarts");
    }

    @Test
    void everyChartIsAPictureToo() throws IOException {
        var pictures = folder.resolve("pictures");
        var json = folder.resolve("pictures.json");
        var outcome = Outcome.of("report", "--study", "slope", "--storage", url, "--png", pictures.toString(), "--json", json.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        var written = (List<?>) ((Map<?, ?>) Json.read(Files.readString(json))).get("pictures");
        assertThat(written).hasSize(11).allSatisfy(file -> assertThat(Path.of((String) file)).isRegularFile().hasParent(pictures));
        assertThat(pictures.resolve("contours.png")).isRegularFile();
        assertThat(Path.of("report.html")).doesNotExist();       // only where it is asked for
    }

    @Test
    void badInputIsNamed() {
        for (var command : List.of("importance", "report")) {
            var unknown = Outcome.of(command, "--study", "slop", "--storage", url);
            assertThat(unknown.code()).isEqualTo(2);
            assertThat(unknown.err()).contains("\"slop\"", "Maybe one of slope, young was meant.");
            assertThat(Outcome.of(command, "--storage", url).err()).contains("--study");
            var nowhere = folder.resolve("nowhere.db");
            assertThat(Outcome.of(command, "slope", "--storage", "sqlite:" + nowhere).code()).isEqualTo(2);
            assertThat(nowhere).doesNotExist();
        }
        var young = Outcome.of("importance", "--study", "young", "--storage", url);
        assertThat(young.code()).isEqualTo(2);
        assertThat(young.err()).contains("1 complete trial;");
        assertThat(Outcome.of("importance", "--study", "slope", "--storage", url, "--method", "shap").err()).contains("ped-anova, fanova");
        assertThat(Outcome.of("importance", "--study", "slope", "--storage", url, "--pairs").err()).contains("--method fanova");
    }
}
