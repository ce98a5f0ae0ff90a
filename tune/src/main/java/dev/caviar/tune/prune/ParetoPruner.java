package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;

/// Stops a trial with several objectives that too many complete trials have left behind at the same step.
///
/// Reports of all objectives at the step ([TrialView#reports(int)]) are sorted into fronts that dominate one another; the trial is stopped where more
/// than a share of the others lies in fronts before its own. With one objective it compares the last reports. NaN is as bad as can be. Sorting by fronts is that of
/// Schmucker et al., "Multi-objective asynchronous successive halving", 2021, section 4.1.
///
/// ```java
/// Pruner pruner = ParetoPruner.of().withStartupTrials(10);
/// ```
///
/// @param percentile    stopped where more than this part of the others lies before, from 0 to 100
/// @param startupTrials no trial is stopped before so many are complete
/// @param warmupSteps   no trial is stopped before this step
/// @param minTrials     no trial is stopped where fewer complete trials reported the same step
public record ParetoPruner(double percentile, int startupTrials, int warmupSteps, int minTrials) implements Pruner {
    public ParetoPruner {
        if (!(percentile >= 0 && percentile <= 100) || startupTrials < 0 || warmupSteps < 0 || minTrials < 1)
            throw new IllegalArgumentException("ParetoPruner(percentile " + percentile + ", startup trials " + startupTrials + ", warm-up steps " + warmupSteps
                    + ", trials at least " + minTrials + "): the percentile must lie between 0 and 100, the next two be 0 or more, the last 1 or more.");
    }

    /// The better half goes on; 5 startup trials, no warm-up, 1 other trial is enough.
    public static ParetoPruner of() {
        return new ParetoPruner(50, 5, 0, 1);
    }

    /// The same with another part that goes on.
    public ParetoPruner withPercentile(double percentile) {
        return new ParetoPruner(percentile, startupTrials, warmupSteps, minTrials);
    }

    /// The same with another number of startup trials.
    public ParetoPruner withStartupTrials(int trials) {
        return new ParetoPruner(percentile, trials, warmupSteps, minTrials);
    }

    /// The same with a warm-up.
    public ParetoPruner withWarmupSteps(int steps) {
        return new ParetoPruner(percentile, startupTrials, steps, minTrials);
    }

    /// The same with another number of trials that must have reported the step.
    public ParetoPruner withMinTrials(int trials) {
        return new ParetoPruner(percentile, startupTrials, warmupSteps, trials);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var complete = past.complete();
        var last = running.lastStep();
        if (last.isEmpty() || last.getAsInt() < warmupSteps || complete.size() < startupTrials) return Verdict.CONTINUE;
        var step = last.getAsInt();
        var own = running.reports(step);
        if (own.size() != past.directions().size()) return Verdict.CONTINUE;
        var rows = new ArrayList<double[]>();
        for (var trial : complete) if (trial.reports(step).size() == own.size()) rows.add(Pareto.losses(trial.reports(step), past.directions()));
        if (rows.size() < minTrials) return Verdict.CONTINUE;
        rows.add(Pareto.losses(own, past.directions()));
        var ranks = Pareto.ranks(rows.toArray(double[][]::new));
        var before = 0;
        for (var rank : ranks) if (rank < ranks[ranks.length - 1]) before++;
        return before * 100.0 > percentile * (rows.size() - 1) ? Verdict.STOP : Verdict.CONTINUE;
    }
}
