package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import java.util.ArrayList;
import java.util.List;

/// Which share of the complete trials reached a value or better: the empirical distribution function, read from the good end.
final class Distribution {
    private Distribution() {}

    static Plot plot(Pictures of) {
        var maximal = of.history().direction() == Direction.MAXIMIZE;
        var values = of.history().complete().stream().mapToDouble(trial -> trial.value().orElse(Double.NaN)).filter(value -> !Double.isNaN(value)).sorted().toArray();
        var range = Range.useful(values, of.history().direction());
        var x = Axis.linear(of.metric(), Values.roomy(range, 0.04), 8, false);
        var y = Axis.linear("% of trials at least as good", new Range(0, 104), 5, false);
        var plot = new Plot("Distribution of " + of.metric() + (values.length == 0 ? "" : " over " + values.length + (values.length == 1 ? " trial" : " trials")), x, y);
        if (values.length == 0) {
            plot.say("No trial has ended with a value.");
            return plot;
        }
        var steps = new ArrayList<double[]>();
        double good = maximal ? x.range().high() : x.range().low(), bad = maximal ? x.range().low() : x.range().high();
        steps.add(new double[] {good, 0});
        for (var i = 0; i < values.length; i++) {
            var at = values[maximal ? values.length - 1 - i : i] / x.step();
            if (!x.range().contains(at)) break;     // a few runs that diverged
            steps.add(new double[] {at, 100.0 * i / values.length / y.step()});
            steps.add(new double[] {at, 100.0 * (i + 1) / values.length / y.step()});
        }
        steps.add(new double[] {bad, steps.getLast()[1]});
        var below = new ArrayList<>(steps);
        below.add(new double[] {bad, 0});
        plot.area(Look.pale(Look.TRIAL, 0.1), below);
        plot.line(Look.TRIAL, Look.FIRM, steps);
        for (var share : List.of(10, 50)) quantile(plot, values, maximal, share);
        of.history().best().filter(best -> Range.drawable(best.value().orElse(Double.NaN))).ifPresent(best ->
                plot.points(new Plot.Key(Values.best(best), Mark.STAR, Look.BEST, null), List.of(new double[] {best.value().orElseThrow() / x.step(), 100.0 / values.length / y.step()})));
        return plot;
    }

    // What the best so many percent reach.
    private static void quantile(Plot plot, double[] values, boolean maximal, int share) {
        var place = Math.max(0, (int) Math.ceil(share / 100.0 * values.length) - 1);
        var value = values[maximal ? values.length - 1 - place : place];
        if (values.length < 10 || !plot.x.range().contains(value / plot.x.step())) return;
        var key = new Plot.Key(share == 50 ? "median: " + Wording.result(value) : "the best tenth: " + Wording.result(value) + " or better", Mark.DIAMOND, share == 50 ? Look.MIDDLE : Look.TRIAL, null);
        plot.points(key, List.of(new double[] {value / plot.x.step(), share / plot.y.step()}));
    }
}
