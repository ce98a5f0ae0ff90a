package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.json.JsonException;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Scale;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What the lines of a journal come to, by Optuna's rules: studies and trials are numbered by the order of their lines, and a line that cannot be
/// obeyed, such as one about a finished trial, counts for nothing.
final class JournalReplay {
    static final int CREATE_STUDY = 0;
    static final int DELETE_STUDY = 1;
    static final int STUDY_USER = 2;
    static final int STUDY_SYSTEM = 3;
    static final int CREATE_TRIAL = 4;
    static final int PARAM = 5;
    static final int STATE = 6;
    static final int REPORT = 7;
    static final int TRIAL_USER = 8;
    static final int TRIAL_SYSTEM = 9;
    static final int DISCARD = 10;
    private static final List<TrialState> STATES = List.of(TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.WAITING);

    private final Map<Long, Entry> studies = new LinkedHashMap<>();
    private final List<Place> trials = new ArrayList<>();
    private final Map<String, Dist> dists = new HashMap<>();
    private long nextStudy;
    private long line;

    /// A study and the ids of its trials by number.
    record Entry(long id, Ledger ledger, List<Long> ids) {}

    private record Place(long study, int number) {}

    static long code(TrialState state) {
        return STATES.indexOf(state);
    }

    static long code(Direction direction) {
        return direction == Direction.MINIMIZE ? 1 : 2;
    }

    @Nullable Entry study(String name) {
        for (var entry : studies.values()) if (entry.ledger().study().name().equals(name)) return entry;
        return null;
    }

    /// The id of the study that is created next.
    long nextStudy() {
        return nextStudy;
    }

    List<String> names() {
        return studies.values().stream().map(entry -> entry.ledger().study().name()).toList();
    }

    /// Throws [StorageException] where the text is no line of a journal.
    void apply(String text) {
        line++;
        try {
            if (!(Json.read(text) instanceof Map<?, ?> map) || !(map.get("op_code") instanceof Long code)) throw new JsonException("there is no op_code");
            apply(code.intValue(), new Line(map));
        } catch (ClassCastException | NullPointerException | IllegalArgumentException | DateTimeParseException | IndexOutOfBoundsException e) {
            throw new StorageException("line " + line + " is none of Optuna's journal format: " + e.getMessage(), e);
        }
    }

    /// A line of our own, which was just written.
    void apply(Map<String, @Nullable Object> fields) {
        line++;
        if (Json.plain(fields) instanceof Map<?, ?> map && map.get("op_code") instanceof Long code) apply(code.intValue(), new Line(map));
    }

    /// One line of our own, which was just written, put this trial there.
    void added(Entry entry, TrialView trial) {
        line++;
        put(entry, trial);
    }

    /// So many lines of our own, which were just written, noted these events.
    void appended(Entry entry, int number, List<Event> events, Instant now, int lines) {
        line += lines;
        entry.ledger().apply(number, events, now);
    }

    private void apply(int code, Line line) {
        switch (code) {
            case CREATE_STUDY -> createStudy(line);
            case DELETE_STUDY -> studies.remove(line.whole("study_id"));
            case STUDY_USER -> note(line, "user_attr", false);
            case STUDY_SYSTEM -> note(line, "system_attr", true);
            case CREATE_TRIAL -> createTrial(line);
            case PARAM -> param(line);
            case STATE -> state(line);
            case REPORT -> change(line, new Event.Report((int) line.whole("step"), line.number("intermediate_value")));
            case TRIAL_USER -> line.map("user_attr").forEach((key, value) -> change(line, new Event.Attribute(key, value)));
            case TRIAL_SYSTEM -> line.map("system_attr").forEach((key, value) -> change(line, new Event.SystemAttribute(key, value)));
            case DISCARD -> { }    // another program's; Optuna passes over it too
            default -> throw new JsonException("there is no op_code " + code + "; maybe a newer version of Optuna wrote it");
        }
    }

    private void createStudy(Line line) {
        var name = line.text("study_name");
        if (study(name) != null) return;
        var directions = line.list("directions").stream().map(code -> ((Number) code).intValue() == 2 ? Direction.MAXIMIZE : Direction.MINIMIZE).toList();
        var id = nextStudy++;
        studies.put(id, new Entry(id, new Ledger(new StudyView(name, directions, Map.of(), Map.of())), new ArrayList<>()));
    }

    private void note(Line line, String field, boolean system) {
        var entry = studies.get(line.whole("study_id"));
        if (entry == null) return;
        line.map(field).forEach((key, value) -> {
            if (system) entry.ledger().note(key, value);
            else entry.ledger().noteUser(key, value);
        });
    }

