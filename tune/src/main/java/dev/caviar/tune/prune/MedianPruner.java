package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;

/// Stops a trial whose best report so far is worse than the median of the complete trials' reports at the same step.
///
/// The [PercentilePruner] of 50, with its rules.
///
/// ```java
/// Pruner pruner = MedianPruner.of().withStartupTrials(10).withWarmupSteps(2);
/// ```
///
/// @param startupTrials no trial is stopped before so many are complete
/// @param warmupSteps   no trial is stopped before this step
/// @param intervalSteps a trial is judged once in so many steps, at its first report there
/// @param minTrials     no trial is stopped where fewer complete trials reported the same step
public record MedianPruner(int startupTrials, int warmupSteps, int intervalSteps, int minTrials) implements Pruner {
    public MedianPruner {
        if (startupTrials < 0 || warmupSteps < 0 || intervalSteps < 1 || minTrials < 1)
            throw new IllegalArgumentException("MedianPruner(startup trials " + startupTrials + ", warm-up steps " + warmupSteps + ", interval " + intervalSteps
                    + ", trials at least " + minTrials + "): the first two must be 0 or more, the others 1 or more.");
    }

    /// Optuna's settings: 5 startup trials, no warm-up, every step, 1 other trial is enough.
    public static MedianPruner of() {
        return new MedianPruner(5, 0, 1, 1);
    }

    /// The same with another number of startup trials.
    public MedianPruner withStartupTrials(int trials) {
        return new MedianPruner(trials, warmupSteps, intervalSteps, minTrials);
    }

    /// The same with a warm-up.
    public MedianPruner withWarmupSteps(int steps) {
        return new MedianPruner(startupTrials, steps, intervalSteps, minTrials);
    }

    /// The same with another interval.
    public MedianPruner withIntervalSteps(int steps) {
        return new MedianPruner(startupTrials, warmupSteps, steps, minTrials);
    }

    /// The same with another number of trials that must have reported the step.
    public MedianPruner withMinTrials(int trials) {
        return new MedianPruner(startupTrials, warmupSteps, intervalSteps, trials);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        return new PercentilePruner(50, startupTrials, warmupSteps, intervalSteps, minTrials).judge(past, running);
    }
}
