package dev.caviar.tune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.StorageKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteStorageTest extends StorageKit {
    private static final Storage.Admission ALWAYS = tally -> Optional.of(Storage.Begin.next(List.of()));

    @TempDir
    private Path folder;

    @Override
    protected Storage open() {
        return Storages.open("sqlite:" + file());
    }

    @Override
    protected Storage reopened() {
        return open();
    }

    private Path file() {
        return folder.resolve("new/folder/caviar.db");
    }

    @Test
    void theRowsAreTheOnesThatOptunaWrites() throws SQLException {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(
                new Event.Param("x", Real.log(1e-5, 1e-3), 5e-5),
                new Event.Param("y", Real.of(-6, 6).withStep(2), 2.0),
                new Event.Param("n", Whole.of(5, 15).withStep(3), 8L),
                new Event.Param("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), 0.99),
                new Event.Param("batch", Whole.of(16, 64, Scale.POWER_OF_TWO), 32L),
                new Event.Param("c", Choice.of("a", null, true, 2, 2.5, "é"), "é"),
                new Event.Report(0, 0.5), new Event.Report(1, Double.POSITIVE_INFINITY), new Event.Report(2, Double.NaN),
                new Event.Attribute("k", List.of(1, "é", Double.NaN, 1e-5, 1e16, 1e15, 123456789.123)), Event.End.complete(0.25)));
        assertThat(rows("SELECT param_name, param_value, distribution_json FROM trial_params ORDER BY param_id")).containsExactly(
                "x|5.0E-5|{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": 1e-05, \"high\": 0.001, \"log\": true}}",
                "y|2.0|{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": 2.0, \"low\": -6.0, \"high\": 6.0, \"log\": false}}",
                "n|8.0|{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 3, \"low\": 5, \"high\": 14}}",
                "beta|0.99|{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": 0.9, \"high\": 0.999, \"log\": false}}",
                "batch|1.0|{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [16, 32, 64]}}",
                "c|5.0|{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [\"a\", null, true, 2, 2.5, \"\\u00e9\"]}}");
        assertThat(rows("SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values ORDER BY step"))
                .containsExactly("0|0.5|FINITE", "1|null|INF_POS", "2|null|NAN");
        assertThat(rows("SELECT objective, value, value_type FROM trial_values")).containsExactly("0|0.25|FINITE");
        assertThat(rows("SELECT \"key\", value_json FROM trial_user_attributes"))
                .containsExactly("k|[1, \"\\u00e9\", NaN, 1e-05, 1e+16, 1000000000000000.0, 123456789.123]");
        assertThat(rows("SELECT number, state, typeof(datetime_start), typeof(datetime_complete) FROM trials")).containsExactly("0|COMPLETE|text|text");
        assertThat(rows("SELECT datetime_start FROM trials").getFirst()).matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}");
        assertThat(rows("SELECT direction, objective FROM study_directions")).containsExactly("MAXIMIZE|0");
        assertThat(rows("SELECT schema_version FROM version_info")).containsExactly("12");
        assertThat(rows("SELECT version_num FROM alembic_version")).containsExactly("v3.2.0.a");
        assertThat(rows("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'")).containsExactly("13");
        assertThat(rows("PRAGMA journal_mode")).containsExactly("wal");
    }

    @Test
    void aSecondConnectionSeesWhatTheFirstDid() {
        try (var other = open()) {
            for (var i = 0; i < 4; i++) {
                assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(2 * i);
                assertThat(other.start("s", ALWAYS).orElseThrow().number()).isEqualTo(2 * i + 1);
                storage.append("s", 2 * i, List.of(new Event.Report(0, i)));
                other.append("s", 2 * i, List.of(Event.End.complete(1.0 * i)));
                var late = 2 * i;
                assertThatThrownBy(() -> storage.append("s", late, List.of(new Event.Report(1, 1)))).isInstanceOf(TrialFinishedException.class);
            }
            assertThat(other.trials("s")).isEqualTo(storage.trials("s")).hasSize(8);
            assertThat(other.tally("s")).isEqualTo(storage.tally("s"));
            other.delete("s");
            assertThat(storage.find("s")).isEmpty();
            other.create("s", List.of(Direction.MINIMIZE), Map.of());
            assertThat(storage.trials("s")).isEmpty();
            assertThat(storage.find("s").orElseThrow().directions()).containsExactly(Direction.MINIMIZE);
        }
    }

    @Test
    void distributionsOfOlderVersionsAreRead() {
        assertThat(OptunaDistribution.read("{\"name\": \"UniformDistribution\", \"attributes\": {\"low\": 0.0, \"high\": 1.0}}", null)).isEqualTo(Real.of(0, 1));
        assertThat(OptunaDistribution.read("{\"name\": \"LogUniformDistribution\", \"attributes\": {\"low\": 0.1, \"high\": 1.0}}", null)).isEqualTo(Real.log(0.1, 1));
        assertThat(OptunaDistribution.read("{\"name\": \"DiscreteUniformDistribution\", \"attributes\": {\"low\": 0.0, \"high\": 1.0, \"q\": 0.5}}", null))
                .isEqualTo(Real.of(0, 1).withStep(0.5));
        assertThat(OptunaDistribution.read("{\"name\": \"IntUniformDistribution\", \"attributes\": {\"low\": 1, \"high\": 9, \"step\": 2}}", null))
                .isEqualTo(Whole.of(1, 9).withStep(2));
        assertThat(OptunaDistribution.read("{\"name\": \"IntLogUniformDistribution\", \"attributes\": {\"low\": 1, \"high\": 9, \"step\": 1}}", null))
                .isEqualTo(Whole.of(1, 9, Scale.LOG));
        assertThat(OptunaDistribution.read("{\"type\": \"int\", \"low\": 1, \"high\": 9}", null)).isEqualTo(Whole.of(1, 9));
        assertThat(OptunaDistribution.read("{\"type\": \"categorical\", \"choices\": [1, 2]}", null)).isEqualTo(Choice.of(1, 2));
        assertThat(OptunaDistribution.read("{\"type\": \"categorical\", \"choices\": [1, 2]}", Scale.POWER_OF_TWO)).isEqualTo(Whole.of(1, 2, Scale.POWER_OF_TWO));
        assertThatThrownBy(() -> OptunaDistribution.read("{\"name\": \"Odd\"}", null)).hasMessageContaining("no distribution \"Odd\"");
    }

    @Test
    void waitingTrialsOfOthersAreOpenAndNobodysProblem() throws SQLException {
        run("INSERT INTO trials (number, study_id, state) VALUES (0, 1, 'WAITING')");
        assertThat(storage.trials("s").getFirst().state()).isEqualTo(TrialState.WAITING);
        assertThat(storage.trials("s").getFirst().started()).isNull();
        assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite:", "sqlite://x.db", "sqlite:////", "sqlite::memory:", "", "jdbc:h2:x", "sqlite:/tmp/x.db?mode=ro"})
    void whatIsNoUrlIsRefusedWithTheKnownForms(String url) {
        assertThatThrownBy(() -> Storages.open(url)).isInstanceOf(StorageException.class).hasMessageContaining("Maybe ");
    }

    @Test
    void everyFormOfTheUrlLeadsToTheFile() {
        for (var url : List.of("sqlite:" + file(), "sqlite:///" + file(), "jdbc:sqlite:" + file(), "sqlite:" + file() + "?sync=full"))
            try (var same = Storages.open(url)) {
                assertThat(same.names()).as(url).containsExactly("s");
            }
    }

    @Test
    void threeSlashesAreRelative() throws IOException {
        var file = Path.of("target/relative-" + ProcessHandle.current().pid() + ".db");
        try (var relative = Storages.open("sqlite:///" + file)) {
            assertThat(relative.names()).isEmpty();
            assertThat(file).exists();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void aReadOnlyDatabaseIsRefused() throws IOException {
        storage.close();
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("r--r--r--"));
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("caviar.db is read-only").hasMessageContaining("\nMaybe ");
    }

    @Test
    void whatIsNoDatabaseIsRefusedAndLeftAlone() throws IOException {
        var text = folder.resolve("notes.txt");
        Files.writeString(text, "These are my notes, not a database.\n".repeat(100));
        assertThatThrownBy(() -> Storages.open("sqlite:" + text)).isInstanceOf(StorageException.class).hasMessageContaining("notes.txt is not a database");
        assertThat(Files.readString(text)).startsWith("These are my notes");
        assertThatThrownBy(() -> Storages.open("sqlite:" + folder)).hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Storages.open("sqlite:" + text + "/x.db")).hasMessageContaining("cannot be made");
    }

    @Test
    void theDatabaseOfAnotherProgramIsLeftAlone() throws SQLException {
        var other = folder.resolve("photos.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + other); var statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE photos (id INTEGER)");
        }
        assertThatThrownBy(() -> Storages.open("sqlite:" + other)).isInstanceOf(StorageException.class).hasMessageContaining("photos.db belongs to another program");
    }

    @Test
    void aTruncatedDatabaseIsRefused() throws IOException {
        storage.close();
        var bytes = Files.readAllBytes(file());
        for (var length : new int[] {50, 3000, bytes.length / 2}) {
            Files.write(file(), java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> {
                try (var damaged = open()) {
                    damaged.trials("s");
                }
            }).as("%d of %d bytes", length, bytes.length).isInstanceOf(StorageException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE trial_user_attributes SET value_json = '{x'", "UPDATE trials SET state = 'COMPLETF'"})
    void aRowThatIsNoneOfOptunasIsADamagedDatabase(String damage) throws SQLException {
        try (var study = Study.create(storage, StudyOptions.of("good"))) {
            var trial = study.ask();
            trial.note("key", 1);
            study.tell(trial, 1);
        }
        storage.close();
        run(damage);
        try (var damaged = open()) {
            assertThatThrownBy(() -> damaged.trials("good")).isInstanceOf(StorageException.class).hasMessageContaining("damaged").hasMessageContaining("\nMaybe ");
        }
    }

    @Test
    void aFullDiskInTheMiddleOfASearchLosesNothing() throws SQLException {
        var options = StudyOptions.of("full").withSeed(3).withSpace(Space.of(Param.of("x", Real.of(0, 1))));
        Objective objective = trial -> {
            trial.note("words", "x".repeat(20_000));
            return trial.real("x");
        };
        List<TrialView> before;
        var database = SqliteDatabase.open(file(), false, 60);
        var rows = database.begin(false);
        rows.value("PRAGMA max_page_count = 120");
        database.commit(rows);
        try (var small = new RdbStorage(database)) {
            var study = Study.create(small, options);
            assertThatThrownBy(() -> study.optimize(objective, Budget.trials(100))).isInstanceOf(StorageException.class)
                    .hasMessageContaining("The disk is full: the database").hasMessageContaining("caviar.db").hasMessageContaining("\nMaybe make room, then resume the study.");
            before = study.trials().stream().filter(TrialView::counts).toList();
            assertThat(before).hasSizeBetween(5, 60).allMatch(trial -> trial.state() == TrialState.COMPLETE);
            assertThat(rows("PRAGMA integrity_check")).containsExactly("ok");
        }
        try (var study = Study.open(storage, options); var whole = Study.inMemory(options)) {
            assertThat(study.trials()).startsWith(before.toArray(TrialView[]::new));
            study.optimize(objective, Budget.trials(70));
            whole.optimize(objective, Budget.trials(70));
            assertThat(study.trials().stream().filter(TrialView::counts).map(TrialView::params)).isEqualTo(whole.trials().stream().map(TrialView::params).toList());
        }
    }

    @Test
    void aLockIsWaitedForAndThenItsHolderIsNamed() throws Exception {
        var holder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-Xmx64m",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Holder.class.getName(), file().toString()).start();
        try (var out = holder.inputReader(); var hasty = Storages.open("sqlite:" + file() + "?timeout=0")) {
            assertThat(out.readLine()).isEqualTo("held");
            assertThatThrownBy(() -> hasty.start("s", ALWAYS)).isInstanceOf(StorageException.class)
                    .hasMessageContaining("was locked by another process").hasMessageContaining("it is open in process " + holder.pid() + " (java)");
            var waiting = CompletableFuture.supplyAsync(() -> storage.start("s", ALWAYS));    // for a minute at most
            assertThatThrownBy(() -> hasty.start("s", ALWAYS)).hasMessageContaining("was locked by another process");
            assertThat(waiting).isNotDone();
            holder.getOutputStream().close();
            assertThat(waiting.get().orElseThrow().number()).isZero();
        } finally {
            holder.destroyForcibly();
        }
    }

    /// Holds the lock of a database until its input ends.
    static final class Holder {
        public static void main(String[] args) throws SQLException, IOException {
            try (var connection = DriverManager.getConnection("jdbc:sqlite:" + args[0]); var statement = connection.createStatement()) {
                statement.execute("BEGIN IMMEDIATE");
                System.out.println("held");
                System.in.read();
                statement.execute("COMMIT");
            }
        }
    }

    @Test
    void aLockedDatabaseIsToldAndUsableAfterwards() throws SQLException {
        try (var patient = Storages.open("sqlite:" + file() + "?timeout=0"); var other = DriverManager.getConnection("jdbc:sqlite:" + file());
             var statement = other.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            assertThatThrownBy(() -> patient.start("s", ALWAYS)).isInstanceOf(StorageException.class)
                    .hasMessageContaining("caviar.db was locked by another process for more than 0 s").hasMessageContaining("\nMaybe ");
            assertThat(patient.trials("s")).isEmpty();
            statement.execute("COMMIT");
            assertThat(patient.start("s", ALWAYS).orElseThrow().number()).isZero();
        }
    }

    @Test
    void anotherSchemaVersionIsRefused() throws SQLException {
        run("UPDATE version_info SET schema_version = 11");
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("schema version 11").hasMessageContaining("version 12")
                .hasMessageContaining("optuna storage upgrade");
        run("UPDATE version_info SET schema_version = 12");
        run("UPDATE alembic_version SET version_num = 'v3.0.0.a'");
        assertThatThrownBy(this::open).hasMessageContaining("revision v3.0.0.a");
    }

    @Test
    void aClosedStorageSaysSo() {
        storage.close();
        assertThatThrownBy(() -> storage.names()).isInstanceOf(StorageException.class).hasMessageContaining("is closed");
    }

    private List<String> rows(String sql) throws SQLException {
        var found = new ArrayList<String>();
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file()); var statement = connection.createStatement(); var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                var row = new ArrayList<String>();
                for (var i = 1; i <= rows.getMetaData().getColumnCount(); i++) row.add(String.valueOf(rows.getObject(i)));
                found.add(String.join("|", row));
            }
        }
        return found;
    }

    private void run(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file()); var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
