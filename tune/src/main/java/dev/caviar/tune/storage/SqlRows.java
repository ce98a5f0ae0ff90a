package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Rows of Optuna's tables, read and written by prepared statements that stay open until it is closed.
final class SqlRows implements AutoCloseable {
    /// Key of the study attribute that keeps a scale which Optuna does not know; the parameter's name follows.
    static final String SCALE = "caviar:scale:";

    private static final int MOST_TOGETHER = 50;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");

    private final Connection connection;
    private final Database database;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();
    private long transaction;
    private @Nullable Proof proof;
    private final Map<Dist, String> texts = new HashMap<>();

    SqlRows(Connection connection, Database database) {
        this.connection = connection;
        this.database = database;
    }

    Connection connection() {
        return connection;
    }

    /// The number by which the server knows the transaction; 0 where it was not asked.
    long transaction() {
        return transaction;
    }

    void transaction(long number) {
        transaction = number;
    }

    /// What only this transaction's writing answers with a row; null where it wrote nothing about a trial.
    @Nullable Proof proof() {
        return proof;
    }

    private void prove(String sql, @Nullable Object... args) {
        proof = new Proof(sql, args);
    }

    int run(String sql, @Nullable Object... args) throws SQLException {
        try {
            return bind(sql, args).executeUpdate();
        } catch (SQLException e) {
            throw forget(sql, e);
        }
    }

    /// The first column of the first row, null where there is no row.
    @Nullable Object value(String sql, @Nullable Object... args) throws SQLException {
        try (var rows = bind(sql, args).executeQuery()) {
            return rows.next() ? rows.getObject(1) : null;
        } catch (SQLException e) {
            throw forget(sql, e);
        }
    }

    void each(Row row, String sql, @Nullable Object... args) throws SQLException {
        try (var rows = bind(sql, args).executeQuery()) {
            while (rows.next()) row.read(rows);
        } catch (IllegalArgumentException e) {    // a word that is none of Optuna's, or a text that is no JSON
            throw new StorageException("A row of the database is damaged: " + e.getMessage() + "\nMaybe restore the database from a copy.", e);
        }
    }

    @Override
    public void close() throws SQLException {
        for (var statement : prepared.values()) statement.close();
        prepared.clear();
    }

    /// What is known of a study besides its trials.
    StudyView study(long id, String name) throws SQLException {
        var directions = new TreeMap<Integer, Direction>();
        each(rows -> directions.put(rows.getInt(1), direction(rows.getString(2))),
                "SELECT objective, direction FROM study_directions WHERE study_id = ?", id);
        var user = new LinkedHashMap<String, @Nullable Object>();
        each(rows -> user.put(rows.getString(1), Json.read(rows.getString(2))),
                "SELECT \"key\", value_json FROM study_user_attributes WHERE study_id = ? ORDER BY study_user_attribute_id", id);
        var system = new LinkedHashMap<String, @Nullable Object>();
        each(rows -> system.put(rows.getString(1), Json.read(rows.getString(2))),
                "SELECT \"key\", value_json FROM study_system_attributes WHERE study_id = ? ORDER BY study_system_attribute_id", id);
        return new StudyView(name, List.copyOf(directions.values()), user, system);
    }

    /// The trials of a study that are younger than `after` or among `open`, by id.
    TreeMap<Long, TrialView> trials(long study, long after, Collection<Long> open, Map<String, @Nullable Object> studyAttributes) throws SQLException {
        var ids = database.ids(open);
        var drafts = new TreeMap<Long, Draft>();
        each(rows -> drafts.put(rows.getLong(1), new Draft(rows.getInt(2), TrialState.valueOf(rows.getString(3)), rows.getString(4), rows.getString(5))),
                select("t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete", "", "t.trial_id"), study, after, ids);
        if (drafts.isEmpty()) return new TreeMap<>();
        each(rows -> {
            if (!(drafts.get(rows.getLong(1)) instanceof Draft draft)) return;    // it came since
            var name = rows.getString(2);
            var dist = OptunaDistribution.read(rows.getString(4), scale(studyAttributes, name));
            draft.space.put(name, dist);
            draft.params.put(name, OptunaDistribution.external(dist, rows.getDouble(3)));
        }, select("c.trial_id, c.param_name, c.param_value, c.distribution_json", "trial_params", "c.param_id"), study, after, ids);
        each(rows -> {
            if (drafts.get(rows.getLong(1)) instanceof Draft draft) draft.reports.put(rows.getInt(2), number(rows, 3));
        },
                select("c.trial_id, c.step, c.intermediate_value, c.intermediate_value_type", "trial_intermediate_values", "c.trial_intermediate_value_id"),
                study, after, ids);
        each(rows -> {
            if (drafts.get(rows.getLong(1)) instanceof Draft draft) draft.values.put(rows.getInt(2), number(rows, 3));
        },
                select("c.trial_id, c.objective, c.value, c.value_type", "trial_values", "c.objective"), study, after, ids);
        each(rows -> {
            if (drafts.get(rows.getLong(1)) instanceof Draft draft) draft.attributes.put(rows.getString(2), Json.read(rows.getString(3)));
        },
                select("c.trial_id, c.\"key\", c.value_json", "trial_user_attributes", "c.trial_user_attribute_id"), study, after, ids);
        each(rows -> {
            if (drafts.get(rows.getLong(1)) instanceof Draft draft) draft.system.put(rows.getString(2), Json.read(rows.getString(3)));
        },
                select("c.trial_id, c.\"key\", c.value_json", "trial_system_attributes", "c.trial_system_attribute_id"), study, after, ids);
        var views = new TreeMap<Long, TrialView>();
        drafts.forEach((id, draft) -> views.put(id, draft.view()));
        return views;
    }

