package dev.caviar.lab.plot;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/// The trials of a search by how they ended, over an axis for their values. Below the values there is one lane for each kind of
/// trial that has none.
///
/// @param complete trials with a value that can be drawn
/// @param beyond   trials whose value lies beyond the axis
/// @param pruned   trials stopped as hopeless
/// @param failed   trials that failed, or ended with NaN
/// @param best     the best trial
/// @param y        the axis of values
record Values(List<TrialView> complete, List<TrialView> beyond, List<TrialView> pruned, List<TrialView> failed, Optional<TrialView> best, Axis y) {
    private static final double LANE = 0.05;
    private static final int MANY = 100;

    static Values of(History history, String metric) {
        var complete = new ArrayList<TrialView>();
        var beyond = new ArrayList<TrialView>();
        var pruned = new ArrayList<TrialView>();
        var failed = new ArrayList<TrialView>();
        var finite = history.complete().stream().mapToDouble(Values::value).filter(Range::drawable).toArray();
        var range = Range.useful(finite, history.direction());
        for (var trial : history.trials()) {
            if (trial.cutOff()) continue;
            switch (trial.state()) {
                case COMPLETE -> (Double.isNaN(value(trial)) ? failed : range.contains(value(trial)) ? complete : beyond).add(trial);
                case PRUNED -> pruned.add(trial);
                case FAIL -> failed.add(trial);
                case RUNNING, WAITING -> { }
            }
        }
        var lanes = (failed.isEmpty() ? 0 : 1) + (pruned.isEmpty() ? 0 : 1) + (beyond.isEmpty() ? 0 : 1);
        var shown = roomy(range, lanes == 0 ? 0.07 : 0.04 + LANE * (lanes + 1));
        return new Values(List.copyOf(complete), List.copyOf(beyond), List.copyOf(pruned), List.copyOf(failed),
                history.best().filter(trial -> Range.drawable(value(trial))), Axis.linear(metric, shown, 6, false));
    }

    /// A little more than the range; but a share that reaches 1 has no tick above 1.
    static Range roomy(Range range, double below) {
        var wide = range.padded(below, 0.08);
        var share = range.low() >= 0 && range.high() <= 1;
        return share ? new Range(wide.low(), Math.min(wide.high(), 1 + 0.03 * range.span())) : wide;
    }

    private static double value(TrialView trial) {
        return trial.value().orElse(Double.NaN);
    }

    /// Draws all trials at the places that `x` gives them; a trial at NaN is left out.
    void draw(Plot plot, ToDoubleFunction<TrialView> x) {
        plot.points(new Plot.Key("trial", complete.size() > MANY ? Mark.POINT : Mark.DOT, Look.TRIAL_POINT, null), places(complete, x, trial -> value(trial) / y.step()));
        var lane = y.range().low() + 0.6 * LANE * y.range().span();
        var next = LANE * y.range().span();
        if (!failed.isEmpty()) {
            var at = lane;
            plot.points(new Plot.Key("failed", Mark.CROSS, Look.FAILED, null), places(failed, x, _ -> at));
            lane += next;
        }
        if (!pruned.isEmpty()) {
            var at = lane;
            plot.points(new Plot.Key("pruned", Mark.PLUS, Look.PRUNED, null), places(pruned, x, _ -> at));
            lane += next;
        }
        var at = lane;
        var top = y.range().high() - 0.5 * next;
        plot.points(new Plot.Key("below this range", Mark.DOWN, Look.TRIAL_POINT, null),
                places(beyond.stream().filter(this::isBelow).toList(), x, _ -> at));
        plot.points(new Plot.Key("above this range", Mark.UP, Look.TRIAL_POINT, null),
                places(beyond.stream().filter(trial -> !isBelow(trial)).toList(), x, _ -> top));
    }

    /// Draws the best trial above all others.
    void drawBest(Plot plot, ToDoubleFunction<TrialView> x) {
        best.ifPresent(trial -> plot.points(new Plot.Key(best(trial), Mark.STAR, Look.BEST, null), places(List.of(trial), x, t -> value(t) / y.step())));
        if (complete.isEmpty() && beyond.isEmpty()) plot.say("No trial has ended with a value.");
    }

    /// Draws median and mean of each column that holds two values or more, those beyond the axis included.
    void drawMiddles(Plot plot, ToDoubleFunction<TrialView> column) {
        var columns = new TreeMap<Double, List<Double>>();
        for (var trial : Stream.concat(complete.stream(), beyond.stream()).toList()) {
            var x = column.applyAsDouble(trial);
            if (!Double.isNaN(x)) columns.computeIfAbsent(x, _ -> new ArrayList<>()).add(value(trial) / y.step());
        }
        var medians = new ArrayList<double[]>();
        var means = new ArrayList<double[]>();
        for (Map.Entry<Double, List<Double>> entry : columns.entrySet()) {
            var sorted = entry.getValue().stream().sorted(Comparator.naturalOrder()).toList();
            if (sorted.size() < 2) continue;
            var median = (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
            double x = entry.getKey(), half = 0.3 * plot.x.group();
            medians.add(new double[] {x - half, median});
            medians.add(new double[] {x + half, median});
            medians.add(new double[] {x + half, Double.NaN});
            var mean = sorted.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
            if (mean <= y.range().high() && mean >= y.range().low() + LANE * lanes() * y.range().span()) means.add(new double[] {x, mean});
        }
        if (medians.isEmpty()) return;
        plot.explain(new Plot.Key("median", Mark.NONE, Look.MIDDLE, Look.THIN));
        plot.line(Look.MIDDLE, Look.THIN, medians);
        plot.points(new Plot.Key("mean", Mark.DIAMOND, Look.MIDDLE, null), means);
    }

    /// What is written of the best trial.
    static String best(TrialView trial) {
        return "best: trial " + trial.number() + ", " + Wording.result(value(trial));
    }

    // Where means would be taken for trials of that kind.
    private int lanes() {
        return (failed.isEmpty() ? 0 : 1) + (pruned.isEmpty() ? 0 : 1) + (beyond.isEmpty() ? 0 : 1);
    }

    private boolean isBelow(TrialView trial) {
        return value(trial) / y.step() < y.range().low() + y.range().span() / 2;
    }

    private static List<double[]> places(List<TrialView> trials, ToDoubleFunction<TrialView> x, ToDoubleFunction<TrialView> y) {
        return trials.stream().map(trial -> new double[] {x.applyAsDouble(trial), y.applyAsDouble(trial)})
                .filter(place -> !Double.isNaN(place[0])).toList();
    }
}
