package dev.caviar.tune.storage;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A PostgreSQL server. Whoever begins trials locks the row of the study, and whoever changes one locks the row of the trial, as Optuna does.
///
/// A connection that breaks is replaced and the work done again, for a minute unless the URL says otherwise. Whether a transaction was committed whose connection broke
/// at that very moment, the server is asked by the transaction's number, and for what it wrote: nothing is done twice, and nothing that was done is
/// lost.
final class PostgresDatabase implements Database {
    private static final System.Logger LOG = System.getLogger(PostgresDatabase.class.getName());
    private static final int MOST_COLLISIONS = 16;
    private static final int FEW_SECONDS = 5;
    // invalid_parameter_value: no transaction has that number, or none has it yet.
    private static final String FORGOTTEN = "22023";

    private final PostgresUrl url;
    private final HikariDataSource pool;
    private long version;
    // Somebody waited in vain, and nothing has gone well since: those who come now wait for a few seconds only.
    private boolean gaveUp;

    private PostgresDatabase(PostgresUrl url, HikariDataSource pool) {
        this.url = url;
        this.pool = pool;
    }

    static PostgresDatabase open(String text) {
        var url = PostgresUrl.parse(text);
        HikariDataSource pool = null;
        try {
            pool = new HikariDataSource(config(url));
            var database = new PostgresDatabase(url, pool);
            database.prepare();
            return database;
        } catch (HikariPool.PoolInitializationException e) {
            throw cannotConnect(url, e.getCause() == null ? e : e.getCause());
        } catch (SQLException e) {
            pool.close();
            throw failure(url, "opened", e, "");
        } catch (StorageException e) {
            if (pool != null) pool.close();
            throw e;
        }
    }

    private static HikariConfig config(PostgresUrl url) {
        var config = new HikariConfig();
        config.setJdbcUrl(url.jdbc());
        config.setUsername(url.user());
        if (url.password() != null) config.setPassword(url.password());
        config.setPoolName("caviar-" + url.database());
        config.setMaximumPoolSize(2);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(Math.clamp(url.timeout() * 1000L, 1000, 10_000));
        config.setAutoCommit(false);
        config.setIsolateInternalQueries(true);    // the pool asks whether a connection lives, and would leave a transaction open
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        // The driver sets the zone of this machine; the server's clock would then tell another time than it tells Optuna.
        config.setConnectionInitSql("SELECT set_config('TimeZone', '" + url.zone() + "', false), set_config('lock_timeout', '"
                + Math.max(1, url.timeout()) + "s', false)");
        config.addDataSourceProperty("stringtype", "unspecified");    // texts become enums and times
        config.addDataSourceProperty("connectTimeout", "10");
        config.addDataSourceProperty("socketTimeout", Integer.toString(2 * Math.max(10, url.timeout())));
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("ApplicationName", "caviar");
        url.options().forEach(config::addDataSourceProperty);
        return config;
    }

