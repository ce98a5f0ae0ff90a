package dev.caviar.lab.plot;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The intermediate values of all trials by step: the best trial in front, failed ones dashed up to where they ended.
final class Curves {
    private static final int MANY = 60;

    private Curves() {}

    static Plot plot(Pictures of) {
        var trials = of.history().trials().stream().filter(trial -> !trial.cutOff() && !trial.reports().isEmpty()).toList();
        var all = trials.stream().flatMap(trial -> trial.reports().values().stream()).mapToDouble(Double::doubleValue).toArray();
        var y = Axis.linear(of.metric(), Values.roomy(Range.useful(all, of.history().direction()), 0.07), 7, false);
        var first = trials.stream().flatMap(trial -> trial.reports().keySet().stream()).mapToInt(Integer::intValue).min().orElse(0);
        var last = trials.stream().flatMap(trial -> trial.reports().keySet().stream()).mapToInt(Integer::intValue).max().orElse(1);
        var x = Axis.linear(of.step(), steps(first, last), 10, true);
        var plot = new Plot("Learning curves", x, y);
        var best = of.history().best().filter(trial -> !trial.reports().isEmpty());
        for (var state : List.of(TrialState.PRUNED, TrialState.FAIL, TrialState.COMPLETE))
            for (var trial : trials)
                if (kind(trial) == state && best.filter(b -> b.number() == trial.number()).isEmpty()) light(plot, trial, state, trials.size() > MANY);
        if (trials.stream().anyMatch(trial -> kind(trial) == TrialState.COMPLETE))
            plot.explain(new Plot.Key("trial", Mark.NONE, Look.TRIAL_LINE, Look.THIN));
        ends(plot, trials, TrialState.FAIL, new Plot.Key("failed", Mark.CROSS, Look.FAILED, Look.DASHED));
        ends(plot, trials, TrialState.PRUNED, new Plot.Key("pruned", Mark.PLUS, Look.PRUNED, Look.THIN));
        best.ifPresent(trial -> front(plot, trial));
        if (trials.isEmpty()) plot.say("No trial has reported a value.");
        return plot;
    }

    private static Range steps(int first, int last) {
        return first == last ? new Range(first - 1, last + 1) : new Range(first, last).padded(0.02, 0.03);
    }

    // A trial that ended with NaN shows as a failed one.
    private static TrialState kind(TrialView trial) {
        return trial.state() == TrialState.COMPLETE && Double.isNaN(trial.value().orElse(Double.NaN)) ? TrialState.FAIL : trial.state();
    }

    private static void light(Plot plot, TrialView trial, TrialState state, boolean many) {
        var places = places(plot, trial);
        var line = switch (state) {
            case PRUNED -> many ? Look.faint(Look.PRUNED) : Look.PRUNED_LINE;
            case FAIL -> many ? Look.faint(Look.FAILED) : Look.FAILED_LINE;
            default -> many ? Look.faint(Look.TRIAL) : Look.TRIAL_LINE;
        };
        if (places.size() > 1) plot.line(line, state == TrialState.FAIL ? Look.DASHED : many ? Look.HAIR : Look.THIN, places);
        else if (state == TrialState.COMPLETE) plot.points(new Plot.Key("trial", Mark.POINT, Look.TRIAL_LINE, null), places);
    }

    private static void front(Plot plot, TrialView trial) {
        var places = places(plot, trial);
        plot.line(Look.BEST, Look.BOLD, places);
        if (!places.isEmpty())
            plot.points(new Plot.Key(Values.best(trial), Mark.STAR, Look.BEST, Look.BOLD), List.of(peak(places, trial, plot)));
    }

    private static List<double[]> places(Plot plot, TrialView trial) {
        var places = new ArrayList<double[]>();
        finite(trial).forEach((step, value) -> places.add(new double[] {step / plot.x.step(), value / plot.y.step()}));
        return places;
    }

    // Where the best trial came nearest to its value: the epoch that counted.
    private static double[] peak(List<double[]> places, TrialView trial, Plot plot) {
        var value = trial.value().orElseThrow() / plot.y.step();
        var peak = places.getLast();
        for (var place : places.reversed()) if (Math.abs(place[1] - value) <= Math.abs(peak[1] - value)) peak = place;
        return peak;
    }

    private static void ends(Plot plot, List<TrialView> trials, TrialState state, Plot.Key key) {
        var places = new ArrayList<double[]>();
        for (var trial : trials) {
            var values = finite(trial);
            if (kind(trial) != state || values.isEmpty()) continue;
            var inside = plot.y.range().padded(-0.02, -0.02);
            places.add(new double[] {values.lastEntry().getKey() / plot.x.step(), inside.clamp(values.lastEntry().getValue() / plot.y.step())});
        }
        plot.points(key, places);
    }

    private static TreeMap<Integer, Double> finite(TrialView trial) {
        var values = new TreeMap<Integer, Double>();
        for (Map.Entry<Integer, Double> report : trial.reports().entrySet())
            if (Range.drawable(report.getValue())) values.put(report.getKey(), report.getValue());
        return values;
    }
}
