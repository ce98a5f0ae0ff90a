package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Keeps studies in this process; they are gone when it ends.
///
/// Attributes pass through their JSON form, so that nothing works here which a database would refuse.
///
/// ```java
/// try (var storage = new MemoryStorage()) {
///     storage.create("quick", List.of(Direction.MINIMIZE), Map.of());
///     assert storage.names().equals(List.of("quick"));
/// }
/// ```
public final class MemoryStorage implements Storage {
    private final Map<String, Ledger> studies = new LinkedHashMap<>();

    /// An empty storage.
    public MemoryStorage() {}

    @Override
    public synchronized StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes) {
        if (studies.containsKey(study)) throw new StorageException("Study \"" + study + "\" already exists in " + this + ".");
        var ledger = new Ledger(new StudyView(study, directions, Map.of(), Map.of()));
        systemAttributes.forEach((key, value) -> ledger.note(key, plain(value)));
        studies.put(study, ledger);
        return ledger.study();
    }

    @Override
    public synchronized Optional<StudyView> find(String study) {
        return Optional.ofNullable(studies.get(study)).map(Ledger::study);
    }

    @Override
    public synchronized List<String> names() {
        return List.copyOf(studies.keySet());
    }

    @Override
    public synchronized @Nullable Object noteOnce(String study, String key, @Nullable Object value) {
        var ledger = ledger(study);
        if (!ledger.study().systemAttributes().containsKey(key)) ledger.note(key, plain(value));
        return ledger.study().systemAttributes().get(key);
    }

    @Override
    public synchronized void note(String study, String key, @Nullable Object value) {
        ledger(study).noteUser(key, plain(value));
    }

    @Override
    public synchronized void noteSystem(String study, String key, @Nullable Object value) {
        ledger(study).note(key, plain(value));
    }

    @Override
    public synchronized Optional<TrialView> start(String study, Admission admission) {
        var ledger = ledger(study);
        return admission.admit(ledger.tally()).filter(begin -> begin.waiting() == null || ledger.waits(begin.waiting())).map(begin -> {
            ledger.check(begin.events());
            var now = now();
            var begun = ledger.begun(begin, now);
            ledger.put(begun);
            return apply(ledger, begun.number(), begin.events(), now);
        });
    }

    @Override
    public synchronized TrialView add(String study, TrialView trial) {
        var ledger = ledger(study);
        var added = ledger.added(trial);
        ledger.put(added);
        return added;
    }

    @Override
    public synchronized TrialView append(String study, int number, List<? extends Event> events) {
        return apply(ledger(study), number, events, now());
    }

    @Override
    public synchronized Tally tally(String study) {
        return ledger(study).tally();
    }

    @Override
    public synchronized List<TrialView> trials(String study) {
        return ledger(study).views();
    }

    @Override
    public synchronized void delete(String study) {
        ledger(study);
        studies.remove(study);
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "memory";
    }

    private static TrialView apply(Ledger ledger, int number, List<? extends Event> events, Instant now) {
        var plain = Ledger.plain(events);
        ledger.check(number, plain);
        return ledger.apply(number, plain, now);
    }

    private Ledger ledger(String study) {
        var ledger = studies.get(study);
        if (ledger == null) throw Storages.unknown(study, toString(), names());
        return ledger;
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return Json.plain(value);
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }
}
