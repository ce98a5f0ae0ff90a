package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Param;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What two parameters do together: the value between the trials, smoothed, or each trial coloured by its rank.
final class PairPlots {
    private static final int MANY = 200, LEVELS = 16;

    private final Pictures of;
    private final Axis x;
    private final Axis y;
    private final List<Spot> spots = new ArrayList<>();

    /// A complete trial that has both parameters: its places on the axes, and its value.
    private record Spot(TrialView trial, double x, double y, double value) {}

    PairPlots(Pictures of, Param across, Param up) {
        this.of = of;
        x = Impact.axis(of, across);
        y = Impact.axis(of, up);
        for (var trial : of.history().complete()) {
            if (!trial.params().containsKey(across.name()) || !trial.params().containsKey(up.name()) || !Range.drawable(trial.value().orElse(Double.NaN))) continue;
            var right = x.place(trial.params().get(across.name()));
            var above = y.place(trial.params().get(up.name()));
            if (right.isPresent() && above.isPresent()) spots.add(new Spot(trial, right.getAsDouble(), above.getAsDouble(), trial.value().orElseThrow()));
        }
    }

    /// The mean of the values around each place, the nearer the more; blank where nobody went.
    Plot contour(String title) {
        var plot = new Plot(title, x, y);
        var maximal = of.history().direction() == Direction.MAXIMIZE;
        var range = Range.useful(of.history().complete().stream().mapToDouble(trial -> trial.value().orElse(Double.NaN)).toArray(), of.history().direction());
        var smooth = new Smooth(x, y, spots.stream().map(spot -> new Smooth.Spot(x.share(spot.x), y.share(spot.y), range.clamp(spot.value))).toList());
        plot.withoutGrid();
        plot.behind(g -> new Field(plot).fill(g, (column, row) -> {
            var value = smooth.at(column / (Field.SIDE - 1), row / (Field.SIDE - 1));
            if (Double.isNaN(value)) return Look.BACKGROUND;
            var good = (value - range.low()) / range.span();
            return Ramp.at(Math.floor(LEVELS * Math.clamp((maximal ? good : 1 - good) + 1e-6, 0, 0.999)) / (LEVELS - 1));
        }));
        plot.layer(g -> {
            var ink = spots.size() > MANY ? Look.faint(Look.INK) : Look.INK;
            for (var spot : spots) Mark.SPECK.draw(g, across(plot, spot), down(plot, spot), ink);
            best().ifPresent(spot -> Mark.STAR.draw(g, across(plot, spot), down(plot, spot), Look.INK));
        });
        if (spots.isEmpty()) return empty(plot);
        plot.explain(new Plot.Key("trial", Mark.SPECK, Look.INK, null));
        var ends = List.of(Wording.number(range.low(), 4), Wording.number(range.high(), 4));
        plot.explain(new Ramp(of.metric() + ", mean of the trials around", maximal ? ends.getFirst() : ends.getLast(), maximal ? ends.getLast() : ends.getFirst()));
        return starred(plot);
    }

    /// Each trial by its place among all that have both parameters.
    Plot rank(String title) {
        var plot = new Plot(title, x, y);
        var order = new ArrayList<>(spots);
        var direction = of.history().direction();
        order.sort(Comparator.comparingDouble(spot -> direction == Direction.MAXIMIZE ? spot.value : -spot.value));
        plot.layer(g -> {
            for (var i = 0; i < order.size(); i++) {
                var color = Ramp.at(order.size() < 2 ? 1 : (double) i / (order.size() - 1));
                (order.size() > MANY ? Mark.POINT : Mark.DOT).draw(g, across(plot, order.get(i)), down(plot, order.get(i)), color);
            }
            best().ifPresent(spot -> Mark.STAR.draw(g, across(plot, spot), down(plot, spot), Look.INK));
        });
        if (spots.isEmpty()) return empty(plot);
        plot.explain(new Ramp("rank of the trial by " + of.metric(), "worst", "best"));
        return starred(plot);
    }

    private static Plot empty(Plot plot) {
        plot.say("No trial with both ended with a value.");
        return plot;
    }

    private Plot starred(Plot plot) {
        best().ifPresent(spot -> plot.explain(new Plot.Key(Values.best(spot.trial), Mark.STAR, Look.INK, null)));
        return plot;
    }

    private Optional<Spot> best() {
        var best = of.history().best();
        return spots.stream().filter(spot -> best.isPresent() && best.get().number() == spot.trial.number()).findFirst();
    }

    private double across(Plot plot, Spot spot) {
        return plot.across(spot.x + 0.6 * x.group() * Impact.jitter(spot.trial.number()));
    }

    // Along the second axis in another order, or the trials of one cell would stand in a line.
    private double down(Plot plot, Spot spot) {
        return plot.down(spot.y + 0.6 * y.group() * Impact.jitter(spot.trial.number(), 0.7548776662466927));
    }
}
