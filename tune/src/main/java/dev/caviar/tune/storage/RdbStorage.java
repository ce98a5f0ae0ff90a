package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Scale;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Keeps studies in Optuna's own tables, in a SQLite file or on a PostgreSQL server, so that Optuna and its dashboard open them, and we open theirs.
///
/// Every call is one transaction, and survives the end of the process at once; on SQLite with full synchronisation, and on PostgreSQL, also the
/// end of the machine. What is known is kept in memory, and only what changed is read again. Rows of finished trials are never touched again,
/// since Optuna caches them.
///
/// ```java
/// var folder = Files.createTempDirectory("runs");
/// try (var storage = RdbStorage.sqlite(folder.resolve("caviar.db"), false)) {
///     storage.create("mnist", List.of(Direction.MAXIMIZE), Map.of());
/// }
/// ```
public final class RdbStorage implements Storage {
    private static final int SECONDS = 60;

    private final Database database;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Cached> cache = new HashMap<>();
    private @Nullable SqlRows open;
    private long seenVersion = -1;
    private boolean closed;
    private boolean ahead;

    RdbStorage(Database database) {
        this.database = database;
    }

    /// Opens a SQLite file, making file, folder and tables where they are missing. `full` waits at every commit until the disk has it. Throws
    /// [StorageException] where the file is read-only, no database, or of another schema version.
    public static RdbStorage sqlite(Path file, boolean full) {
        return sqlite(file, full, SECONDS);
    }

    /// The same, and another writer is waited for so many seconds.
    static RdbStorage sqlite(Path file, boolean full, int seconds) {
        return new RdbStorage(SqliteDatabase.open(file, full, seconds));
    }

    /// Opens a database on a PostgreSQL server by its URL, such as `postgresql://user:password@host/database`, making tables where they are
    /// missing. Throws [StorageException] where the server cannot be reached, or the tables are of another schema version.
    public static RdbStorage postgresql(String url) {
        return new RdbStorage(PostgresDatabase.open(url));
    }

