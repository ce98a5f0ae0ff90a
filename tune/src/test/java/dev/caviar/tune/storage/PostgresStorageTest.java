package dev.caviar.tune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.kit.StorageKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Real;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresStorageTest extends StorageKit {
    private static final Storage.Admission ALWAYS = tally -> Optional.of(Storage.Begin.next(List.of()));

    private String url;

    @Override
    protected Storage open() {
        try {
            if (url == null) url = PostgresServer.database();
            return Storages.open(url);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Storage reopened() {
        return open();
    }

    @Test
    void theRowsAreTheOnesThatOptunaWrites() throws SQLException {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Param("x", Real.log(1e-5, 1e-3), 5e-5), new Event.Param("c", Choice.of("a", "é"), "é"),
                new Event.Report(0, Double.POSITIVE_INFINITY), new Event.Report(1, Double.NaN), new Event.Attribute("k", List.of("é")), Event.End.complete(0.25)));
        assertThat(rows("SELECT param_name, param_value, distribution_json FROM trial_params ORDER BY param_id")).containsExactly(
                "x|5.0E-5|{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": 1e-05, \"high\": 0.001, \"log\": true}}",
                "c|1.0|{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [\"a\", \"\\u00e9\"]}}");
        assertThat(rows("SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values ORDER BY step"))
                .containsExactly("0|null|INF_POS", "1|null|NAN");
        assertThat(rows("SELECT value, value_type FROM trial_values")).containsExactly("0.25|FINITE");
        assertThat(rows("SELECT version_num FROM alembic_version")).containsExactly("v3.2.0.a");
        assertThat(rows("SELECT state, abs(extract(epoch FROM datetime_start - (now() AT TIME ZONE 'UTC'))) < 600 FROM trials")).containsExactly("COMPLETE|true");
        assertThat(rows("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'")).containsExactly("13");
        assertThat(rows("SELECT data_type FROM information_schema.columns WHERE table_name = 'trial_params' AND column_name = 'param_value'"))
                .containsExactly("double precision");
    }

    @Test
    void aBeatIsNotedByTheServersClockInUtc() throws SQLException {
        storage.start("s", ALWAYS);
        for (var i = 0; i < 2; i++) storage.append("s", 0, List.of(new Event.SystemAttribute(TrialView.HEARTBEAT, "2026-01-01T00:00:00Z")));
        assertThat(rows("SELECT trial_id, abs(extract(epoch FROM heartbeat - (now() AT TIME ZONE 'UTC'))) < 600 FROM trial_heartbeats")).containsExactly("1|true");
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
            other.append("s", 1, List.of(new Event.Param("x", Real.of(0, 1), 0.5)));
            assertThatThrownBy(() -> storage.append("s", 3, List.of(new Event.Param("x", Choice.of("a"), "a")))).hasMessageContaining("cannot become");
            other.delete("s");
            assertThat(storage.find("s")).isEmpty();
            assertThatThrownBy(() -> storage.append("s", 5, List.of(new Event.Report(0, 1)))).hasMessageContaining("no study \"s\"");
        }
    }

    @Test
    void aWaitingTrialIsTakenOnce() {
        storage.add("s", TrialView.waiting(Map.of("x", 1)));
        try (var other = open()) {
            assertThat(other.trials("s")).hasSize(1);
            Storage.Admission take = tally -> Optional.of(new Storage.Begin(0, List.of()));
            assertThat(storage.start("s", take)).isPresent();
            assertThat(other.start("s", take)).isEmpty();
        }
    }

    @Test
    void aBrokenConnectionIsReplacedAndNothingIsDoneTwiceOrLost() throws IOException {
        try (var wire = new Wire(PostgresServer.port()); var cut = Storages.open(url.replaceFirst(":\\d+/", ":" + wire.port() + "/"))) {
            for (var i = 0; i < 30; i++) {
                // now and then the line breaks: before a request, or when the answer to some later request is on its way
                if (i % 3 == 0) wire.cutAfter(i / 3);
                var number = cut.start("s", ALWAYS).orElseThrow().number();
                assertThat(number).isEqualTo(i);
                if (i % 3 == 1) wire.cutAfter(i / 3);
                cut.append("s", number, List.of(new Event.Report(0, i), Event.End.complete((double) i)));
            }
            assertThat(wire.cuts()).isGreaterThanOrEqualTo(15);
        }
        assertThat(storage.trials("s")).hasSize(30).allMatch(trial -> trial.state() == TrialState.COMPLETE && trial.value().getAsDouble() == trial.number()
                && trial.reports().equals(Map.of(0, (double) trial.number())));
    }

    @Test
    void aLockIsWaitedForAndThenItsHolderIsNamed() throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:" + url.replace("caviar@", "") + "?user=caviar&ApplicationName=greedy"); var statement = connection.createStatement();
             var hasty = Storages.open(url + "?timeout=0")) {
            connection.setAutoCommit(false);
            statement.execute("SELECT study_id FROM studies FOR UPDATE");
            assertThatThrownBy(() -> hasty.start("s", ALWAYS)).isInstanceOf(StorageException.class).hasMessageContaining("was locked by another connection")
                    .hasMessageContaining("of user caviar (greedy, from 127.0.0.1)").hasMessageContaining("\nMaybe ");
            connection.commit();
            assertThat(hasty.start("s", ALWAYS).orElseThrow().number()).isZero();
        }
    }

    @Test
    void aServerThatCannotBeReachedIsNamed() throws IOException {
        int port;
        try (var wire = new Wire(1)) {
            port = wire.port();
        }
        assertThatThrownBy(() -> Storages.open("postgresql://ada:secret@127.0.0.1:" + port + "/x")).isInstanceOf(StorageException.class)
                .hasMessageContaining("postgresql://ada@127.0.0.1:" + port + "/x cannot be opened").hasMessageContaining("\nMaybe ")
                .message().doesNotContain("secret");
        assertThatThrownBy(() -> Storages.open(url + "x")).hasMessageContaining("createdb");
    }

    @Test
    void anotherSchemaVersionIsRefused() throws SQLException {
        run("UPDATE alembic_version SET version_num = 'v3.0.0.a'");
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("revision v3.0.0.a").hasMessageContaining("optuna storage upgrade");
    }

    @Test
    void aStudyNamedLikeSqlIsAName() {
        var evil = "x'; DROP TABLE trials; --";
        storage.create(evil, List.of(Direction.MINIMIZE), Map.of("k'", "v'\"; --"));
        storage.start(evil, ALWAYS);
        assertThat(open().trials(evil)).hasSize(1);
        storage.delete(evil);
        assertThat(storage.names()).containsExactly("s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql://", "postgresql:///x", "postgresql://h:x/d", "postgresql://h/d?nonsense=1", "postgresql://u:p@ss@h/d?x",
            "postgresql://h/d?timezone=UTC%27,false)%3B--"})
    void whatIsNoUrlIsRefused(String url) {
        assertThatThrownBy(() -> Storages.open(url)).isInstanceOf(StorageException.class).hasMessageContaining("no URL of a PostgreSQL").hasMessageContaining("Maybe ");
    }

    @Test
    void theUrlIsTakenApart() {
        var url = PostgresUrl.parse("postgresql+psycopg2://a%40b:p%3Aw+x@db.example:6543/my%20study?sslmode=require&timezone=Europe/Berlin");
        assertThat(List.of(url.user(), url.password(), url.host(), url.port(), url.database(), url.zone())).containsExactly("a@b", "p:w+x", "db.example", 6543, "my study", "Europe/Berlin");
        assertThat(url.options()).isEqualTo(Map.of("sslmode", "require"));
        assertThat(url.toString()).doesNotContain("p:w");
        assertThat(url.jdbc()).isEqualTo("jdbc:postgresql://db.example:6543/my%20study");
    }

    private List<String> rows(String sql) throws SQLException {
        var found = new ArrayList<String>();
        try (var connection = DriverManager.getConnection("jdbc:" + url.replace("caviar@", "") + "?user=caviar"); var statement = connection.createStatement();
             var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                var row = new ArrayList<String>();
                for (var i = 1; i <= rows.getMetaData().getColumnCount(); i++) row.add(String.valueOf(rows.getObject(i)));
                found.add(String.join("|", row));
            }
        }
        return found;
    }

    private void run(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:" + url.replace("caviar@", "") + "?user=caviar"); var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