    // Two processes may open an empty database at once: one makes the tables.
    private void prepare() throws SQLException {
        try (var connection = pool.getConnection(); var statement = connection.createStatement()) {
            OptunaSchema.POSTGRESQL.check(connection, url.toString());
            if (!OptunaSchema.POSTGRESQL.exists(connection)) {
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('caviar schema'))");
                if (!OptunaSchema.POSTGRESQL.exists(connection)) OptunaSchema.POSTGRESQL.create(connection);
            }
            connection.commit();
        }
    }

    @Override
    public SqlRows begin(boolean write) throws SQLException {
        var rows = new SqlRows(pool.getConnection(), this);
        try {
            if (write) rows.transaction(rows.value("SELECT txid_current()") instanceof Long id ? id : 0);
            else rows.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");    // one snapshot for all queries
            return rows;
        } catch (SQLException e) {
            rollback(rows);
            throw e;
        }
    }

    @Override
    public void commit(SqlRows rows) throws SQLException {
        try {
            rows.connection().commit();
        } catch (SQLException e) {
            if (!lost(e) || rows.transaction() == 0 || !committed(rows, e)) throw e;
        }
        gaveUp = false;
        release(rows);
    }

    @Override
    public void rollback(SqlRows rows) {
        try {
            rows.connection().rollback();
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "Nothing to roll back in {0}: {1}", url, e.getMessage());
        }
        release(rows);
    }

    private void release(SqlRows rows) {
        try (var connection = rows.connection()) {
            if (!connection.isClosed()) rows.close();
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "A connection to {0} ended badly: {1}", url, e.getMessage());
        }
    }

    // The connection broke while the server was asked to commit: it alone knows whether it did. A server that crashed gives numbers of transactions
    // which it forgot to others, and so what was written has to be there too.
    private boolean committed(SqlRows lost, SQLException cause) throws SQLException {
        var began = System.nanoTime();
        for (var tries = 0; ; tries++) {
            try (var connection = pool.getConnection(); var rows = new SqlRows(connection, this)) {
                var status = rows.value("SELECT txid_status(?)", lost.transaction());
                if ("committed".equals(status)) return lost.proof() == null || rows.value(lost.proof().sql(), lost.proof().args()) != null;
                if (!"in progress".equals(status)) return false;
            } catch (SQLException e) {
                if (FORGOTTEN.equals(e.getSQLState())) return false;
                cause.addSuppressed(e);
            }
            if (waited(began, url.timeout())) throw cause;
            pause(tries);
        }
    }

    @Override
    public long version(SqlRows rows) {
        return ++version;
    }

    @Override
    public boolean locksAll() {
        return false;
    }

    @Override
    public String among() {
        return "t.trial_id = ANY(CAST(? AS integer[]))";
    }

    @Override
    public String ids(Collection<Long> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }

    // Beats have no zone: the clock of this session wrote them only if all of the study lie within their trials. Else a living trial would seem to
    // have been silent for hours.
    @Override
    public String silent() {
        return """
            extract(epoch FROM localtimestamp - h.heartbeat) > ? AND NOT EXISTS (
                SELECT 1 FROM trial_heartbeats o JOIN trials u ON u.trial_id = o.trial_id WHERE u.study_id = t.study_id AND (
                    o.heartbeat AT TIME ZONE current_setting('TimeZone') < u.datetime_start AT TIME ZONE 'UTC' - interval '1 minute' OR
                    o.heartbeat AT TIME ZONE current_setting('TimeZone') > coalesce(u.datetime_complete AT TIME ZONE 'UTC', now()) + interval '1 minute'))""";
    }

    @Override
    public boolean retry(SQLException e, int tries, long began) {
        var state = String.valueOf(e.getSQLState());
        var collided = state.equals("40001") || state.equals("40P01");
        if (collided ? tries >= MOST_COLLISIONS : !lost(e)) return false;
        if (!collided && waited(began, gaveUp ? Math.min(FEW_SECONDS, url.timeout()) : url.timeout())) {
            gaveUp = true;
            return false;
        }
        LOG.log(System.Logger.Level.WARNING, "{0}: {1} Trying again.", url, e.getMessage());
        pause(tries);
        return !Thread.currentThread().isInterrupted();
    }

    private static boolean waited(long since, int seconds) {
        return System.nanoTime() - since > TimeUnit.SECONDS.toNanos(seconds);
    }

    // 0.1, 0.2, 0.4 ... 5 seconds.
    private static void pause(int tries) {
        try {
            TimeUnit.MILLISECONDS.sleep(Math.min(100L << Math.min(tries, 10), 5000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // Class 08 is the connection, 57P the server being shut down or started; the pool's own time-out has no state.
    private static boolean lost(SQLException e) {
        var state = String.valueOf(e.getSQLState());
        return state.startsWith("08") || state.startsWith("57P") || e instanceof SQLTransientConnectionException || "Connection is closed".equals(e.getMessage());
    }

    @Override
    public StorageException failure(String what, SQLException e) {
        return failure(url, what, e, "55P03".equals(e.getSQLState()) ? holders() : "");
    }

    private static StorageException failure(PostgresUrl url, String what, SQLException e, String holders) {
        var state = String.valueOf(e.getSQLState());
        if (state.equals("55P03"))
            return new StorageException("The study in " + url + " was locked by another connection for more than " + Math.max(1, url.timeout()) + " s" + holders
                    + ".\nMaybe a program holds it in a transaction: end that, then resume the study.", e);
        if (state.equals("53100"))
            return new StorageException("The disk of " + url + " is full. What was not stored is undone; all that was finished before is there."
                    + "\nMaybe make room, then resume the study.", e);
        if (state.equals("42501") || state.equals("25006"))
            return new StorageException("The database " + url + " may not be written: " + e.getMessage() + "\nMaybe give the user the right to, or use another.", e);
        if (lost(e))
            return new StorageException("The connection to " + url + " broke and did not come back: " + e.getMessage() + " All that was finished before is there."
                    + "\nMaybe see to the server and the network, then resume the study.", e);
        return new StorageException("The database " + url + " cannot be " + what + ": " + e.getMessage(), e);
    }

    private static StorageException cannotConnect(PostgresUrl url, Throwable e) {
        return new StorageException("The database " + url + " cannot be opened: " + e.getMessage()
                + "\nMaybe the server does not run there, user or password is wrong, or the database must be made first: createdb " + url.database() + ".", e);
    }

    private String holders() {
        var found = new ArrayList<String>();
        try (var connection = pool.getConnection(); var statement = connection.createStatement();
             var rows = statement.executeQuery("SELECT pid, usename, application_name, coalesce(host(client_addr), 'a local socket') FROM pg_stat_activity"
                     + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 5")) {
            while (rows.next())
                found.add("process " + rows.getInt(1) + " of user " + rows.getString(2) + " (" + rows.getString(3) + ", from " + rows.getString(4) + ")");
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "Who holds {0} is not known: {1}", url, e.getMessage());
        }
        return found.isEmpty() ? "" : "; in a transaction are " + String.join(", ", found);
    }

    @Override
    public Optional<Path> folder() {
        return Optional.empty();
    }

    @Override
    public void close() {
        pool.close();
    }

    @Override
    public String toString() {
        return url.toString();
    }
}
