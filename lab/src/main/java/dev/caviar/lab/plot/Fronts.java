package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Several objectives: who beats whom, and how much of the space the best have won in the course of the search.
final class Fronts {
    private static final List<String> NAMES = List.of("Pareto front", "second front", "third front", "beaten more often");
    private static final List<Color> COLORS = List.of(Look.BEST, new Color(0xE69F00), new Color(0x56B4E9), Look.PRUNED);
    private static final List<Mark> MARKS = List.of(Mark.DIAMOND_FULL, Mark.UP, Mark.SQUARE_SMALL, Mark.POINT);

    private final Pictures of;
    private final List<Direction> directions;
    private final List<TrialView> complete;
    private final List<TrialView> broken;
    private final int[] ranks;

    Fronts(Pictures of) {
        this.of = of;
        directions = of.history().directions();
        var all = of.history().complete().stream().filter(trial -> trial.values().size() == directions.size() && trial.values().stream().allMatch(Range::drawable)).toList();
        complete = all.stream().filter(trial -> trial.violation() == 0).toList();
        broken = all.stream().filter(trial -> trial.violation() > 0).toList();
        ranks = Pareto.ranks(losses());
    }

    private double[][] losses() {
        return complete.stream().map(trial -> Pareto.losses(trial, directions)).toArray(double[][]::new);
    }

    /// A panel for each two objectives.
    List<Plot> panels() {
        var panels = new ArrayList<Plot>();
        for (var i = 0; i < directions.size(); i++) for (var k = i + 1; k < directions.size(); k++) panels.add(panel(i, k));
        return panels;
    }

    private Plot panel(int across, int up) {
        var several = directions.size() > 2;
        var plot = new Plot(several ? of.metrics().get(across) + " and " + of.metrics().get(up) : "Pareto front", axis(across), axis(up));
        if (!several) stairs(plot);
        var fronts = new ArrayList<List<TrialView>>();
        for (var rank = 0; rank < NAMES.size(); rank++) {
            var least = rank;
            var last = rank == NAMES.size() - 1;
            fronts.add(IntStream.range(0, ranks.length).filter(i -> last ? ranks[i] >= least : ranks[i] == least).mapToObj(complete::get).toList());
            if (!fronts.getLast().isEmpty()) plot.explain(key(rank, fronts.getLast()));
        }
        plot.points(violating(), places(plot, broken, across, up));
        for (var rank = NAMES.size() - 1; rank >= 0; rank--) plot.points(key(rank, fronts.get(rank)), places(plot, fronts.get(rank), across, up));
        if (!several && !fronts.getFirst().isEmpty()) plot.explain(new Plot.Key("all behind is beaten", Mark.NONE, Look.BEST, Look.DASHED));
        if (complete.isEmpty() && broken.isEmpty()) plot.say("No trial has ended with all values.");
        return plot;
    }

    private static Plot.Key key(int rank, List<TrialView> front) {
        return new Plot.Key(NAMES.get(rank) + " (" + front.size() + ")", MARKS.get(rank), COLORS.get(rank), null);
    }

    private Plot.Key violating() {
        return new Plot.Key("violates a constraint (" + broken.size() + ")", Mark.CROSS, Look.FAILED, null);
    }

    private Axis axis(int objective) {
        var values = of.history().complete().stream().filter(trial -> trial.values().size() > objective).mapToDouble(trial -> trial.values().get(objective)).toArray();
        var range = Range.useful(values, directions.get(objective));
        var name = of.metrics().get(objective) + (directions.get(objective) == Direction.MAXIMIZE ? " (more is better)" : " (less is better)");
        return Axis.linear(name, range.padded(0.05, 0.05), 6, false);
    }

    private static List<double[]> places(Plot plot, List<TrialView> trials, int across, int up) {
        return trials.stream().map(trial -> new double[] {trial.values().get(across) / plot.x.step(), trial.values().get(up) / plot.y.step()})
                .filter(place -> plot.x.range().contains(place[0]) && plot.y.range().contains(place[1])).toList();
    }

