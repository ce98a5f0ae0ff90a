package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.Arrays;

/// Stops a trial whose best report so far is worse than the median of the complete trials' reports at the same step.
///
/// The rules are Optuna's: NaN reports of others are left out, and a trial all of whose reports are NaN is stopped. See Golovin et al.,
/// "Google Vizier: A Service for Black-Box Optimization", KDD 2017, section 3.3.1 (there with running averages).
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
        var complete = past.complete();
        var last = running.lastStep();
        if (complete.isEmpty() || complete.size() < startupTrials || last.isEmpty()) return Verdict.CONTINUE;
        var step = last.getAsInt();
        if (step < warmupSteps || !firstInInterval(step, running)) return Verdict.CONTINUE;
        var best = Double.NaN;
        for (var value : running.reports().values()) if (past.direction().better(value, best)) best = value;
        if (Double.isNaN(best)) return Verdict.STOP;
        var others = complete.stream().filter(trial -> trial.reports().containsKey(step)).mapToDouble(trial -> trial.reports().get(step)).toArray();
        if (others.length < minTrials) return Verdict.CONTINUE;
        var median = median(Arrays.stream(others).filter(value -> !Double.isNaN(value)).sorted().toArray());
        return past.direction().better(median, best) ? Verdict.STOP : Verdict.CONTINUE;
    }

    private boolean firstInInterval(int step, TrialView running) {
        var start = (step - warmupSteps) / intervalSteps * intervalSteps + warmupSteps;
        return running.reports().keySet().stream().noneMatch(other -> other != step && other >= start);
    }

    private static double median(double[] sorted) {
        if (sorted.length == 0) return Double.NaN;
        double below = sorted[(sorted.length - 1) / 2], above = sorted[sorted.length / 2];
        return below / 2 + above / 2;
    }
}
