package dev.caviar.tune.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// A SQLite file in write-ahead mode. One connection serves all threads; other processes are noticed by SQLite's data version.
final class SqliteDatabase implements Database {
    private static final System.Logger LOG = System.getLogger(SqliteDatabase.class.getName());
    private static final int BUSY = 5;
    private static final int READ_ONLY = 8;
    private static final int IO_ERROR = 10;
    private static final int DAMAGED = 11;
    private static final int FULL = 13;
    private static final int CANNOT_OPEN = 14;
    private static final int NOT_A_DATABASE = 26;

    private final Path file;
    private final int timeout;
    private final Connection connection;
    private final SqlRows rows;

    private SqliteDatabase(Path file, int timeout, Connection connection) {
        this.file = file;
        this.timeout = timeout;
        this.connection = connection;
        this.rows = new SqlRows(connection, this);
    }

    /// `timeout` is how many seconds another writer is waited for.
    static SqliteDatabase open(Path file, boolean full, int timeout) {
        prepareFile(file);
        Connection connection = null;
        try {
            var properties = new Properties();
            properties.setProperty("jdbc.get_generated_keys", "false");    // the driver would ask for them after each statement
            connection = DriverManager.getConnection("jdbc:sqlite:" + file, properties);
            try (var statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = " + timeout * 1000);
                OptunaSchema.SQLITE.check(connection, file.toString());
                writeAhead(connection, timeout);
                statement.execute("PRAGMA synchronous = " + (full ? "FULL" : "NORMAL"));
                // A trial writes some ten pages: fold the log into the database, and wait for the disk, every few hundred trials.
                statement.execute("PRAGMA wal_autocheckpoint = 4000");
                if (!OptunaSchema.SQLITE.exists(connection)) {
                    statement.execute("BEGIN IMMEDIATE");
                    OptunaSchema.SQLITE.create(connection);
                    statement.execute("COMMIT");
                }
            }
            return new SqliteDatabase(file, timeout, connection);
        } catch (SQLException e) {
            close(connection);
            throw failure(file, timeout, "opened", e);
        } catch (StorageException e) {
            close(connection);
            throw e;
        }
    }

    @Override
    public SqlRows begin(boolean write) throws SQLException {
        rows.run(write ? "BEGIN IMMEDIATE" : "BEGIN");
        return rows;
    }

    @Override
    public void commit(SqlRows rows) throws SQLException {
        rows.run("COMMIT");
    }