    /// A new running trial; gives its id.
    long startTrial(long study, int number, Instant now) throws SQLException {
        var sql = "INSERT INTO trials (number, study_id, state, datetime_start) VALUES (?, ?, 'RUNNING', ?) RETURNING trial_id";
        if (value(sql, number, study, text(now)) instanceof Number id) {
            prove("SELECT 1 FROM trials WHERE trial_id = ? AND datetime_start = ?", id, text(now));
            return id.longValue();
        }
        throw new SQLException("INSERT gave no id");
    }

    /// The turn of a waiting trial has come; false where somebody else took it.
    boolean takeTrial(long trial, Instant now) throws SQLException {
        prove("SELECT 1 FROM trials WHERE trial_id = ? AND datetime_start = ?", trial, text(now));
        return run("UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ? AND state = 'WAITING'", text(now), trial) == 1;
    }

    /// A trial with all that is known of it; gives its id.
    long addTrial(long study, TrialView trial) throws SQLException {
        var sql = "INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?) RETURNING trial_id";
        if (!(value(sql, trial.number(), study, trial.state().name(), text(trial.started()), text(trial.completed())) instanceof Number id))
            throw new SQLException("INSERT gave no id");
        var now = Instant.now();
        var events = new ArrayList<Event>();
        trial.space().forEach((name, dist) -> events.add(new Event.Param(name, dist, trial.params().get(name))));
        trial.reports().forEach((step, value) -> events.add(new Event.Report(step, value)));
        write(id.longValue(), events, now);
        for (var note : trial.attributes().entrySet()) attribute("user", id.longValue(), note.getKey(), note.getValue());
        for (var note : trial.systemAttributes().entrySet()) attribute("system", id.longValue(), note.getKey(), note.getValue());
        values(id.longValue(), trial.values());
        return id.longValue();
    }

    /// In their order; parameters that stand together, as those of a new trial do, in one statement.
    void write(long trial, List<Event> events, Instant now) throws SQLException {
        for (var i = 0; i < events.size(); i++) {
            var params = new ArrayList<Event.Param>();
            while (i < events.size() && params.size() < MOST_TOGETHER && events.get(i) instanceof Event.Param param) {
                params.add(param);
                i++;
            }
            if (params.isEmpty()) write(trial, events.get(i), now);
            else params(trial, params);
            if (!params.isEmpty()) i--;
        }
    }

    private void params(long trial, List<Event.Param> params) throws SQLException {
        var sql = new StringBuilder("INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES ");
        var args = new ArrayList<@Nullable Object>();
        for (var param : params) {
            sql.append(args.isEmpty() ? "(?, ?, ?, ?)" : ", (?, ?, ?, ?)");
            args.add(trial);
            args.add(param.name());
            args.add(OptunaDistribution.internal(param.dist(), param.value()));
            args.add(texts.computeIfAbsent(param.dist(), OptunaDistribution::write));
        }
        prove("SELECT 1 FROM trial_params WHERE trial_id = ? AND param_name = ?", trial, params.getLast().name());
        run(sql.append(" ON CONFLICT DO NOTHING").toString(), args.toArray());
    }