    private void createTrial(Line line) {
        var entry = studies.get(line.whole("study_id"));
        if (entry == null) return;
        var space = new LinkedHashMap<String, Dist>();
        var params = new LinkedHashMap<String, @Nullable Object>();
        line.map("distributions").forEach((name, text) -> space.put(name, dist(entry, name, (String) text)));
        line.map("params").forEach((name, value) -> params.put(name, OptunaDistribution.external(space.get(name), ((Number) value).doubleValue())));
        var reports = new LinkedHashMap<Integer, Double>();
        line.map("intermediate_values").forEach((step, value) -> reports.put(Integer.valueOf(step), ((Number) value).doubleValue()));
        var state = line.has("state") ? STATES.get((int) line.whole("state")) : TrialState.RUNNING;
        var values = new ArrayList<Double>();
        if (line.has("value")) values.add(line.number("value"));
        for (var value : line.list("values")) values.add(((Number) value).doubleValue());
        var number = entry.ledger().size();
        put(entry, new TrialView(number, state, params, space, reports, values, line.map("user_attrs"), line.map("system_attrs"),
                line.time("datetime_start"), line.time("datetime_complete")));
    }

    private void put(Entry entry, TrialView trial) {
        entry.ledger().put(trial);
        entry.ids().add((long) trials.size());
        trials.add(new Place(entry.id(), trial.number()));
    }

    private void param(Line line) {
        var entry = entry(line);
        if (entry == null) return;
        var name = line.text("param_name");
        var dist = dist(entry, name, line.text("distribution"));
        change(line, new Event.Param(name, dist, OptunaDistribution.external(dist, line.number("param_value_internal"))));
    }

    private void state(Line line) {
        var entry = entry(line);
        if (entry == null) return;
        var state = STATES.get((int) line.whole("state"));
        var number = number(line);
        if (state.finished()) {
            var values = line.list("values").stream().map(value -> ((Number) value).doubleValue()).toList();
            var time = line.time("datetime_complete");
            change(line, new Event.End(state, values), time == null ? Instant.EPOCH : time);
        } else if (state == TrialState.RUNNING && entry.ledger().waits(number)) {
            var time = line.time("datetime_start");
            entry.ledger().put(entry.ledger().begun(new Storage.Begin(number, List.of()), time == null ? Instant.EPOCH : time));
        }
    }

    private void change(Line line, Event event) {
        change(line, event, Instant.EPOCH);
    }

    private void change(Line line, Event event, Instant time) {
        var entry = entry(line);
        if (entry == null) return;
        try {
            entry.ledger().check(number(line), List.of(event));
        } catch (StorageException | IllegalArgumentException e) {
            return;    // too late, or of another kind than before: Optuna passes over it too
        }
        entry.ledger().apply(number(line), List.of(event), time);
    }

    private @Nullable Entry entry(Line line) {
        var id = line.whole("trial_id");
        return id < 0 || id >= trials.size() ? null : studies.get(trials.get((int) id).study());
    }

    private int number(Line line) {
        return trials.get((int) line.whole("trial_id")).number();
    }

    // The same few texts come again and again.
    private Dist dist(Entry entry, String name, String text) {
        var scale = scale(entry, name);
        return dists.computeIfAbsent(scale == null ? text : scale + text, _ -> OptunaDistribution.read(text, scale));
    }

    private static @Nullable Scale scale(Entry entry, String name) {
        return entry.ledger().study().systemAttributes().get(SqlRows.SCALE + name) instanceof String label ? Scale.named(label) : null;
    }

    /// The fields of one line.
    private record Line(Map<?, ?> fields) {
        boolean has(String name) {
            return fields.get(name) != null;
        }

        long whole(String name) {
            return ((Number) fields.get(name)).longValue();
        }

        double number(String name) {
            return ((Number) fields.get(name)).doubleValue();
        }

        String text(String name) {
            return Objects.requireNonNull((String) fields.get(name), name);
        }

        List<?> list(String name) {
            return fields.get(name) instanceof List<?> list ? list : List.of();
        }

        Map<String, @Nullable Object> map(String name) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            if (fields.get(name) instanceof Map<?, ?> found) found.forEach((key, value) -> map.put(String.valueOf(key), value));
            return map;
        }

        // Optuna 5 writes the zone, and 4 the writer's local time without one.
        @Nullable Instant time(String name) {
            if (!has(name)) return null;
            var text = text(name);
            var sign = text.charAt(Math.max(0, text.length() - 6));
            var zoned = text.endsWith("Z") || sign == '+' || sign == '-';
            var time = zoned ? OffsetDateTime.parse(text).toInstant() : LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant();
            return time.truncatedTo(ChronoUnit.MICROS);
        }
    }
}
