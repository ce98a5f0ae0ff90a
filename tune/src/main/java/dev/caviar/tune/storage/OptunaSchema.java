package dev.caviar.tune.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The 13 tables of Optuna's schema 12, revision v3.2.0.a, as Optuna 5.0 makes them; on SQLite word for word.
enum OptunaSchema {
    SQLITE("INTEGER", "VARCHAR(8)", "VARCHAR(8)", "VARCHAR(7)", "VARCHAR(7)", "FLOAT", "DATETIME", List.of()) {
        @Override
        String count() {
            return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'";
        }

        @Override
        String find(String table) {
            return "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'";
        }
    },
    POSTGRESQL("SERIAL", "studydirection", "trialstate", "trialvaluetype", "trialintermediatevaluetype", "FLOAT(53)", "TIMESTAMP WITHOUT TIME ZONE", List.of(
            type("studydirection", "NOT_SET", "MINIMIZE", "MAXIMIZE"),
            type("trialstate", "RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"),
            type("trialvaluetype", "FINITE", "INF_POS", "INF_NEG"),
            type("trialintermediatevaluetype", "FINITE", "INF_POS", "INF_NEG", "NAN"))) {
        // Other programs may well have tables in the same database.
        @Override
        String count() {
            return "SELECT 0";
        }

        @Override
        String find(String table) {
            return "SELECT 1 WHERE to_regclass('" + table + "') IS NOT NULL";
        }
    };

    static final int VERSION = 12;
    static final String REVISION = "v3.2.0.a";

    private final List<String> statements;

    OptunaSchema(String key, String direction, String state, String valueType, String reportType, String number, String time, List<String> types) {
        statements = new ArrayList<>(types);
        for (var table : tables())
            statements.add(table.replace("{key}", key).replace("{direction}", direction).replace("{state}", state).replace("{value type}", valueType)
                    .replace("{report type}", reportType).replace("{number}", number).replace("{time}", time));
    }

    /// How many tables there are of anybody's.
    abstract String count();

    /// Gives a row where there is a table of that name.
    abstract String find(String table);