    private void write(long trial, Event event, Instant now) throws SQLException {
        switch (event) {
            case Event.Param param -> params(trial, List.of(param));
            case Event.Report(var step, var value) -> {
                prove("SELECT 1 FROM trial_intermediate_values WHERE trial_id = ? AND step = ?", trial, step);
                run("INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                        trial, step, finite(value), type(value));
            }
            case Event.Attribute(var key, var value) -> attribute("user", trial, key, value);
            case Event.SystemAttribute(var key, var value) -> {
                attribute("system", trial, key, value);
                if (key.equals(TrialView.HEARTBEAT)) beat(trial);
            }
            case Event.End(var state, var values) -> {
                values(trial, values);
                prove("SELECT 1 FROM trials WHERE trial_id = ? AND state = ? AND datetime_complete = ?", trial, state.name(), text(now));
                run("UPDATE trials SET state = ?, datetime_complete = ? WHERE trial_id = ?", state.name(), text(now), trial);
            }
        }
    }

    /// The scale of a distribution where Optuna's form of it does not tell.
    static @Nullable Scale unknownScale(Dist dist) {
        return switch (dist) {
            case Real real when real.scale() == Scale.ONE_MINUS_LOG -> real.scale();
            case Whole whole when whole.scale() == Scale.POWER_OF_TWO -> whole.scale();
            default -> null;
        };
    }

    /// What is said about a study, by users or by programs.
    void note(String kind, long study, String key, @Nullable Object value) throws SQLException {
        run("INSERT INTO study_" + kind + "_attributes (study_id, \"key\", value_json) VALUES (?, ?, ?)"
                + " ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = excluded.value_json", study, key, Json.write(value));
    }

    // By the database's clock: Optuna ends trials whose beats stop, and asks the same clock.
    private void beat(long trial) throws SQLException {
        run("INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?, CURRENT_TIMESTAMP) ON CONFLICT (trial_id) DO UPDATE SET heartbeat = CURRENT_TIMESTAMP",
                trial);
    }

    private void values(long trial, List<Double> values) throws SQLException {
        for (var i = 0; i < values.size(); i++)
            run("INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)", trial, i, finite(values.get(i)), type(values.get(i)));
    }

    private void attribute(String kind, long trial, String key, @Nullable Object value) throws SQLException {
        prove("SELECT 1 FROM trial_" + kind + "_attributes WHERE trial_id = ? AND \"key\" = ? AND value_json = ?", trial, key, Json.write(value));
        run("INSERT INTO trial_" + kind + "_attributes (trial_id, \"key\", value_json) VALUES (?, ?, ?)"
                + " ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json", trial, key, Json.write(value));
    }

    // One shape for trials and their six child tables: what changed since the caller last looked.
    private String select(String columns, String child, String order) {
        return "SELECT " + columns + " FROM trials t" + (child.isEmpty() ? "" : " JOIN " + child + " c ON c.trial_id = t.trial_id")
                + " WHERE t.study_id = ? AND (t.trial_id > ? OR " + database.among() + ") ORDER BY " + order;
    }

    // The driver closes a statement that failed, when the disk is full for example: it is prepared anew the next time.
    private SQLException forget(String sql, SQLException e) {
        var statement = prepared.remove(sql);
        try {
            if (statement != null) statement.close();
        } catch (SQLException closing) {
            e.addSuppressed(closing);
        }
        return e;
    }

    private PreparedStatement bind(String sql, @Nullable Object... args) throws SQLException {
        var statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        for (var i = 0; i < args.length; i++) statement.setObject(i + 1, args[i]);
        return statement;
    }

    private static Direction direction(String name) {
        // Optuna's NOT_SET is what a study has before it is first used.
        return name.equals("MAXIMIZE") ? Direction.MAXIMIZE : Direction.MINIMIZE;
    }

    private static @Nullable Scale scale(Map<String, @Nullable Object> studyAttributes, String name) {
        return studyAttributes.get(SCALE + name) instanceof String label ? Scale.named(label) : null;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static String type(double value) {
        return Double.isNaN(value) ? "NAN" : value == Double.POSITIVE_INFINITY ? "INF_POS" : value == Double.NEGATIVE_INFINITY ? "INF_NEG" : "FINITE";
    }

    private static double number(ResultSet rows, int column) throws SQLException {
        return switch (rows.getString(column + 1)) {
            case "NAN" -> Double.NaN;
            case "INF_POS" -> Double.POSITIVE_INFINITY;
            case "INF_NEG" -> Double.NEGATIVE_INFINITY;
            default -> rows.getDouble(column);
        };
    }

    /// UTC without a zone, as Optuna 5 writes it.
    static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : TIME.format(LocalDateTime.ofInstant(time, ZoneOffset.UTC));
    }

    private static @Nullable Instant time(@Nullable String text) {
        if (text == null) return null;
        var iso = text.replace(' ', 'T');
        return LocalDateTime.parse(iso.length() > 26 ? iso.substring(0, 26) : iso).toInstant(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    }

    /// A question and its arguments.
    record Proof(String sql, @Nullable Object... args) {}

    /// Reads one row.
    interface Row {
        void read(ResultSet rows) throws SQLException;
    }

    /// A trial while its rows are being collected.
    private record Draft(int number, TrialState state, @Nullable String started, @Nullable String completed, Map<String, @Nullable Object> params,
                         Map<String, Dist> space, Map<Integer, Double> reports, Map<Integer, Double> values,
                         Map<String, @Nullable Object> attributes, Map<String, @Nullable Object> system) {
        Draft(int number, TrialState state, @Nullable String started, @Nullable String completed) {
            this(number, state, started, completed, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new TreeMap<>(),
                    new LinkedHashMap<>(), new LinkedHashMap<>());
        }

        TrialView view() {
            return new TrialView(number, state, params, space, reports, state.finished() ? new ArrayList<>(values.values()) : List.of(), attributes, system, time(started), time(completed));
        }
    }
}
