package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Scale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Keeps studies in a SQLite file with Optuna's own tables, so that Optuna and its dashboard open them, and we open theirs.
///
/// Every call is one transaction in write-ahead mode. It survives the end of the process at once; with full synchronisation also the end of
/// the machine. One connection serves all threads; other processes are noticed by SQLite's data version and only what changed is read again.
/// Rows of finished trials are never touched again, since Optuna caches them.
///
/// ```java
/// var folder = Files.createTempDirectory("runs");
/// try (var storage = SqliteStorage.open(folder.resolve("caviar.db"), false)) {
///     storage.create("mnist", List.of(Direction.MAXIMIZE), Map.of());
/// }
/// ```
public final class SqliteStorage implements Storage {
    private static final int BUSY_MILLIS = 60_000;
    private static final int BUSY = 5;
    private static final int READ_ONLY = 8;
    private static final int DAMAGED = 11;
    private static final int CANNOT_OPEN = 14;
    private static final int NOT_A_DATABASE = 26;

    private final Path file;
    private final Connection connection;
    private final SqliteRows rows;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Cached> cache = new HashMap<>();
    private long seenVersion = -1;
    private boolean closed;
    private boolean ahead;

    private SqliteStorage(Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
        this.rows = new SqliteRows(connection);
    }

    /// Opens a database, making file, folder and tables where they are missing. `full` waits at every commit until the disk has it. Throws
    /// [StorageException] where the file is read-only, no database, or of another schema version.
    public static SqliteStorage open(Path file, boolean full) {
        prepareFile(file);
        Connection connection = null;
        try {
            connection = DriverManager.getConnection("jdbc:sqlite:" + file);
            try (var statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = " + BUSY_MILLIS);
                SqliteSchema.check(connection, file.toString());
                writeAhead(connection);
                statement.execute("PRAGMA synchronous = " + (full ? "FULL" : "NORMAL"));
                // A trial writes some ten pages: fold the log into the database, and wait for the disk, every few hundred trials.
                statement.execute("PRAGMA wal_autocheckpoint = 4000");
                if (!SqliteSchema.exists(connection)) {
                    statement.execute("BEGIN IMMEDIATE");
                    SqliteSchema.create(connection);
                    statement.execute("COMMIT");
                }
            }
            return new SqliteStorage(file, connection);
        } catch (SQLException e) {
            close(connection);
            throw failure(file, "opened", e);
        } catch (StorageException e) {
            close(connection);
            throw e;
        }
    }