    // What the front dominates lies behind its stairs: between two trials of it only the worse of each value is sure.
    private void stairs(Plot plot) {
        var front = IntStream.range(0, ranks.length).filter(i -> ranks[i] == 0).mapToObj(complete::get).sorted(Comparator.comparing(trial -> trial.values().getFirst())).toList();
        if (front.isEmpty()) return;
        boolean right = directions.getFirst() == Direction.MINIMIZE, above = directions.get(1) == Direction.MINIMIZE;
        double badX = right ? plot.x.range().high() : plot.x.range().low(), badY = above ? plot.y.range().high() : plot.y.range().low();
        var places = places(plot, right ? front : front.reversed(), 0, 1);
        if (places.isEmpty()) return;
        var line = new ArrayList<double[]>();
        line.add(new double[] {places.getFirst()[0], badY});
        for (var i = 0; i < places.size(); i++) {
            if (i > 0) line.add(new double[] {places.get(i)[0], places.get(i - 1)[1]});
            line.add(places.get(i));
        }
        line.add(new double[] {badX, places.getLast()[1]});
        var area = new ArrayList<>(line);
        area.add(new double[] {badX, badY});
        plot.area(Look.pale(Look.BEST, 0.07), area);
        plot.line(Look.BEST, Look.DASHED, line);
    }

    /// In which front a trial is, from 0, by its number; those that violate a constraint are left out.
    Map<Integer, Integer> ranks() {
        var map = new LinkedHashMap<Integer, Integer>();
        for (var i = 0; i < ranks.length; i++) map.put(complete.get(i).number(), ranks[i]);
        return map;
    }

    /// The hypervolume after each trial that added to it, by the trial's number.
    Map<Integer, Double> volumes() {
        var losses = losses();
        var volumes = Pareto.hypervolumes(losses, reference(losses));
        var map = new LinkedHashMap<Integer, Double>();
        for (var i = 0; i < volumes.length; i++) if (i == 0 || volumes[i] > volumes[i - 1]) map.put(complete.get(i).number(), volumes[i]);
        return map;
    }

    /// Within which values it is counted, in words.
    String corner() {
        return corner(reference(losses()));
    }

    /// How much of the space up to the worst of each value was dominated after each trial.
    Plot hypervolume() {
        var volumes = volumes();
        var last = Math.max(1, of.history().trials().stream().mapToInt(TrialView::number).max().orElse(1));
        var most = volumes.values().stream().mapToDouble(Double::doubleValue).max().orElse(1);
        var x = Axis.linear("trial", new Range(0, last).padded(0.02, 0.02), 8, true);
        var plot = new Plot("Hypervolume within " + corner(), x, Axis.linear("hypervolume", Range.around(0, most).padded(0.07, 0.06), 6, false));
        var steps = new ArrayList<double[]>();
        var gains = new ArrayList<double[]>();
        volumes.forEach((number, volume) -> {
            double at = number / x.step(), now = volume / plot.y.step();
            if (!steps.isEmpty()) steps.add(new double[] {at, steps.getLast()[1]});
            gains.add(new double[] {at, now});
            steps.add(new double[] {at, now});
        });
        if (!steps.isEmpty()) steps.add(new double[] {last / x.step(), steps.getLast()[1]});
        plot.line(Look.BEST, Look.FIRM, steps);
        plot.points(new Plot.Key("trial that adds to it", gains.size() > 100 ? Mark.SPECK : Mark.POINT, Look.BEST, null), gains);
        var lane = plot.y.range().low() + 0.03 * plot.y.range().span();
        var ended = of.history().trials().stream().filter(trial -> trial.state() == TrialState.FAIL || trial.state() == TrialState.PRUNED).map(trial -> new double[] {trial.number() / x.step(), lane}).toList();
        plot.points(new Plot.Key("failed or pruned", Mark.CROSS, Look.FAILED, null), ended);
        if (volumes.isEmpty()) plot.say("No trial has ended with all values.");
        else plot.explain(new Plot.Key("at the end " + Wording.result(most), Mark.NONE, Look.BEST, Look.FIRM));
        return plot;
    }

    // The worst of each value, but for a few trials that diverged, beside which all others would look alike.
    private double[] reference(double[][] losses) {
        return IntStream.range(0, directions.size()).mapToDouble(i -> Range.useful(Arrays.stream(losses).mapToDouble(row -> row[i]).toArray(), Direction.MINIMIZE).high()).toArray();
    }

    private String corner(double[] reference) {
        return IntStream.range(0, reference.length).mapToObj(i -> of.metrics().get(i) + (directions.get(i) == Direction.MAXIMIZE ? " ≥ " : " ≤ ") + Wording.number(directions.get(i) == Direction.MAXIMIZE ? -reference[i] : reference[i], 3))
                .collect(Collectors.joining(", "));
    }
}
