package dev.caviar.lab.plot;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.CoarseToFineSampler;
import dev.caviar.tune.space.Param;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// The rounds of a coarse-to-fine search: for each parameter the region that a round searched, and what its trials took there.
final class Rounds {
    private final Pictures of;
    private final TreeMap<Integer, List<TrialView>> rounds = new TreeMap<>();

    Rounds(Pictures of) {
        this.of = of;
        for (var trial : of.history().trials())
            if (trial.counts() && trial.systemAttributes().get(CoarseToFineSampler.ROUND) instanceof Number round)
                rounds.computeIfAbsent(round.intValue(), _ -> new ArrayList<>()).add(trial);
    }

    /// Whether the search went in rounds.
    boolean any() {
        return !rounds.isEmpty();
    }

    Plot plot(Param param) {
        var y = Impact.axis(of, param);
        var last = of.history().trials().stream().mapToInt(TrialView::slot).max().orElse(1);
        var plot = new Plot("Rounds: " + Wording.words(param.name()), Axis.linear("trial", new Range(-0.5, last + 0.5), 5, true), y);
        stretches().forEach(stretch -> region(plot, param, stretch));
        points(plot, param, "trial", Mark.POINT, rounds.values().stream().flatMap(List::stream).filter(trial -> trial.state() == TrialState.COMPLETE).toList());
        points(plot, param, "pruned", Mark.PLUS, rounds.values().stream().flatMap(List::stream).filter(trial -> trial.state() == TrialState.PRUNED).toList());
        points(plot, param, "failed", Mark.CROSS, rounds.values().stream().flatMap(List::stream).filter(trial -> trial.state() == TrialState.FAIL).toList());
        rounds.forEach((round, trials) -> points(plot, param, "best of its round", Mark.DIAMOND_FULL, TrialView.ranked(trials, of.history().direction()).stream().limit(1).toList()));
        of.history().best().ifPresent(best -> points(plot, param, Values.best(best), Mark.STAR, List.of(best)));
        return plot;
    }

    /// Trials one after another in the same region of the same round.
    record Stretch(int round, int first, int last, Map<?, ?> region) {}

    /// Trials that began before the last round was known whole may have seen another region: a stretch for each.
    List<Stretch> stretches() {
        var stretches = new ArrayList<Stretch>();
        rounds.forEach((round, trials) -> {
            for (int begin = 0, end = 0; begin < trials.size(); begin = end) {
                var region = region(trials.get(begin));
                while (end < trials.size() && region(trials.get(end)).equals(region)) end++;
                stretches.add(new Stretch(round, trials.get(begin).slot(), trials.get(end - 1).slot(), region));
            }
        });
        return stretches;
    }

    private static Map<?, ?> region(TrialView trial) {
        return trial.systemAttributes().get(CoarseToFineSampler.REGION) instanceof Map<?, ?> region ? region : Map.of();
    }

    private static void region(Plot plot, Param param, Stretch stretch) {
        var values = stretch.region.get(param.name()) instanceof List<?> list ? list : List.of();
        double left = stretch.first - 0.5, right = stretch.last + 0.5, half = 0.5 * plot.y.group();
        var places = values.stream().map(plot.y::place).filter(OptionalDouble::isPresent).mapToDouble(OptionalDouble::getAsDouble).toArray();
        if (plot.y.kind() == Axis.Kind.CATEGORY) for (var place : places) band(plot, stretch.round, left, right, place - half, place + half);
        else if (places.length == 2) band(plot, stretch.round, left, right, places[0] - half, places[1] + half);
        plot.explain(new Plot.Key(stretch.round % 2 == 0 ? "region of a round" : "region of the next", Mark.SQUARE, shade(stretch.round), null));
    }

    private static Color shade(int round) {
        return Look.pale(round % 2 == 0 ? Look.TRIAL : Look.SERIES.get(2), 0.22);
    }

    private static void band(Plot plot, int round, double left, double right, double low, double high) {
        double from = left / plot.x.step(), to = right / plot.x.step();
        plot.area(shade(round), List.of(new double[] {from, low}, new double[] {to, low}, new double[] {to, high}, new double[] {from, high}));
    }

    private static void points(Plot plot, Param param, String words, Mark mark, List<TrialView> trials) {
        var color = switch (mark) {
            case STAR, DIAMOND_FULL -> Look.BEST;
            case PLUS -> Look.PRUNED;
            case CROSS -> Look.FAILED;
            default -> Look.TRIAL;
        };
        var places = new ArrayList<double[]>();
        for (var trial : trials)
            if (trial.params().containsKey(param.name())) plot.y.place(trial.params().get(param.name())).ifPresent(place ->
                    places.add(new double[] {trial.slot() / plot.x.step(), place + 0.5 * plot.y.group() * Impact.jitter(trial.number())}));
        plot.points(new Plot.Key(words, mark, color, null), places);
    }
}
