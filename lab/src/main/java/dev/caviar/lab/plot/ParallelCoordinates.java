package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Param;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/// One line for each trial through all its parameters to its value, better ones over worse ones. A parameter that a trial does not have is passed
/// below its axis; pruned and failed trials end before the value.
final class ParallelCoordinates {
    private static final double MISSING = -0.09;
    private static final int MOST = 16, MANY = 300;

    private final Pictures of;
    private final List<Param> params;
    private final List<Axis> axes = new ArrayList<>();
    private final Axis values;
    private final boolean gaps;

    ParallelCoordinates(Pictures of, List<Param> params) {
        this.of = of;
        this.params = params.subList(0, Math.min(MOST, params.size()));
        for (var param : this.params) axes.add(Impact.axis(of, param));
        values = Values.of(of.history(), of.metric()).y();
        gaps = of.history().trials().stream().anyMatch(trial -> trial.counts() && this.params.stream().anyMatch(param -> place(trial, param).isEmpty()));
    }

    Plot.Size size() {
        return new Plot.Size(Math.clamp(150 * (params.size() + 1L), 780, 2000), 520);
    }

    Plot plot() {
        var names = new ArrayList<String>();
        for (var param : params) names.add(Wording.words(param.name()));
        names.add(of.metric());
        var more = of.space().params().size() - params.size();
        var plot = new Plot("Parallel coordinates" + (more > 0 ? ", the " + params.size() + " parameters that mattered most" : ""), Axis.words("", names), Axis.bare(new Range(gaps ? -0.14 : -0.04, 1.06)));
        var trials = of.history().trials().stream().filter(TrialView::counts).toList();
        var whole = trials.stream().filter(ParallelCoordinates::valued).sorted(worstFirst()).toList();
        var ended = trials.stream().filter(trial -> !valued(trial)).toList();
        var best = of.history().best();
        plot.layer(g -> {
            g.setStroke(ended.size() > MANY ? Look.HAIR : Look.FINE);
            for (var trial : ended) line(g, plot, trial, Look.faint(trial.state() == TrialState.PRUNED ? Look.PRUNED : Look.FAILED), false);
            g.setStroke(whole.size() > MANY ? Look.HAIR : Look.THIN);
            for (var trial : whole) line(g, plot, trial, color(trial, whole.size() > MANY), true);
            best.ifPresent(trial -> {
                g.setStroke(Look.BOLD);
                line(g, plot, trial, Look.INK, true);
            });
            for (var i = 0; i < axes.size(); i++) axis(g, plot, axes.get(i), i);
            axis(g, plot, values, axes.size());
        });
        best.ifPresent(trial -> plot.explain(new Plot.Key(Values.best(trial), Mark.NONE, Look.INK, Look.BOLD)));
        if (ended.stream().anyMatch(trial -> trial.state() == TrialState.PRUNED)) plot.explain(new Plot.Key("pruned", Mark.NONE, Look.faint(Look.PRUNED), Look.THIN));
        if (ended.stream().anyMatch(trial -> trial.state() != TrialState.PRUNED)) plot.explain(new Plot.Key("failed", Mark.NONE, Look.faint(Look.FAILED), Look.THIN));
        if (whole.isEmpty()) plot.say("No trial has ended with a value.");
        var low = Wording.number(values.range().low() * values.step(), 3);
        var high = Wording.number(values.range().high() * values.step(), 3);
        plot.explain(maximal() ? new Ramp(of.metric(), low, high) : new Ramp(of.metric(), high, low));
        return plot;
    }

    private boolean maximal() {
        return of.history().direction() == Direction.MAXIMIZE;
    }

    private static boolean valued(TrialView trial) {
        return trial.state() == TrialState.COMPLETE && Range.drawable(trial.value().orElse(Double.NaN));
    }

    private Comparator<TrialView> worstFirst() {
        return Comparator.comparingDouble(trial -> (maximal() ? 1 : -1) * trial.value().orElseThrow());
    }

    private Color color(TrialView trial, boolean many) {
        var share = values.share(trial.value().orElseThrow() / values.step());
        var color = Ramp.at(maximal() ? share : 1 - share);
        return many ? new Color(color.getRed(), color.getGreen(), color.getBlue(), 130) : color;
    }

    private OptionalDouble place(TrialView trial, Param param) {
        return trial.params().containsKey(param.name()) ? axes.get(params.indexOf(param)).place(trial.params().get(param.name())) : OptionalDouble.empty();
    }

    // In columns the lines of neighbours are kept a little apart, or nobody sees how many there are.
    private double up(TrialView trial, int axis) {
        var place = place(trial, params.get(axis));
        if (place.isEmpty()) return MISSING;
        return axes.get(axis).share(place.getAsDouble() + 0.3 * axes.get(axis).group() * Impact.jitter(trial.number()));
    }

    private void line(Graphics2D g, Plot plot, TrialView trial, Color color, boolean valued) {
        var path = new Path2D.Double();
        for (var i = 0; i < params.size(); i++) {
            double x = plot.across(i), y = plot.down(up(trial, i));
            if (i == 0) path.moveTo(x, y);
            else path.lineTo(x, y);
        }
        if (valued) {
            double x = plot.across(params.size()), y = plot.down(Math.clamp(values.share(trial.value().orElseThrow() / values.step()), -0.02, 1.02));
            if (params.isEmpty()) path.moveTo(x, y);
            path.lineTo(x, y);
        }
        if (path.getCurrentPoint() == null) return;
        g.setColor(color);
        g.draw(path);
    }

    private void axis(Graphics2D g, Plot plot, Axis axis, int column) {
        var x = plot.across(column);
        g.setColor(Look.MIDDLE);
        g.setStroke(Look.FINE);
        g.draw(new Line2D.Double(x, plot.down(0), x, plot.down(1)));
        g.setFont(Look.TICK);
        var ticks = axis.ticks();
        var every = axis.logarithmic() ? 1 : Math.max(1, (int) Math.ceil(ticks.size() / 14.0));
        for (var i = 0; i < ticks.size(); i += every) label(g, axis.kind() == Axis.Kind.CATEGORY ? Wording.fit(ticks.get(i).label(), Look.TICK, 96) : ticks.get(i).label(), x, plot.down(axis.share(ticks.get(i).place())));
        if (gaps && column < params.size() && of.history().trials().stream().anyMatch(trial -> trial.counts() && place(trial, params.get(column)).isEmpty()))
            label(g, "not there", x, plot.down(MISSING));
    }

    private static void label(Graphics2D g, String text, double x, double y) {
        var width = Wording.width(text, Look.TICK);
        g.setColor(Look.VEIL);
        g.fill(new Rectangle2D.Double(x + 3, y - 7, width + 4, 14));
        g.setColor(Look.INK);
        g.draw(new Line2D.Double(x - 2.5, y, x + 2.5, y));
        g.drawString(text, (float) x + 5, (float) y + 4);
    }
}
