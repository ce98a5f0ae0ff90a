package dev.caviar.lab.plot;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;

/// The values of all trials in the order of the search, and the best one so far.
final class Progress {
    private Progress() {}

    static Plot plot(Pictures of) {
        var values = Values.of(of.history(), of.metric());
        var last = of.history().trials().stream().mapToInt(TrialView::slot).max().orElse(1);
        var x = Axis.linear("trial", new Range(0, Math.max(1, last)).padded(0.04, 0.04), 5, true);
        var plot = new Plot("Progress of the search", x, values.y());
        var steps = new ArrayList<double[]>();
        var best = Double.NaN;
        for (var trial : of.history().trials()) {
            if (trial.state() != TrialState.COMPLETE || !of.history().direction().better(trial.value().orElse(Double.NaN), best)) continue;
            if (!steps.isEmpty()) steps.add(new double[] {trial.slot() / x.step(), best / values.y().step()});
            best = trial.value().orElseThrow();
            steps.add(new double[] {trial.slot() / x.step(), best / values.y().step()});
        }
        if (!steps.isEmpty()) steps.add(new double[] {last / x.step(), best / values.y().step()});
        plot.line(Look.BEST, Look.THIN, steps);
        values.draw(plot, trial -> trial.slot() / x.step());
        if (!steps.isEmpty()) plot.explain(new Plot.Key("best so far", Mark.NONE, Look.BEST, Look.THIN));
        values.drawBest(plot, trial -> trial.slot() / x.step());
        return plot;
    }
}
