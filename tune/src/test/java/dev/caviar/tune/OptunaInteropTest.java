package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.importance.PedAnova;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.prune.MedianPruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.PostgresServer;
import dev.caviar.tune.storage.Storages;
import dev.caviar.tune.storage.TrialFinishedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Optuna itself on our files, and we on Optuna's: runs where `-Dcaviar.optuna=PYTHON` names a Python that has optuna 5.0.0, and
/// `-Dcaviar.optuna4=PYTHON` one that has 4.9.0.
class OptunaInteropTest {
    private static final String PYTHON = System.getProperty("caviar.optuna", "");
    private static final String PYTHON4 = System.getProperty("caviar.optuna4", "");
    private static final Path SCRIPT = Path.of("src/test/python/optuna_interop.py").toAbsolutePath();

    @TempDir
    private Path folder;

    @BeforeEach
    void needsOptuna() {
        if (PYTHON.isEmpty()) System.out.println("Skipped, no -Dcaviar.optuna=PYTHON: Optuna on our studies.");
        Assumptions.assumeFalse(PYTHON.isEmpty());
    }

    @Test
    void optunaReadsTwentyTrialsRunsFiveMoreAndWeReadTwentyFive() throws Exception {
        var file = folder.resolve("ours.db");
        var space = Space.of(Param.of("rate", Real.log(1e-4, 1e-2)), Param.of("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)),
                Param.of("batch", Whole.of(16, 256, Scale.POWER_OF_TWO)), Param.of("units", Whole.of(32, 511)), Param.of("drop", Real.of(0, 0.5).withStep(0.05)),
                Param.of("odd", Whole.of(1, 99, Scale.LOG)), Param.of("mixed", Choice.of("a", 1, 1.5, false, null, "é")),
                Param.of("optimizer", Choice.of("adam", "sgd")), Param.of("momentum", Real.of(0.8, 0.99)).when("optimizer", "sgd"));
        var options = StudyOptions.of("ours ü").withDirection(Direction.MAXIMIZE).withSpace(space).withSeed(1).withPruner(MedianPruner.of());
        List<TrialView> before;
        try (var storage = Storages.open("sqlite:" + file); var study = Study.create(storage, options)) {
            study.optimize(trial -> {
                for (var epoch = 0; epoch < 3; epoch++) {
                    trial.report(epoch, -Math.abs(Math.log10(trial.real("rate")) + 3) + epoch);
                    if (trial.shouldPrune()) throw new TrialPruned();
                }
                trial.note("curve", List.of(1.0, Double.NaN, "ü"));
                return -Math.abs(Math.log10(trial.real("rate")) + 3);
            }, Budget.trials(20), Executor.threads(2));
            before = study.trials();
        }
        assertThat(before).anyMatch(trial -> trial.state() == TrialState.PRUNED);
        assertThat(python("check", file, "ours ü", "20")).contains("20 finished trials");
        assertThat(python("continue", file, "ours ü", "5")).contains("25 finished trials now").contains("rate").contains("beta").contains("batch");
        assertThat(python("check", file, "ours ü", "25")).contains("25 finished trials");
        try (var storage = Storages.open("sqlite:" + file); var study = Study.open(storage, options)) {
            var trials = study.trials();
            assertThat(trials).hasSize(25).startsWith(before.toArray(TrialView[]::new));
            assertThat(trials.subList(20, 25)).allSatisfy(trial -> {
                assertThat(trial.state()).isEqualTo(TrialState.COMPLETE);
                assertThat(trial.value().getAsDouble()).isEqualTo(0.5);
                assertThat(trial.reports()).isEqualTo(Map.of(0, 0.25, 1, Double.NaN));
                assertThat(trial.attributes()).isEqualTo(Map.of("by", "Optuna"));
                assertThat(trial.params()).containsKeys("rate", "beta", "batch", "units", "drop", "odd", "mixed", "optimizer");
                trial.params().forEach((name, value) -> assertThat(space.param(name).dist().contains(value)).as(name + " = " + value).isTrue());
                assertThat(trial.space().get("batch")).isEqualTo(Whole.of(16, 256, Scale.POWER_OF_TWO));
            });
            assertThat(study.best().orElseThrow().number()).isEqualTo(20);
            study.optimize(trial -> 0.0, Budget.trials(25));
            assertThat(study.trials()).hasSize(25);
            study.optimize(trial -> {
                trial.report(0, 0);
                return 0.0;
            }, Budget.trials(27));
        }
        assertThat(python("check", file, "ours ü", "27")).contains("27 finished trials");
    }

    @Test
    void whatOptunaWritesIsReadAndCounts() throws Exception {
        var file = folder.resolve("theirs.db");
        python("create", file, "theirs", "20");
        try (var storage = Storages.open("sqlite:" + file); var study = Study.open(storage, StudyOptions.of("theirs"))) {
            assertThat(study.direction()).isEqualTo(Direction.MINIMIZE);
            assertThat(study.tally().trials()).isEqualTo(21);
            assertThat(List.of(study.tally().complete(), study.tally().pruned(), study.tally().failed())).containsExactly(12, 4, 4);
            var first = study.trials().getFirst();
            assertThat(first.space()).isEqualTo(Map.of("x", Real.of(-10, 10), "rate", Real.log(1e-5, 1e-1), "stepped", Real.of(-1, 1).withStep(0.1),
                    "layers", Whole.of(1, 5), "units", Whole.of(1, 512, Scale.LOG), "activation", Choice.of("relu", "tanh", null, true, 2, 2.5, "é")));
            assertThat(first.reports().values()).containsExactly((Double) first.params().get("x"), Double.POSITIVE_INFINITY, Double.NaN);
            assertThat(first.attributes()).isEqualTo(Map.of("note", Map.of("é", Arrays.asList(1L, 1.0, null, Double.NaN))));
            assertThat(study.best().orElseThrow().value().getAsDouble()).isEqualTo(Double.NEGATIVE_INFINITY);
            var order = new ArrayList<Integer>();
            study.onFinished(trial -> order.add(trial.number()));
            study.optimize(trial -> {
                trial.report(0, 1);
                return trial.real("x", -10, 10);
            }, Budget.trials(22));
            assertThat(order).containsExactly(20, 21);    // the one that Optuna queued comes first
            assertThat(study.trials().get(20).params()).containsEntry("x", 1.0);
        }
        assertThat(python("continue", file, "theirs", "1")).contains("23 finished trials now");
    }

    @Test
    void trialsThatStoppedBeatingAreFailedAndQueuedAgainOnBothSides() throws Exception {
        for (var kind : List.of(Kind.SQLITE, Kind.POSTGRESQL)) {
            var url = url(kind);
            // The clock of our tests' server shows another time than UTC, and Optuna goes by it.
            try (var storage = Storages.open(kind == Kind.SQLITE ? url : url + "?timezone=Asia/Kolkata"); var utc = Storages.open(url)) {
                Study.create(storage, StudyOptions.of("beats")).close();
                assertThat(python("silent", url, "beats", "170")).isEqualTo("0\n");
                assertThat(python("silent", url, "beats", "190")).isEqualTo("1\n");
                assertThat(utc.silent("beats", Duration.ofSeconds(180))).isEqualTo(kind == Kind.SQLITE ? List.of(1) : List.of());
                try (var study = Study.open(storage, StudyOptions.of("beats"))) {
                    study.optimize(trial -> trial.real("x", -10, 10), Budget.trials(2));
                    var trials = study.trials();
                    assertThat(trials).extracting(TrialView::state).containsExactly(TrialState.RUNNING, TrialState.FAIL, TrialState.COMPLETE);
                    assertThat(trials.get(2).params()).isEqualTo(trials.get(1).params()).hasSize(1);
                    assertThat(trials.get(2).attributes()).isEqualTo(Map.of("by", "Optuna"));
                    // we run one, beat, and fall silent
                    var ours = study.ask();
                    ours.real("x", -10, 10);
                    study.beat();
                    assertThat(storage.silent("beats", Duration.ofSeconds(100))).containsExactly(0);
                    assertThat(storage.silent("beats", Duration.ofSeconds(300))).isEmpty();
                    python("age", url, "beats", "100");
                    var lines = python("stale", url, "beats", "3").lines().toList();
                    var x = trials.get(1).params().get("x");
                    assertThat(lines.get(2)).isEqualTo("2 COMPLETE " + x + " 1 [1]");
                    assertThat(lines.get(0)).startsWith("0 FAIL ");
                    assertThat(lines.get(3)).isEqualTo("3 FAIL " + ours.params().get("x") + " None []");
                    assertThat(lines).anyMatch(line -> line.matches("\\d COMPLETE " + ours.params().get("x") + " 3 \\[3]"));
                    assertThatThrownBy(() -> study.tell(ours, 1)).isInstanceOf(TrialFinishedException.class);
                }
            }
        }
    }

    enum Kind { SQLITE, JOURNAL, POSTGRESQL }

    /// As we name it; Optuna takes the same but for SQLite, which it knows by its file.
    private String url(Kind kind) throws SQLException {
        return switch (kind) {
            case SQLITE -> "sqlite:///" + folder.resolve("both.db");
            case JOURNAL -> "journal:" + folder.resolve("both.log");
            case POSTGRESQL -> PostgresServer.database().replace("postgresql:", "postgresql+psycopg2:");
        };
    }

    @ParameterizedTest
    @EnumSource
    void bothSidesTakeTurnsOnEveryStorage(Kind kind) throws Exception {
        var url = url(kind);
        Objective parabola = trial -> {
            trial.report(0, trial.real("x", -10, 10));
            return Math.pow(trial.real("x", -10, 10) - 1, 2);
        };
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("turns ü").withSeed(3))) {
            for (var turn = 1; turn <= 5; turn++) {
                study.optimize(parabola, Budget.trials(6 * turn - 3), Executor.threads(2));
                assertThat(python("run", url, "turns ü", "3")).endsWith(" of " + (6 * turn - 3) + "\n");
                assertThat(study.trials()).hasSize(6 * turn).allMatch(trial -> trial.state() == TrialState.COMPLETE);
            }
            assertThat(study.trials()).extracting(TrialView::number).isEqualTo(IntStream.range(0, 30).boxed().toList());
            assertThat(study.trials()).allMatch(trial -> Math.abs(Duration.between(trial.completed(), Instant.now()).toMinutes()) < 30);
            python("enqueue", url, "turns ü", "2");
            study.optimize(parabola, Budget.trials(33));
            assertThat(study.trials().subList(30, 33)).extracting(trial -> trial.params().get("x")).startsWith(0.5, 1.5).doesNotContain(2.5);
            assertThat(study.trials().get(31).attributes()).isEqualTo(Map.of("by", "Optuna"));
            study.enqueue(Map.of("x", 7.25));
            study.enqueue(Map.of("x", -7.25));
            assertThat(python("run", url, "turns ü", "3")).contains(" 33:7.25 34:-7.25 ");
            assertThat(study.trials()).hasSize(36).allMatch(trial -> trial.state() == TrialState.COMPLETE);
            Study.copy(storage, "turns ü", storage, "copy");
            assertThat(python("run", url, "copy", "1")).endsWith(" of 36\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void optuna4TakesTurnsTooOnEveryStorage(Kind kind) throws Exception {
        if (PYTHON4.isEmpty()) System.out.println("Skipped, no -Dcaviar.optuna4=PYTHON: Optuna 4.9 on our studies.");
        Assumptions.assumeFalse(PYTHON4.isEmpty());
        var url = url(kind);
        Objective parabola = trial -> {
            trial.report(0, trial.real("x", -10, 10));
            return Math.pow(trial.real("x", -10, 10) - 1, 2);
        };
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("turns ü").withSeed(3))) {
            for (var turn = 1; turn <= 3; turn++) {
                study.optimize(parabola, Budget.trials(4 * turn - 2), Executor.threads(2));
                var python = turn == 2 ? PYTHON : PYTHON4;    // all three on one study
                if (turn == 1) pythonOf(PYTHON4, "enqueue", url, "turns ü", "2");
                if (turn == 3) study.enqueue(Map.of("x", 7.25));
                assertThat(pythonOf(python, "run", url, "turns ü", "2")).endsWith("\n").contains(turn == 3 ? ":7.25 " : " ");
                assertThat(study.trials().stream().filter(trial -> trial.state() == TrialState.COMPLETE)).hasSize(4 * turn);
            }
            assertThat(study.trials()).hasSize(12).extracting(TrialView::number).isEqualTo(IntStream.range(0, 12).boxed().toList());
            assertThat(study.trials()).extracting(trial -> trial.params().get("x")).contains(0.5, 1.5, 7.25);
            assertThat(study.trials()).allMatch(trial -> trial.state() == TrialState.COMPLETE && Math.abs(Duration.between(trial.completed(), Instant.now()).toMinutes()) < 30);
        }
    }

    @ParameterizedTest
    @EnumSource
    void optunaDrawsOurStudies(Kind kind) throws Exception {
        var url = url(kind);
        var space = Space.of(Param.of("x", Real.of(-5, 5)), Param.of("rate", Real.log(1e-4, 1)), Param.of("units", Whole.of(1, 9)), Param.of("kind", Choice.of("a", "b")));
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("drawn").withSpace(space).withSeed(1))) {
            study.optimize(trial -> {
                for (var step = 0; step < 4; step++) trial.report(step, trial.real("x") / (step + 1));
                if (trial.number() % 10 == 3) throw new IllegalStateException("fails");
                if (trial.number() % 10 == 4) throw new TrialPruned();
                return Math.pow(trial.real("x"), 2) + Math.log10(trial.real("rate")) / 10;
            }, Budget.trials(30));
            var shares = PedAnova.of().shares(study.trials(), List.of(study.direction()));
            assertThat((Map<?, ?>) Json.read(python("plot", url, "drawn", "30"))).hasSize(shares.size())
                    .allSatisfy((name, share) -> assertThat((double) share).as("%s", name).isCloseTo(shares.get(name), within(1e-9)));
        }
    }

    @Test
    void optunaFindsTheSameFront() throws Exception {
        var url = url(Kind.SQLITE);
        var space = Space.of(Param.of("x", Real.of(0, 5)), Param.of("y", Real.of(0, 3)));
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("two").withDirections(Direction.MINIMIZE, Direction.MINIMIZE).withSpace(space))) {
            study.optimize(Objective.several(trial -> {
                double x = trial.real("x"), y = trial.real("y");
                trial.constrain(x + y - 6);
                return List.of(4 * x * x + 4 * y * y, (x - 5) * (x - 5) + (y - 5) * (y - 5));
            }), Budget.trials(40));
            var front = study.paretoFront();
            var numbers = String.join(" ", front.stream().map(trial -> Integer.toString(trial.number())).toList());
            assertThat(python("front", url, "two", Integer.toString(front.size()))).startsWith(numbers + "\n");
        }
    }

    /// Where that Python has optuna-dashboard too.
    @Test
    void theDashboardShowsOurStudies() throws Exception {
        var url = url(Kind.SQLITE);
        var file = Files.writeString(folder.resolve("curve.csv"), "step,loss\n");
        var space = Space.of(Param.of("x", Real.of(-5, 5)), Param.of("rate", Real.log(1e-4, 1)), Param.of("batch", Whole.of(16, 64, Scale.POWER_OF_TWO)),
                Param.of("kind", Choice.of("a", "b", null)), Param.of("momentum", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)).when("kind", "b"));
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("shown").withSpace(space).withSeed(1));
                var two = Study.create(storage, StudyOptions.of("shown 2").withSpace(space).withSeed(1).withDirections(Direction.MAXIMIZE, Direction.MINIMIZE))) {
            study.optimize(trial -> {
                if (trial.number() == 0) trial.attach(file);
                for (var step = 0; step < 3; step++) {
                    if (trial.number() % 10 == 4 && step == 2) throw new TrialPruned();
                    trial.report(step, step == 1 ? Double.NaN : trial.real("x") / (step + 1));
                }
                if (trial.number() % 10 == 3) throw new IllegalStateException("fails");
                return Math.pow(trial.real("x"), 2) + Math.log10(trial.real("rate")) / 10;
            }, Budget.trials(30));
            study.notes().write("about *the study* ü <b>");
            study.notes().write(0, "about trial 0");
            study.notes().tag("baseline");
            two.optimize(Objective.several(trial -> {
                trial.constrain(trial.number() % 5 == 4 ? 1 : -1);
                return List.of(trial.real("x"), trial.real("rate"));
            }), Budget.trials(20));
            assertThat(python("dashboard", folder.resolve("both.db").toString(), "shown", study.artifacts().folder().toString())).containsAnyOf("The dashboard shows all.", "Skipped");
        }
    }

    @Test
    void notesTagsAndFilesAreFoundByOptuna() throws Exception {
        var url = url(Kind.SQLITE);
        var file = Files.writeString(folder.resolve("curve.csv"), "step,loss\n");
        try (var storage = Storages.open(url); var study = Study.create(storage, StudyOptions.of("noted"))) {
            study.optimize(trial -> {
                trial.attach(file);
                return trial.real("x", 0, 1);
            }, Budget.trials(2));
            study.notes().write("about the study ü " + "x".repeat(5000));
            study.notes().write(0, "about trial 0");
            study.notes().tag("baseline");
            python("notes", folder.resolve("both.db").toString(), "noted", study.artifacts().folder().toString());
        }
    }

    @Test
    void thePresetsAreStudiesThatOptunaCanContinue() throws Exception {
        var file = folder.resolve("presets.db");
        for (var preset : Preset.all()) {
            try (var storage = Storages.open("sqlite:" + file); var study = Study.create(storage, StudyOptions.of(preset.name()).withSpace(preset.space()))) {
                study.optimize(trial -> {
                    trial.report(0, 1);
                    return trial.real("learning_rate");
                }, Budget.trials(20));
            }
            python("check", file, preset.name(), "20");
            python("continue", file, preset.name(), "5");
        }
    }

    private String python(String command, Path file, String study, String number) throws IOException, InterruptedException {
        return python(command, file.toString(), study, number);
    }

    private String python(String command, String database, String study, String number) throws IOException, InterruptedException {
        return pythonOf(PYTHON, command, database, study, number);
    }

    private String pythonOf(String python, String command, String database, String study, String number) throws IOException, InterruptedException {
        var out = Files.createTempFile(folder, "python", ".txt");
        var program = new ProcessBuilder(python, SCRIPT.toString(), command, database, study, number).redirectErrorStream(true).redirectOutput(out.toFile());
        program.environment().put("TZ", "UTC");    // Optuna 4 writes local times
        var status = program.start().waitFor();
        assertThat(status).as(Files.readString(out)).isZero();
        return Files.readString(out);
    }
}