    @Override
    public StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes) {
        return write(() -> {
            if (rows.value("SELECT study_id FROM studies WHERE study_name = ?", study) != null)
                throw new StorageException("Study \"" + study + "\" already exists in " + this + ".");
            var id = (Number) rows.value("INSERT INTO studies (study_name) VALUES (?) RETURNING study_id", study);
            for (var i = 0; i < directions.size(); i++)
                rows.run("INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)", directions.get(i).name(), id, i);
            for (var entry : systemAttributes.entrySet()) rows.note("system", id.longValue(), entry.getKey(), entry.getValue());
            cache.remove(study);
            return cached(study).ledger.study();
        });
    }

    @Override
    public Optional<StudyView> find(String study) {
        return read(() -> {
            try {
                return Optional.of(cached(study).ledger.study());
            } catch (Unknown e) {
                return Optional.empty();
            }
        });
    }

    @Override
    public List<String> names() {
        return read(this::studyNames);
    }

    @Override
    public @Nullable Object noteOnce(String study, String key, @Nullable Object value) {
        return write(() -> {
            var known = cached(study);
            noteOnce(known, key, value);
            return Optional.ofNullable(known.ledger.study().systemAttributes().get(key));
        }).orElse(null);
    }

    @Override
    public void note(String study, String key, @Nullable Object value) {
        write(() -> {
            var known = cached(study);
            rows.note("user", known.id, key, value);
            ahead = true;
            known.ledger.noteUser(key, Json.plain(value));
            return true;
        });
    }

    @Override
    public void noteSystem(String study, String key, @Nullable Object value) {
        write(() -> {
            var known = cached(study);
            rows.note("system", known.id, key, value);
            ahead = true;
            known.ledger.note(key, Json.plain(value));
            return true;
        });
    }

    @Override
    public Optional<TrialView> start(String study, Admission admission) {
        return write(() -> {
            var known = cached(study);
            var begin = admission.admit(known.ledger.tally()).orElse(null);
            if (begin == null || begin.waiting() != null && !known.ledger.waits(begin.waiting())) return Optional.empty();
            var now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            var begun = known.ledger.begun(begin, now);
            ahead = true;
            if (begin.waiting() == null) known.put(rows.startTrial(known.id, begun.number(), now), begun);
            else if (rows.takeTrial(known.ids.get(begun.number()), now)) known.ledger.put(begun);
            else return Optional.empty();
            return Optional.of(append(known, begun.number(), begin.events(), now));
        });
    }

    @Override
    public TrialView add(String study, TrialView trial) {
        return write(() -> {
            var known = cached(study);
            var added = known.ledger.added(trial);
            ahead = true;
            known.put(rows.addTrial(known.id, added), added);
            for (var entry : added.space().entrySet()) noteScale(known, entry.getKey(), entry.getValue());
            return added;
        });
    }

    @Override
    public long id(String study, int number) {
        return read(() -> cached(study).ids.get(number));
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(file.resolveSibling(file.getFileName() + ".artifacts"));
    }

    @Override
    public TrialView append(String study, int number, List<? extends Event> events) {
        return write(() -> append(cached(study), number, events, Instant.now().truncatedTo(ChronoUnit.MICROS)));
    }

    @Override
    public Tally tally(String study) {
        return read(() -> cached(study).ledger.tally());
    }

    @Override
    public List<TrialView> trials(String study) {
        return read(() -> cached(study).ledger.views());
    }

    @Override
    public void delete(String study) {
        write(() -> {
            var id = cached(study).id;
            for (var table : List.of("params", "values", "intermediate_values", "heartbeats", "user_attributes", "system_attributes"))
                rows.run("DELETE FROM trial_" + table + " WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)", id);
            for (var table : List.of("trials", "study_directions", "study_user_attributes", "study_system_attributes", "studies"))
                rows.run("DELETE FROM " + table + " WHERE study_id = ?", id);
            cache.remove(study);
            return id;
        });
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) return;
            closed = true;
            rows.close();
            connection.close();
        } catch (SQLException e) {
            throw failure(file, "closed", e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "sqlite:" + file;
    }

    private TrialView append(Cached known, int number, List<? extends Event> events, Instant now) throws SQLException {
        var plain = Ledger.plain(events);
        known.ledger.check(number, plain);
        var id = known.ids.get(number);
        for (var event : plain) {
            rows.write(id, event, now);
            if (event instanceof Event.Param(var name, var dist, var _)) noteScale(known, name, dist);
        }
        return known.ledger.apply(number, plain, now);
    }

    private void noteScale(Cached known, String name, Dist dist) throws SQLException {
        if (SqliteRows.unknownScale(dist) instanceof Scale scale) noteOnce(known, SqliteRows.SCALE + name, scale.label());
    }

    private void noteOnce(Cached known, String key, @Nullable Object value) throws SQLException {
        if (known.ledger.study().systemAttributes().containsKey(key)) return;
        rows.note("system", known.id, key, value);
        ahead = true;
        known.ledger.note(key, Json.plain(value));
    }

    private List<String> studyNames() throws SQLException {
        var names = new ArrayList<String>();
        rows.each(row -> names.add(row.getString(1)), "SELECT study_name FROM studies ORDER BY study_id");
        return names;
    }

    /// The study as it stands in the database now.
    private Cached cached(String study) throws SQLException {
        var known = cache.get(study);
        if (known != null && known.version == seenVersion) return known;
        if (!(rows.value("SELECT study_id FROM studies WHERE study_name = ?", study) instanceof Number id)) {
            cache.remove(study);
            throw new Unknown(Storages.unknown(study, toString(), studyNames()));
        }
        var view = rows.study(id.longValue(), study);
        var count = (Number) rows.value("SELECT COUNT(*) FROM trials WHERE study_id = ?", id);
        if (known == null || known.id != id.longValue() || count == null || count.intValue() < known.ids.size()) known = new Cached(id.longValue(), view);
        else known.ledger.study(view);
        cache.put(study, known);
        for (var entry : rows.trials(known.id, known.lastId, known.openIds(), view.systemAttributes()).entrySet()) known.put(entry.getKey(), entry.getValue());
        known.version = seenVersion;
        return known;
    }

    private <T> T write(Work<T> work) {
        return transact("BEGIN IMMEDIATE", work);
    }

    private <T> T read(Work<T> work) {
        return transact("BEGIN", work);
    }

    private <T> T transact(String begin, Work<T> work) {
        lock.lock();
        try {
            if (closed) throw new StorageException(this + " is closed.");
            rows.run(begin);
            ahead = false;
            var done = false;
            try {
                // Changes when another connection commits; our own commits are in the cache already.
                seenVersion = rows.value("PRAGMA data_version") instanceof Number version ? version.longValue() : seenVersion + 1;
                var result = work.run();
                rows.run("COMMIT");
                done = true;
                return result;
            } finally {
                if (!done) rollback();
                if (!done && ahead) cache.clear();    // it has what the database has not
            }
        } catch (SQLException e) {
            cache.clear();
            throw failure(file, "used", e);
        } finally {
            lock.unlock();
        }
    }

    private void rollback() {
        try {
            rows.run("ROLLBACK");
        } catch (SQLException e) {
            System.getLogger(SqliteStorage.class.getName()).log(System.Logger.Level.DEBUG, "Nothing to roll back in {0}: {1}", file, e.getMessage());
        }
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
    private static void writeAhead(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (var tries = 0; ; tries++) {
                try {
                    statement.execute("PRAGMA journal_mode = WAL");
                    return;
                } catch (SQLException e) {
                    if ((e.getErrorCode() & 0xff) != BUSY || tries == 100) throw e;
                    Thread.sleep(20);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while another process opened the database", e);
        }
    }

    private static StorageException failure(Path file, String what, SQLException e) {
        return switch (e.getErrorCode() & 0xff) {
            case NOT_A_DATABASE -> new StorageException(file + " is not a database.\nMaybe another file was meant, or this one is damaged.", e);
            case DAMAGED -> new StorageException("The database " + file + " is damaged: " + e.getMessage()
                    + "\nMaybe restore it from a copy, or save what `sqlite3 " + file.getFileName() + " .recover` finds.", e);
            case CANNOT_OPEN -> new StorageException("The database " + file + " cannot be " + what + ".\nMaybe you may not write in its folder.", e);
            case READ_ONLY -> new StorageException(readOnlyMessage(file), e);
            case BUSY -> new StorageException("The database " + file + " was locked by another process for more than " + BUSY_MILLIS / 1000
                    + " s.\nMaybe a program holds it open in a transaction.", e);
            default -> new StorageException("The database " + file + " cannot be " + what + ": " + e.getMessage(), e);
        };
    }

    private static String readOnlyMessage(Path file) {
        return "The database " + file + " is read-only.\nMaybe give yourself the right to write it, or choose another file.";
    }

    private static void close(@Nullable Connection connection) {
        try {
            if (connection != null) connection.close();
        } catch (SQLException e) {
            System.getLogger(SqliteStorage.class.getName()).log(System.Logger.Level.DEBUG, "Closing failed: {0}", e.getMessage());
        }
    }

    /// Something done inside one transaction.
    private interface Work<T> {
        T run() throws SQLException;
    }

    /// The study is not there: told apart from all that may be wrong with a database.
    private static final class Unknown extends StorageException {
        private static final long serialVersionUID = 1;

        Unknown(StorageException other) {
            super(String.valueOf(other.getMessage()));
        }
    }

    /// A study as it was last seen.
    private static final class Cached {
        private final long id;
        private final Ledger ledger;
        private final List<Long> ids = new ArrayList<>();
        private long lastId;
        private long version = -1;

        Cached(long id, StudyView view) {
            this.id = id;
            this.ledger = new Ledger(view);
        }

        void put(long trial, TrialView view) {
            if (view.number() == ids.size()) ids.add(trial);
            else if (view.number() > ids.size() || ids.get(view.number()) != trial)
                throw new StorageException("Study \"" + ledger.study().name() + "\": trial numbers have a gap or a double at " + view.number() + ".");
            lastId = Math.max(lastId, trial);
            ledger.put(view);
        }

        List<Long> openIds() {
            var open = new TreeMap<Integer, Long>();
            for (var trial : ledger.tally().open()) open.put(trial.number(), ids.get(trial.number()));
            return List.copyOf(open.values());
        }
    }
}
