package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;

/// Stops a trial whose last report lies outside two bounds or is NaN; the rules are Optuna's.
///
/// ```java
/// Pruner diverged = ThresholdPruner.above(1e3).withWarmupSteps(1);
/// assert diverged.judge(new History(List.of(), List.of(Direction.MINIMIZE)), TrialView.running(0).withReport(1, 1e4)) == Verdict.STOP;
/// ```
///
/// @param lower         less than this is hopeless; minus infinity for no such bound
/// @param upper         more than this is hopeless; infinity for no such bound
/// @param warmupSteps   no trial is stopped before this step
/// @param intervalSteps a trial is judged once in so many steps, at its first report there
public record ThresholdPruner(double lower, double upper, int warmupSteps, int intervalSteps) implements Pruner {
    public ThresholdPruner {
        if (!(lower <= upper) || warmupSteps < 0 || intervalSteps < 1)
            throw new IllegalArgumentException("ThresholdPruner(from " + lower + " to " + upper + ", warm-up steps " + warmupSteps + ", interval " + intervalSteps
                    + "): the bounds must be in order, the warm-up 0 or more, the interval 1 or more.");
    }

    /// Less is hopeless.
    public static ThresholdPruner below(double lower) {
        return new ThresholdPruner(lower, Double.POSITIVE_INFINITY, 0, 1);
    }

    /// More is hopeless.
    public static ThresholdPruner above(double upper) {
        return new ThresholdPruner(Double.NEGATIVE_INFINITY, upper, 0, 1);
    }

    /// The same with a warm-up.
    public ThresholdPruner withWarmupSteps(int steps) {
        return new ThresholdPruner(lower, upper, steps, intervalSteps);
    }

    /// The same with another interval.
    public ThresholdPruner withIntervalSteps(int steps) {
        return new ThresholdPruner(lower, upper, warmupSteps, steps);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var last = running.lastStep();
        if (last.isEmpty() || !PercentilePruner.due(running, last.getAsInt(), warmupSteps, intervalSteps)) return Verdict.CONTINUE;
        double value = running.reports().get(last.getAsInt());
        return value >= lower && value <= upper ? Verdict.CONTINUE : Verdict.STOP;
    }

    @Override
    public boolean usesHistory() {
        return false;
    }
}