    @Override
    public StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes) {
        return write(() -> {
            if (rows().value("SELECT study_id FROM studies WHERE study_name = ?", study) != null)
                throw new StorageException("Study \"" + study + "\" already exists in " + this + ".");
            var id = (Number) rows().value("INSERT INTO studies (study_name) VALUES (?) RETURNING study_id", study);
            for (var i = 0; i < directions.size(); i++)
                rows().run("INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)", directions.get(i).name(), id, i);
            for (var entry : systemAttributes.entrySet()) rows().note("system", id.longValue(), entry.getKey(), entry.getValue());
            cache.remove(study);
            return locked(study).ledger.study();
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
            var known = locked(study);
            noteOnce(known, key, value);
            return Optional.ofNullable(known.ledger.study().systemAttributes().get(key));
        }).orElse(null);
    }

    @Override
    public void note(String study, String key, @Nullable Object value) {
        write(() -> {
            var known = locked(study);
            rows().note("user", known.id, key, value);
            ahead = true;
            known.ledger.noteUser(key, Json.plain(value));
            return true;
        });
    }

    @Override
    public void noteSystem(String study, String key, @Nullable Object value) {
        write(() -> {
            var known = locked(study);
            rows().note("system", known.id, key, value);
            ahead = true;
            known.ledger.note(key, Json.plain(value));
            return true;
        });
    }

    @Override
    public Optional<TrialView> start(String study, Admission admission) {
        return write(() -> {
            var known = locked(study);
            var begin = admission.admit(known.ledger.tally()).orElse(null);
            if (begin == null || begin.waiting() != null && !known.ledger.waits(begin.waiting())) return Optional.empty();
            var now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            var begun = known.ledger.begun(begin, now);
            ahead = true;
            if (begin.waiting() == null) known.put(rows().startTrial(known.id, begun.number(), now), begun);
            else if (rows().takeTrial(known.ids.get(begun.number()), now)) known.ledger.put(begun);
            else return Optional.empty();
            return Optional.of(append(known, begun.number(), begin.events(), now));
        });
    }

    @Override
    public TrialView add(String study, TrialView trial) {
        return write(() -> {
            var known = locked(study);
            var added = known.ledger.added(trial);
            ahead = true;
            known.put(rows().addTrial(known.id, added), added);
            for (var entry : added.space().entrySet()) noteScale(known, entry.getKey(), entry.getValue());
            return added;
        });
    }

    @Override
    public List<Integer> silent(String study, Duration since) {
        return read(() -> {
            var known = cached(study);
            var found = new ArrayList<Integer>();
            rows().each(row -> found.add(row.getInt(1)), "SELECT t.number FROM trial_heartbeats h JOIN trials t ON t.trial_id = h.trial_id WHERE t.study_id = ?"
                    + " AND t.state = 'RUNNING' AND " + database.silent() + " ORDER BY t.number", known.id, since.toMillis() / 1e3);
            return found;
        });
    }

    @Override
    public long id(String study, int number) {
        return read(() -> cached(study).ids.get(number));
    }

    @Override
    public Optional<Path> folder() {
        return database.folder();
    }

    @Override
    public TrialView append(String study, int number, List<? extends Event> events) {
        return write(() -> append(held(study, number, events), number, events, Instant.now().truncatedTo(ChronoUnit.MICROS)));
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
            var id = locked(study).id;
            for (var table : List.of("params", "values", "intermediate_values", "heartbeats", "user_attributes", "system_attributes"))
                rows().run("DELETE FROM trial_" + table + " WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)", id);
            for (var table : List.of("trials", "study_directions", "study_user_attributes", "study_system_attributes", "studies"))
                rows().run("DELETE FROM " + table + " WHERE study_id = ?", id);
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
            database.close();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return database.toString();
    }

    // A trial that runs and is changed by nobody else is not read again: its row is locked and asked for its state.
    private Cached held(String study, int number, List<? extends Event> events) throws SQLException {
        var known = cache.get(study);
        if (database.locksAll() || known == null || number >= known.ids.size() || known.ledger.view(number).state() != TrialState.RUNNING
                || events.stream().anyMatch(event -> event instanceof Event.Param(var name, var _, var _) && !known.ledger.knows(name))) return locked(study, number);
        var state = rows().value("SELECT state FROM trials WHERE trial_id = ? FOR UPDATE", known.ids.get(number));
        if (!"RUNNING".equals(String.valueOf(state))) return locked(study, number);
        // What others added while it ran is read while it still may be: it is never read again once it is finished.
        if (events.stream().anyMatch(event -> event instanceof Event.End)) {
            var id = known.ids.get(number);
            known.put(id, rows().trials(known.id, Integer.MAX_VALUE, List.of(id), known.ledger.study().systemAttributes()).get(id));
        }
        return known;
    }

    private Cached locked(String study, int number) throws SQLException {
        var known = locked(study);
        if (database.locksAll() || number >= known.ids.size()) return known;
        rows().value("SELECT state FROM trials WHERE trial_id = ? FOR UPDATE", known.ids.get(number));
        seenVersion = database.version(rows());
        return cached(study);
    }

    /// The study as it stands in the database now, and as nobody else changes it before this transaction ends.
    private Cached locked(String study) throws SQLException {
        if (!database.locksAll()) {
            rows().value("SELECT study_id FROM studies WHERE study_name = ? FOR UPDATE", study);
            seenVersion = database.version(rows());
        }
        return cached(study);
    }

    private TrialView append(Cached known, int number, List<? extends Event> events, Instant now) throws SQLException {
        var plain = Ledger.plain(events);
        known.ledger.check(number, plain);
        var id = known.ids.get(number);
        rows().write(id, plain, now);
        for (var event : plain) if (event instanceof Event.Param(var name, var dist, var _)) noteScale(known, name, dist);
        return known.ledger.apply(number, plain, now);
    }

    private void noteScale(Cached known, String name, Dist dist) throws SQLException {
        if (SqlRows.unknownScale(dist) instanceof Scale scale) noteOnce(known, SqlRows.SCALE + name, scale.label());
    }

    private void noteOnce(Cached known, String key, @Nullable Object value) throws SQLException {
        if (known.ledger.study().systemAttributes().containsKey(key)) return;
        rows().note("system", known.id, key, value);
        ahead = true;
        known.ledger.note(key, Json.plain(value));
    }

    private List<String> studyNames() throws SQLException {
        var names = new ArrayList<String>();
        rows().each(row -> names.add(row.getString(1)), "SELECT study_name FROM studies ORDER BY study_id");
        return names;
    }

    /// The study as it stands in the database now.
    private Cached cached(String study) throws SQLException {
        var known = cache.get(study);
        if (known != null && known.version == seenVersion) return known;
        if (!(rows().value("SELECT study_id FROM studies WHERE study_name = ?", study) instanceof Number id)) {
            cache.remove(study);
            throw new Unknown(Storages.unknown(study, toString(), studyNames()));
        }
        var view = rows().study(id.longValue(), study);
        var count = (Number) rows().value("SELECT COUNT(*) FROM trials WHERE study_id = ?", id);
        if (known == null || known.id != id.longValue() || count == null || count.intValue() < known.ids.size()) known = new Cached(id.longValue(), view);
        else known.ledger.study(view);
        cache.put(study, known);
        for (var entry : rows().trials(known.id, known.lastId, known.openIds(), view.systemAttributes()).entrySet()) known.put(entry.getKey(), entry.getValue());
        known.version = seenVersion;
        return known;
    }

    private <T> T write(Work<T> work) {
        return transact(true, work);
    }

    private <T> T read(Work<T> work) {
        return transact(false, work);
    }

    private <T> T transact(boolean write, Work<T> work) {
        var began = System.nanoTime();    // who waits here while another tries in vain has waited too
        lock.lock();
        try {
            for (var tries = 0; ; tries++) {
                if (closed) throw new StorageException(this + " is closed.");
                try {
                    return once(write, work);
                } catch (SQLException e) {
                    cache.clear();
                    if (!database.retry(e, tries, began)) throw database.failure("used", e);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private <T> T once(boolean write, Work<T> work) throws SQLException {
        var rows = database.begin(write);
        open = rows;
        ahead = false;
        var done = false;
        try {
            seenVersion = database.version(rows);
            var result = work.run();
            database.commit(rows);
            done = true;
            return result;
        } finally {
            open = null;
            if (!done) database.rollback(rows);
            if (!done && ahead) cache.clear();    // it has what the database has not
        }
    }

    // The rows of the transaction that runs.
    private SqlRows rows() {
        return Objects.requireNonNull(open);
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
