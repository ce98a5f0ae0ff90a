package dev.caviar.tune;

import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whose turn it is: a new slot, one whose trial was cut off, or a trial that waits.
record Turn(int slot, int order, @Nullable TrialView again, @Nullable TrialView waiting) {
    // Optuna's names for what it notes when it runs a failed trial again.
    private static final String FIRST_TRY = "failed_trial";
    private static final String TRIES = "retry_history";

    /// Those cut off come first, then those that wait, then new ones.
    static Turn next(Tally tally) {
        if (!tally.cutOff().isEmpty()) return new Turn(tally.cutOff().getFirst().slot(), tally.cutOff().getFirst().order(), tally.cutOff().getFirst(), null);
        for (var trial : tally.open()) if (trial.state() == TrialState.WAITING) return new Turn(trial.slot(), trial.slot(), null, trial);
        return new Turn(tally.nextSlot(), tally.nextSlot() - tally.given(), null, null);
    }

    @Nullable Integer waitingNumber() {
        return waiting == null ? null : waiting.number();
    }

    /// The values that are decided before anybody proposes one; those of the study give way.
    Map<String, @Nullable Object> fixed(Map<String, @Nullable Object> study) {
        var fixed = new LinkedHashMap<>(study);
        if (waiting != null) fixed.putAll(waiting.fixed());
        if (waiting != null) fixed.putAll(waiting.params());    // Optuna queues a trial that failed with all it had
        if (again != null) fixed.putAll(again.fixed());
        if (again != null) fixed.putAll(again.params());
        return fixed;
    }

    /// The trial that is queued in the place of one of another program that ended, as Optuna's `RetryFailedTrialCallback` does it; nothing where that was
    /// done as often as is allowed.
    static Optional<TrialView> retry(TrialView ended, int limit) {
        var tries = tries(ended);
        if (tries.size() > limit) return Optional.empty();
        var notes = new LinkedHashMap<>(ended.systemAttributes());
        notes.keySet().removeIf(key -> key.startsWith("caviar:"));
        notes.putIfAbsent(FIRST_TRY, ended.number());
        notes.put(TRIES, tries);
        return Optional.of(new TrialView(0, TrialState.WAITING, ended.params(), ended.space(), Map.of(), List.of(), ended.attributes(), notes, null, null));
    }

    private static List<@Nullable Object> tries(TrialView ended) {
        var tries = new ArrayList<@Nullable Object>(ended.systemAttributes().get(TRIES) instanceof List<?> before ? before : List.of());
        tries.add(ended.number());
        return tries;
    }

    /// What is noted about the trial that begins.
    List<Event> events(int number, Owner owner) {
        var events = new ArrayList<Event>();
        events.add(new Event.SystemAttribute(TrialView.OWNER, owner.json(number)));
        if (slot != number) events.add(new Event.SystemAttribute(TrialView.SLOT, slot));
        if (order != slot) events.add(new Event.SystemAttribute(TrialView.ORDER, order));
        if (again == null) return events;
        events.add(new Event.SystemAttribute(TrialView.RETRY_OF, again.number()));
        if (!again.fixed().isEmpty()) events.add(new Event.SystemAttribute(TrialView.FIXED, again.fixed()));
        var attempts = again.attempts() + (again.error() == null ? 0 : 1);
        if (attempts > 0) events.add(new Event.SystemAttribute(TrialView.ATTEMPTS, attempts));
        var tries = tries(again);
        events.add(new Event.SystemAttribute(FIRST_TRY, tries.getFirst()));
        events.add(new Event.SystemAttribute(TRIES, tries));
        return events;
    }
}
