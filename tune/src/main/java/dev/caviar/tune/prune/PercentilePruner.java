package dev.caviar.tune.prune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.Arrays;

/// Stops a trial whose best report so far is worse than a percentile of the complete trials' reports at the same step.
///
/// The rules are Optuna's: NaN reports of others are left out, between two reports the percentile is interpolated, and a trial all of whose
/// reports are NaN is stopped. See Golovin et al., "Google Vizier: A Service for Black-Box Optimization", KDD 2017, section 3.3.1 (there the
/// median, with running averages).
///
/// ```java
/// Pruner bestQuarter = PercentilePruner.of(25).withWarmupSteps(2);    // goes on with the best quarter only
/// ```
///
/// @param percentile    which part of the trials goes on, from 0 to 100
/// @param startupTrials no trial is stopped before so many are complete
/// @param warmupSteps   no trial is stopped before this step
/// @param intervalSteps a trial is judged once in so many steps, at its first report there
/// @param minTrials     no trial is stopped where fewer complete trials reported the same step
public record PercentilePruner(double percentile, int startupTrials, int warmupSteps, int intervalSteps, int minTrials) implements Pruner {
    public PercentilePruner {
        if (!(percentile >= 0 && percentile <= 100))
            throw new IllegalArgumentException("PercentilePruner(percentile " + percentile + "): it must lie between 0 and 100."
                    + "\nMaybe a share was meant: the better half is 50, not 0.5.");
        if (startupTrials < 0 || warmupSteps < 0 || intervalSteps < 1 || minTrials < 1)
            throw new IllegalArgumentException("PercentilePruner(startup trials " + startupTrials + ", warm-up steps " + warmupSteps + ", interval " + intervalSteps
                    + ", trials at least " + minTrials + "): the first two must be 0 or more, the others 1 or more.");
    }

    /// Optuna's settings: 5 startup trials, no warm-up, every step, 1 other trial is enough.
    public static PercentilePruner of(double percentile) {
        return new PercentilePruner(percentile, 5, 0, 1, 1);
    }

    /// The same with another number of startup trials.
    public PercentilePruner withStartupTrials(int trials) {
        return new PercentilePruner(percentile, trials, warmupSteps, intervalSteps, minTrials);
    }

    /// The same with a warm-up.
    public PercentilePruner withWarmupSteps(int steps) {
        return new PercentilePruner(percentile, startupTrials, steps, intervalSteps, minTrials);
    }

    /// The same with another interval.
    public PercentilePruner withIntervalSteps(int steps) {
        return new PercentilePruner(percentile, startupTrials, warmupSteps, steps, minTrials);
    }

    /// The same with another number of trials that must have reported the step.
    public PercentilePruner withMinTrials(int trials) {
        return new PercentilePruner(percentile, startupTrials, warmupSteps, intervalSteps, trials);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var complete = past.complete();
        var last = running.lastStep();
        if (complete.isEmpty() || complete.size() < startupTrials || last.isEmpty()) return Verdict.CONTINUE;
        var step = last.getAsInt();
        if (!due(running, step, warmupSteps, intervalSteps)) return Verdict.CONTINUE;
        var best = Double.NaN;
        for (var value : running.reports().values()) if (past.direction().better(value, best)) best = value;
        if (Double.isNaN(best)) return Verdict.STOP;
        var others = complete.stream().filter(trial -> trial.reports().containsKey(step)).mapToDouble(trial -> trial.reports().get(step)).toArray();
        if (others.length < minTrials) return Verdict.CONTINUE;
        var share = (past.direction() == Direction.MINIMIZE ? percentile : 100 - percentile) / 100;
        var bar = percentile(Arrays.stream(others).filter(value -> !Double.isNaN(value)).sorted().toArray(), share);
        return past.direction().better(bar, best) ? Verdict.STOP : Verdict.CONTINUE;
    }

    /// Whether the step lies after the warm-up and is the first that was reported in its interval.
    static boolean due(TrialView running, int step, int warmupSteps, int intervalSteps) {
        if (step < warmupSteps) return false;
        var start = (step - warmupSteps) / intervalSteps * intervalSteps + warmupSteps;
        return running.reports().keySet().stream().noneMatch(other -> other != step && other >= start);
    }

    private static double percentile(double[] sorted, double share) {
        if (sorted.length == 0) return Double.NaN;
        var place = share * (sorted.length - 1);
        var below = (int) Math.floor(place);
        double from = sorted[below], to = sorted[Math.min(below + 1, sorted.length - 1)], part = place - below;
        // From the nearer end, so that both ends are met exactly.
        return from == to ? from : part < 0.5 ? from + (to - from) * part : to - (to - from) * (1 - part);
    }
}
