package dev.caviar.tune.prune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import org.jspecify.annotations.Nullable;

/// Lets another pruner stop a trial only when the trial has not become better for some reports; stops it by itself where there is no other.
///
/// The rule is that of Optuna's pruner of this name: the best of the last `patience + 1` reports is worse than the best of those before by more
/// than `minDelta`. NaN reports do not count.
///
/// ```java
/// Pruner pruner = PatientPruner.of(3).around(MedianPruner.of());
/// ```
///
/// @param wrapped  who is asked then; null to stop the trial
/// @param patience how many reports may pass without a better one, 0 or more
/// @param minDelta by how much worse they must be, 0 or more
public record PatientPruner(@Nullable Pruner wrapped, int patience, double minDelta) implements Pruner {
    public PatientPruner {
        if (patience < 0 || !(minDelta >= 0))
            throw new IllegalArgumentException("PatientPruner(patience " + patience + ", delta " + minDelta + "): both must be 0 or more.");
    }

    /// Stops a trial that has not become better in so many reports.
    public static PatientPruner of(int patience) {
        return new PatientPruner(null, patience, 0);
    }

    /// The same, asking another pruner then.
    public PatientPruner around(Pruner pruner) {
        return new PatientPruner(pruner, patience, minDelta);
    }

    /// The same with another difference that counts as worse.
    public PatientPruner withMinDelta(double delta) {
        return new PatientPruner(wrapped, patience, delta);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var steps = running.reports().keySet().stream().sorted().toList();
        if (steps.size() <= patience + 1) return Verdict.CONTINUE;
        var sign = past.direction() == Direction.MINIMIZE ? 1 : -1;
        var losses = steps.stream().mapToDouble(step -> sign * running.reports().get(step)).toArray();
        var turn = losses.length - patience - 1;
        if (!(least(losses, 0, turn) + minDelta < least(losses, turn, losses.length))) return Verdict.CONTINUE;
        return wrapped == null ? Verdict.STOP : wrapped.judge(past, running);
    }

    @Override
    public boolean usesHistory() {
        return wrapped != null && wrapped.usesHistory();
    }

    private static double least(double[] losses, int from, int to) {
        var least = Double.NaN;
        for (var i = from; i < to; i++) if (Double.isNaN(least) || losses[i] < least) least = losses[i];
        return least;
    }
}