    @Override
    public void rollback(SqlRows rows) {
        try {
            rows.run("ROLLBACK");
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "Nothing to roll back in {0}: {1}", file, e.getMessage());
        }
    }

    // Changes when another connection commits; our own commits are in the cache already.
    @Override
    public long version(SqlRows rows) throws SQLException {
        if (rows.value("PRAGMA data_version") instanceof Number version) return version.longValue();
        throw new SQLException("PRAGMA data_version gave nothing");
    }

    @Override
    public boolean locksAll() {
        return true;
    }

    @Override
    public String among() {
        return "t.trial_id IN (SELECT value FROM json_each(?))";
    }

    @Override
    public String ids(Collection<Long> ids) {
        return ids.toString();
    }

    @Override
    public String silent() {
        return "(julianday(CURRENT_TIMESTAMP) - julianday(h.heartbeat)) * 86400 > ?";
    }

    // SQLite itself waits for other writers.
    @Override
    public boolean retry(SQLException e, int tries, long began) {
        return false;
    }

    @Override
    public StorageException failure(String what, SQLException e) {
        return failure(file, timeout, what, e);
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(file.resolveSibling(file.getFileName() + ".artifacts"));
    }

    @Override
    public void close() {
        try {
            rows.close();
            connection.close();
        } catch (SQLException e) {
            throw failure("closed", e);
        }
    }

    @Override
    public String toString() {
        return "sqlite:" + file;
    }

    private static void prepareFile(Path file) {
        var folder = file.toAbsolutePath().getParent();
        try {
            if (folder != null) Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StorageException("The folder " + folder + " for the database " + file.getFileName() + " cannot be made: " + e
                    + "\nMaybe a file of that name is in the way, or you may not write there.", e);
        }
        if (Files.isDirectory(file)) throw new StorageException(file + " is a folder, not a database.\nMaybe add a file name to it.");
        if (Files.exists(file) && readOnly(file)) throw new StorageException(readOnlyMessage(file));
    }

    // A file that nobody may write is meant to stay as it is, even where the system would let an administrator write it.
    private static boolean readOnly(Path file) {
        if (!Files.isWritable(file)) return true;
        try {
            var write = EnumSet.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
            write.retainAll(Files.getPosixFilePermissions(file));
            return write.isEmpty();
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    // Two processes may try this at once, and SQLite does not always wait for its turn here.
    private static void writeAhead(Connection connection, int timeout) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (var tries = 0; ; tries++) {
                try {
                    statement.execute("PRAGMA journal_mode = WAL");
                    return;
                } catch (SQLException e) {
                    if ((e.getErrorCode() & 0xff) != BUSY || tries == Math.min(100, timeout * 50)) throw e;
                    Thread.sleep(20);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while another process opened the database", e);
        }
    }

    private static StorageException failure(Path file, int timeout, String what, SQLException e) {
        return switch (e.getErrorCode() & 0xff) {
            case NOT_A_DATABASE -> new StorageException(file + " is not a database.\nMaybe another file was meant, or this one is damaged.", e);
            case DAMAGED -> new StorageException("The database " + file + " is damaged: " + e.getMessage()
                    + "\nMaybe restore it from a copy, or save what `sqlite3 " + file.getFileName() + " .recover` finds.", e);
            case CANNOT_OPEN -> new StorageException("The database " + file + " cannot be " + what + ".\nMaybe you may not write in its folder.", e);
            case READ_ONLY -> new StorageException(readOnlyMessage(file), e);
            case FULL -> new StorageException("The disk is full: the database " + file + " cannot be " + what
                    + ". What was not stored is undone; all that was finished before is there.\nMaybe make room, then resume the study.", e);
            case IO_ERROR -> new StorageException("The database " + file + " cannot be " + what + ": the disk gives errors (" + e.getMessage()
                    + "). All that was finished before is there.\nMaybe the disk is full or was taken away: mend that, then resume the study.", e);
            case BUSY -> new StorageException("The database " + file + " was locked by another process for more than " + timeout + " s"
                    + holders(file) + ".\nMaybe a program holds it open in a transaction: end that, then resume the study.", e);
            default -> new StorageException("The database " + file + " cannot be " + what + ": " + e.getMessage(), e);
        };
    }

    // Who else has the file open, as far as the system tells.
    private static String holders(Path file) {
        var found = new ArrayList<String>();
        var self = Long.toString(ProcessHandle.current().pid());
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            var real = file.toRealPath();
            for (var process : processes)
                if (!process.getFileName().toString().equals(self) && holds(process, real))
                    found.add("process " + process.getFileName() + " (" + Files.readString(process.resolve("comm")).strip() + ")");
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "Who holds {0} is not known: {1}", file, e.getMessage());
        }
        return found.isEmpty() ? "" : "; it is open in " + String.join(", ", found);
    }

    private static boolean holds(Path process, Path file) {
        try (var descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (var descriptor : descriptors) if (Files.isSymbolicLink(descriptor) && Files.readSymbolicLink(descriptor).equals(file)) return true;
        } catch (IOException | RuntimeException e) {
            return false;    // it has ended, or is none of ours
        }
        return false;
    }

    private static String readOnlyMessage(Path file) {
        return "The database " + file + " is read-only.\nMaybe give yourself the right to write it, or choose another file.";
    }

    private static void close(@Nullable Connection connection) {
        try {
            if (connection != null) connection.close();
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "Closing failed: {0}", e.getMessage());
        }
    }
}