    private static String type(String name, String... labels) {
        return "DO $$ BEGIN CREATE TYPE " + name + " AS ENUM ('" + String.join("', '", labels) + "'); EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    }

    private static List<String> tables() {
        return List.of(
            """
            CREATE TABLE IF NOT EXISTS studies (
            \tstudy_id {key} NOT NULL,\s
            \tstudy_name VARCHAR(512) NOT NULL,\s
            \tPRIMARY KEY (study_id)
            )""",
            "CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)",
            """
            CREATE TABLE IF NOT EXISTS version_info (
            \tversion_info_id INTEGER NOT NULL,\s
            \tschema_version INTEGER,\s
            \tlibrary_version VARCHAR(256),\s
            \tPRIMARY KEY (version_info_id),\s
            \tCHECK (version_info_id=1)
            )""",
            """
            CREATE TABLE IF NOT EXISTS study_directions (
            \tstudy_direction_id {key} NOT NULL,\s
            \tdirection {direction} NOT NULL,\s
            \tstudy_id INTEGER NOT NULL,\s
            \tobjective INTEGER NOT NULL,\s
            \tPRIMARY KEY (study_direction_id),\s
            \tUNIQUE (study_id, objective),\s
            \tFOREIGN KEY(study_id) REFERENCES studies (study_id)
            )""",
            attributes("study", "user"),
            attributes("study", "system"),
            """
            CREATE TABLE IF NOT EXISTS trials (
            \ttrial_id {key} NOT NULL,\s
            \tnumber INTEGER,\s
            \tstudy_id INTEGER,\s
            \tstate {state} NOT NULL,\s
            \tdatetime_start {time},\s
            \tdatetime_complete {time},\s
            \tPRIMARY KEY (trial_id),\s
            \tFOREIGN KEY(study_id) REFERENCES studies (study_id)
            )""",
            "CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id)",
            attributes("trial", "user"),
            attributes("trial", "system"),
            """
            CREATE TABLE IF NOT EXISTS trial_params (
            \tparam_id {key} NOT NULL,\s
            \ttrial_id INTEGER,\s
            \tparam_name VARCHAR(512),\s
            \tparam_value {number},\s
            \tdistribution_json TEXT,\s
            \tPRIMARY KEY (param_id),\s
            \tUNIQUE (trial_id, param_name),\s
            \tFOREIGN KEY(trial_id) REFERENCES trials (trial_id)
            )""",
            """
            CREATE TABLE IF NOT EXISTS trial_values (
            \ttrial_value_id {key} NOT NULL,\s
            \ttrial_id INTEGER NOT NULL,\s
            \tobjective INTEGER NOT NULL,\s
            \tvalue {number},\s
            \tvalue_type {value type} NOT NULL,\s
            \tPRIMARY KEY (trial_value_id),\s
            \tUNIQUE (trial_id, objective),\s
            \tFOREIGN KEY(trial_id) REFERENCES trials (trial_id)
            )""",
            """
            CREATE TABLE IF NOT EXISTS trial_intermediate_values (
            \ttrial_intermediate_value_id {key} NOT NULL,\s
            \ttrial_id INTEGER NOT NULL,\s
            \tstep INTEGER NOT NULL,\s
            \tintermediate_value {number},\s
            \tintermediate_value_type {report type} NOT NULL,\s
            \tPRIMARY KEY (trial_intermediate_value_id),\s
            \tUNIQUE (trial_id, step),\s
            \tFOREIGN KEY(trial_id) REFERENCES trials (trial_id)
            )""",
            """
            CREATE TABLE IF NOT EXISTS trial_heartbeats (
            \ttrial_heartbeat_id {key} NOT NULL,\s
            \ttrial_id INTEGER NOT NULL,\s
            \theartbeat {time} NOT NULL,\s
            \tPRIMARY KEY (trial_heartbeat_id),\s
            \tUNIQUE (trial_id),\s
            \tFOREIGN KEY(trial_id) REFERENCES trials (trial_id)
            )""",
            """
            CREATE TABLE IF NOT EXISTS alembic_version (
            \tversion_num VARCHAR(32) NOT NULL,\s
            \tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
            )""");
    }

    /// Refuses a database of another version, and one of another program; an empty one is fine.
    void check(Connection connection, String database) throws SQLException {
        var version = one(connection, "version_info", "schema_version");
        var revision = one(connection, "alembic_version", "version_num");
        if (version == null && tables(connection) > 0)
            throw new StorageException("The database " + database + " belongs to another program: it has tables, but no version_info."
                    + "\nMaybe choose another file; one that does not exist yet is made.");
        var known = (version == null || version.equals(String.valueOf(VERSION))) && (revision == null || revision.equals(REVISION));
        if (!known)
            throw new StorageException("The database " + database + " has schema version " + version + (revision == null ? "" : ", revision " + revision)
                    + "; this program reads version " + VERSION + ", revision " + REVISION + "."
                    + "\nMaybe bring it up to date with `optuna storage upgrade`, or choose another file.");
    }

    /// Makes what is missing.
    void create(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (var sql : statements) statement.execute(sql);
            // The column names the program that made the database; Optuna only prints it.
            statement.execute("INSERT INTO version_info VALUES (1, " + VERSION + ", '5.0.0') ON CONFLICT DO NOTHING");
            statement.execute("INSERT INTO alembic_version SELECT '" + REVISION + "' WHERE NOT EXISTS (SELECT * FROM alembic_version)");
        }
    }

    boolean exists(Connection connection) throws SQLException {
        return one(connection, "alembic_version", "version_num") != null && one(connection, "version_info", "schema_version") != null;
    }

    private int tables(Connection connection) throws SQLException {
        try (var statement = connection.createStatement(); var rows = statement.executeQuery(count())) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }

    private @Nullable String one(Connection connection, String table, String column) throws SQLException {
        try (var statement = connection.createStatement()) {
            try (var rows = statement.executeQuery(find(table))) {
                if (!rows.next()) return null;
            }
            try (var rows = statement.executeQuery("SELECT " + column + " FROM " + table)) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }

    private static String attributes(String owner, String kind) {
        var table = owner + "_" + kind + "_attribute";
        return """
            CREATE TABLE IF NOT EXISTS %ss (
            \t%s_id {key} NOT NULL,\s
            \t%s_id INTEGER,\s
            \t"key" VARCHAR(512),\s
            \tvalue_json TEXT,\s
            \tPRIMARY KEY (%s_id),\s
            \tUNIQUE (%s_id, "key"),\s
            \tFOREIGN KEY(%s_id) REFERENCES %s (%s_id)
            )""".formatted(table, table, owner, table, owner, owner, owner.equals("study") ? "studies" : "trials", owner);
    }
}
