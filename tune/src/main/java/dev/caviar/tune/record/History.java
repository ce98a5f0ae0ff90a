package dev.caviar.tune.record;

import java.util.List;
import java.util.Optional;

/// All that an algorithm sees: finished trials in the order of the search, what is good, and what is being tried.
///
/// ```java
/// var past = new History(List.of(TrialView.running(0).ended(TrialState.COMPLETE, 0.5)), List.of(Direction.MAXIMIZE));
/// assert past.best().orElseThrow().number() == 0;
/// ```
///
/// @param trials     finished trials, cut-off ones left out, by slot
/// @param directions one per value of the objective
/// @param pending    settings that were proposed and whose worth is not known to this trial, by slot; nothing but their slots and settings is
///                   told, so that it does not matter how far they are
public record History(List<TrialView> trials, List<Direction> directions, List<TrialView> pending) {
    public History {
        trials = List.copyOf(trials);
        directions = List.copyOf(directions);
        pending = List.copyOf(pending);
    }

    /// Nothing is being tried.
    public History(List<TrialView> trials, List<Direction> directions) {
        this(trials, directions, List.of());
    }

    /// The first direction.
    public Direction direction() {
        return directions.getFirst();
    }

    /// The trials that ended with a value.
    public List<TrialView> complete() {
        return trials.stream().filter(trial -> trial.state() == TrialState.COMPLETE).toList();
    }

    /// The complete trial with the best value; the earliest of equal ones.
    public Optional<TrialView> best() {
        return TrialView.ranked(trials, direction()).stream().findFirst();
    }
}
