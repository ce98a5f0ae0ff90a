package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Scale;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Keeps studies in a file to which lines of JSON are only ever added, in the format of Optuna's `JournalStorage` over a `JournalFileBackend`.
///
/// It needs no database and works on network drives. One process writes at a time, under Optuna's own lock. What belongs together is written at
/// once; a last line that was cut off by the end of a process counts for nothing, and is taken away by the next writer.
///
/// ```java
/// var folder = Files.createTempDirectory("runs");
/// try (var storage = JournalStorage.open(folder.resolve("caviar.log"), false)) {
///     storage.create("mnist", List.of(Direction.MAXIMIZE), Map.of());
/// }
/// ```
public final class JournalStorage implements Storage {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);
    private static final int PIECE = 1 << 20;

    private final Path file;
    private final RandomAccessFile bytes;
    private final boolean full;
    private final JournalLock lock;
    private final String worker = UUID.randomUUID() + "-0";
    private final Map<Dist, String> texts = new HashMap<>();
    private JournalReplay replay = new JournalReplay();
    private long whole;
    private boolean closed;

    private JournalStorage(Path file, RandomAccessFile bytes, boolean full) {
        this.file = file;
        this.bytes = bytes;
        this.full = full;
        this.lock = new JournalLock(file, JournalLock.GRACE_SECONDS);
    }

    /// Opens a journal, making file and folder where they are missing. `full` waits at every call until the disk has it. Throws
    /// [StorageException] where the file is read-only or no journal.
    public static JournalStorage open(Path file, boolean full) {
        try {
            var folder = file.toAbsolutePath().getParent();
            if (folder != null) Files.createDirectories(folder);
            if (Files.isDirectory(file)) throw new StorageException(file + " is a folder, not a journal.\nMaybe add a file name to it.");
            var bytes = new RandomAccessFile(file.toFile(), "rw");    // not a channel: an interrupt would close it
            var storage = new JournalStorage(file, bytes, full);
            try {
                storage.sync();
            } catch (StorageException e) {
                bytes.close();
                throw e;
            }
            return storage;
        } catch (IOException e) {
            throw new StorageException("The journal " + file + " cannot be opened: " + e + "\nMaybe you may not write there, or a file is in the way.", e);
        }
    }

    @Override
    public synchronized StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes) {
        return write(lines -> {
            if (replay.study(study) != null) throw new StorageException("Study \"" + study + "\" already exists in " + this + ".");
            var id = replay.nextStudy();
            lines.add(JournalReplay.CREATE_STUDY, "study_name", study, "directions", directions.stream().map(JournalReplay::code).toList());
            systemAttributes.forEach((key, value) -> noteLine(lines, id, true, key, value));
            return () -> entry(study).ledger().study();
        });
    }

    @Override
    public synchronized Optional<StudyView> find(String study) {
        sync();
        return Optional.ofNullable(replay.study(study)).map(entry -> entry.ledger().study());
    }

    @Override
    public synchronized List<String> names() {
        sync();
        return replay.names();
    }

    @Override
    public synchronized @Nullable Object noteOnce(String study, String key, @Nullable Object value) {
        return write(lines -> {
            var entry = entry(study);
            if (!entry.ledger().study().systemAttributes().containsKey(key)) noteLine(lines, entry.id(), true, key, value);
            return () -> Optional.ofNullable(entry.ledger().study().systemAttributes().get(key));
        }).orElse(null);
    }

    @Override
    public synchronized void note(String study, String key, @Nullable Object value) {
        write(lines -> {
            noteLine(lines, entry(study).id(), false, key, value);
            return () -> true;
        });
    }

    @Override
    public synchronized void noteSystem(String study, String key, @Nullable Object value) {
        write(lines -> {
            noteLine(lines, entry(study).id(), true, key, value);
            return () -> true;
        });
    }

    @Override
    public synchronized Optional<TrialView> start(String study, Admission admission) {
        return write(lines -> {
            var entry = entry(study);
            var ledger = entry.ledger();
            var begin = admission.admit(ledger.tally()).orElse(null);
            if (begin == null || begin.waiting() != null && !ledger.waits(begin.waiting())) return Optional::empty;
            var events = Ledger.plain(begin.events());
            ledger.check(events);
            var now = now();
            if (begin.waiting() == null) {
                // All that is known at once goes into the one line that begins it.
                var begun = Ledger.with(ledger.begun(begin, now), events, now);
                addLine(lines, entry, begun);
                var number = begun.number();
                return () -> Optional.of(ledger.view(number));
            }
            int number = begin.waiting();
            lines.add(JournalReplay.STATE, "trial_id", entry.ids().get(number), "state", JournalReplay.code(TrialState.RUNNING), "values", null,
                    "datetime_start", TIME.format(now));
            eventLines(lines, entry, number, events, now);
            return () -> Optional.of(ledger.view(number));
        });
    }

    @Override
    public synchronized TrialView add(String study, TrialView trial) {
        return write(lines -> {
            var entry = entry(study);
            var added = entry.ledger().added(trial);
            addLine(lines, entry, added);
            return () -> entry.ledger().view(added.number());
        });
    }

    @Override
    public synchronized TrialView append(String study, int number, List<? extends Event> events) {
        return write(lines -> {
            var entry = entry(study);
            var plain = Ledger.plain(events);
            entry.ledger().check(number, plain);
            eventLines(lines, entry, number, plain, now());
            return () -> entry.ledger().view(number);
        });
    }

    @Override
    public synchronized Tally tally(String study) {
        sync();
        return entry(study).ledger().tally();
    }

    @Override
    public synchronized List<TrialView> trials(String study) {
        sync();
        return entry(study).ledger().views();
    }

    @Override
    public synchronized long id(String study, int number) {
        sync();
        return entry(study).ids().get(number);
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(file.resolveSibling(file.getFileName() + ".artifacts"));
    }

    @Override
    public synchronized void delete(String study) {
        write(lines -> {
            lines.add(JournalReplay.DELETE_STUDY, "study_id", entry(study).id());
            return () -> true;
        });
    }

    @Override
    public synchronized void close() {
        try {
            closed = true;
            bytes.close();
        } catch (IOException e) {
            throw failure("closed", e);
        }
    }

    @Override
    public String toString() {
        return "journal:" + file;
    }

    private JournalReplay.Entry entry(String study) {
        var entry = replay.study(study);
        if (entry == null) throw Storages.unknown(study, toString(), replay.names());
        return entry;
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    private static void noteLine(Lines lines, long study, boolean system, String key, @Nullable Object value) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put(key, value);
        lines.add(system ? JournalReplay.STUDY_SYSTEM : JournalReplay.STUDY_USER, "study_id", study, system ? "system_attr" : "user_attr", map);
    }

    private static void scaleLine(Lines lines, JournalReplay.Entry entry, String name, Dist dist) {
        var key = SqlRows.SCALE + name;
        if (SqlRows.unknownScale(dist) instanceof Scale scale && !entry.ledger().study().systemAttributes().containsKey(key))
            noteLine(lines, entry.id(), true, key, scale.label());
    }

    private static void addLine(Lines lines, JournalReplay.Entry entry, TrialView trial) {
        var distributions = new LinkedHashMap<String, @Nullable Object>();
        var params = new LinkedHashMap<String, @Nullable Object>();
        trial.space().forEach((name, dist) -> {
            scaleLine(lines, entry, name, dist);
            distributions.put(name, lines.texts().computeIfAbsent(dist, OptunaDistribution::write));
            params.put(name, OptunaDistribution.internal(dist, trial.params().get(name)));
        });
        var fields = new ArrayList<@Nullable Object>(List.of("study_id", entry.id()));
        fields.addAll(Arrays.asList("datetime_start", trial.started() == null ? null : TIME.format(trial.started()), "state",
                JournalReplay.code(trial.state()), "value", trial.values().size() == 1 ? trial.values().getFirst() : null, "values",
                trial.values().size() > 1 ? trial.values() : null, "distributions", distributions, "params", params, "user_attrs", trial.attributes(),
                "system_attrs", trial.systemAttributes(), "intermediate_values", trial.reports()));
        if (trial.completed() != null) fields.addAll(List.of("datetime_complete", TIME.format(trial.completed())));
        lines.say(JournalReplay.CREATE_TRIAL, fields.toArray());
        lines.effects().add(replay -> replay.added(entry, trial));
    }

    private static void eventLines(Lines lines, JournalReplay.Entry entry, int number, List<Event> events, Instant now) {
        var said = 0;
        for (var event : events) said += eventLine(lines, entry, number, event, now);
        var count = said;
        lines.effects().add(replay -> replay.appended(entry, number, events, now, count));
    }

    // How many lines it took; those about the study count for themselves.
    private static int eventLine(Lines lines, JournalReplay.Entry entry, int number, Event event, Instant now) {
        var id = entry.ids().get(number);
        var known = entry.ledger().view(number);
        switch (event) {
            case Event.Param(var name, var dist, var value) -> {
                if (known.space().containsKey(name)) return 0;
                scaleLine(lines, entry, name, dist);
                lines.say(JournalReplay.PARAM, "trial_id", id, "param_name", name, "param_value_internal", OptunaDistribution.internal(dist, value),
                        "distribution", lines.texts().computeIfAbsent(dist, OptunaDistribution::write));
            }
            case Event.Report(var step, var value) -> {
                if (known.reports().containsKey(step)) return 0;
                lines.say(JournalReplay.REPORT, "trial_id", id, "step", step, "intermediate_value", value);
            }
            case Event.Attribute(var key, var value) -> lines.say(JournalReplay.TRIAL_USER, "trial_id", id, "user_attr", single(key, value));
            case Event.SystemAttribute(var key, var value) -> lines.say(JournalReplay.TRIAL_SYSTEM, "trial_id", id, "system_attr", single(key, value));
            case Event.End(var state, var values) -> lines.say(JournalReplay.STATE, "trial_id", id, "state", JournalReplay.code(state),
                    "values", values.isEmpty() ? null : values, "datetime_complete", TIME.format(now));
        }
        return 1;
    }

    private static Map<String, @Nullable Object> single(String key, @Nullable Object value) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put(key, value);
        return map;
    }

    // Under the lock nobody else writes: what is decided on all lines so far holds when ours are added.
    private <T> T write(Work<T> work) {
        if (closed) throw new StorageException(this + " is closed.");
        try (var _ = lock.acquire()) {
            sync();
            var lines = new Lines(worker, texts);
            var result = work.run(lines);
            if (lines.text().isEmpty()) return result.get();
            var text = lines.text().toString().getBytes(StandardCharsets.UTF_8);
            try {
                if (bytes.length() > whole) bytes.setLength(whole);    // a line that was cut off
                bytes.seek(whole);
                bytes.write(text);
                if (full) bytes.getFD().sync();
            } catch (IOException e) {
                undo();
                throw failure("written", e);
            }
            whole += text.length;
            for (var effect : lines.effects()) effect.accept(replay);
            return result.get();
        }
    }

    // The disk may have become full in the middle of a line.
    private void undo() {
        try {
            bytes.setLength(whole);
        } catch (IOException e) {
            System.getLogger(JournalStorage.class.getName()).log(System.Logger.Level.DEBUG, "{0} ends in half a line: {1}", file, e.getMessage());
        }
    }

    // Reads the lines that were added since; one that is not whole yet is left for later.
    private void sync() {
        if (closed) throw new StorageException(this + " is closed.");
        try {
            var size = bytes.length();
            if (size < whole) {    // it was emptied, or is another file now
                replay = new JournalReplay();
                whole = 0;
            }
            if (size == whole) return;
            var rest = new ByteArrayOutputStream();
            var piece = new byte[(int) Math.min(PIECE, size - whole)];
            bytes.seek(whole);
            for (var left = size - whole; left > 0; ) {
                var count = bytes.read(piece, 0, (int) Math.min(piece.length, left));
                if (count <= 0) break;
                left -= count;
                apply(piece, count, rest);
            }
        } catch (IOException e) {
            throw failure("read", e);
        } catch (StorageException e) {
            throw new StorageException("The journal " + file + " cannot be read: " + e.getMessage()
                    + "\nMaybe another file was meant, or this one is damaged: take the line out.", e);
        }
    }

    private void apply(byte[] piece, int count, ByteArrayOutputStream rest) {
        var start = 0;
        for (var i = 0; i < count; i++) {
            if (piece[i] != '\n') continue;
            rest.write(piece, start, i - start);
            whole += rest.size() + 1;
            if (rest.size() > 0) replay.apply(rest.toString(StandardCharsets.UTF_8));
            rest.reset();
            start = i + 1;
        }
        rest.write(piece, start, count - start);
    }

    private StorageException failure(String what, IOException e) {
        return new StorageException("The journal " + file + " cannot be " + what + ": " + e + ". All that was finished before is there."
                + "\nMaybe the disk is full or was taken away: mend that, then resume the study.", e);
    }

    /// Something decided under the lock; what it gives is asked for when its lines are there.
    private interface Work<T> {
        Supplier<T> run(Lines lines);
    }

    /// Lines to be added together, and what they do to what is known once they are there.
    private record Lines(String worker, Map<Dist, String> texts, List<Consumer<JournalReplay>> effects, StringBuilder text) {
        Lines(String worker, Map<Dist, String> texts) {
            this(worker, texts, new ArrayList<>(), new StringBuilder());
        }

        /// A line that does what it says.
        void add(int code, @Nullable Object... fields) {
            var line = say(code, fields);
            effects.add(replay -> replay.apply(line));
        }

        /// A line of which somebody else knows what it does.
        Map<String, @Nullable Object> say(int code, @Nullable Object... fields) {
            var line = new LinkedHashMap<String, @Nullable Object>();
            line.put("op_code", code);
            line.put("worker_id", worker);
            for (var i = 0; i < fields.length; i += 2) line.put(String.valueOf(fields[i]), fields[i + 1]);
            text.append(Json.write(line)).append('\n');
            return line;
        }
    }
}
