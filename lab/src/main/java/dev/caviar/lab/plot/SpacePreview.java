package dev.caviar.lab.plot;

import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Number lines that show where the values of a space's parameters will lie before anything is trained: forty values of each on the parameter's
/// own scale, where they are even, and the same ones on a plain line.
///
/// ```java
/// static Path draw(Path folder) throws IOException {
///     return new SpacePreview(Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("kind", Choice.of("a", "b")))).write(folder.resolve("space.png"));
/// }
/// ```
///
/// @param space what is drawn
public record SpacePreview(Space space) {
    private static final int SHOWN = 40, MOST = 60, FOOT = 17;
    private static final Plot.Size CELL = new Plot.Size(580, 190);

    /// A number line and what it is called.
    private record Line(String name, Axis axis) {}

    /// Writes it as a PNG file, of at most sixty parameters; throws [IOException] where that is not possible, and [PictureException] where this
    /// machine cannot draw text.
    public Path write(Path file) throws IOException {
        var absolute = file.toAbsolutePath();
        return Pictures.save(absolute.getParent(), absolute.getFileName().toString(), () -> {
            var plots = space.params().stream().limit(MOST).map(SpacePreview::plot).toList();
            var columns = plots.size() < 2 ? 1 : 2;
            var rows = new ArrayList<List<Plot>>();
            for (var i = 0; i < plots.size(); i += columns) rows.add(plots.subList(i, Math.min(plots.size(), i + columns)));
            return new Figure(SHOWN + " random values of each parameter", rows, Collections.nCopies(rows.size(), CELL)).image();
        });
    }

    private static Plot plot(Param param) {
        var random = new SplittableRandom(1);
        var values = IntStream.range(0, SHOWN).mapToObj(_ -> (@Nullable Object) param.dist().at(random.nextDouble())).toList();
        var lines = lines(param.dist());
        var plot = new Plot(title(param), Axis.bare(new Range(-0.04, 1.04)), Axis.words("", lines.stream().map(Line::name).toList()));
        plot.withoutGrid();
        plot.layer(g -> {
            for (var i = 0; i < lines.size(); i++) draw(g, plot, lines.get(i).axis(), i, values, i == lines.size() - 1);
        });
        return plot;
    }

    // From below: the plain line, then the scale, which are one where the scale is plain.
    private static List<Line> lines(Dist dist) {
        var own = Axis.of("", dist, List.of());
        var even = switch (dist) {
            case Real(var low, var high, var scale, var _) when scale != Scale.LINEAR -> Axis.linear("", Range.around(low, high).padded(0.02, 0.02), 8, false);
            case Whole(var low, var high, var scale, var _) when scale != Scale.LINEAR -> Axis.linear("", Range.around(low, high).padded(0.02, 0.02), 8, true);
            default -> null;
        };
        var name = switch (dist) {
            case Choice _ -> "choices";
            case Real real -> name(real.scale());
            case Whole whole -> name(whole.scale());
        };
        return even == null ? List.of(new Line(name, own)) : List.of(new Line("plain line", even), new Line(name, own));
    }

    private static String name(Scale scale) {
        return switch (scale) {
            case LINEAR -> "plain line";
            case LOG -> "log scale";
            case ONE_MINUS_LOG -> "log of 1 − value";
            case POWER_OF_TWO -> "powers of two";
        };
    }

    private static String title(Param param) {
        var range = switch (param.dist()) {
            case Choice choice -> ": one of " + choice.values().size();
            case Real real -> ": " + Wording.number(real.low(), 4) + " to " + Wording.number(real.high(), 4);
            case Whole whole -> ": " + Wording.number(whole.low(), 6) + " to " + Wording.number(whole.high(), 6);
        };
        return Wording.words(param.name()) + range + Impact.condition(param);
    }

    private static void draw(Graphics2D g, Plot plot, Axis axis, int row, List<? extends @Nullable Object> values, boolean own) {
        double ground = plot.down(row) + 5, left = plot.across(0), width = plot.across(1) - left;
        g.setColor(Look.MIDDLE);
        g.setStroke(Look.FINE);
        g.draw(new Line2D.Double(left, ground, left + width, ground));
        g.setFont(Look.TICK);
        var free = Double.NEGATIVE_INFINITY;
        var ticks = axis.ticks();
        for (var tick : ticks) {
            var x = left + width * axis.share(tick.place());
            g.setColor(Look.MIDDLE);
            g.draw(new Line2D.Double(x, ground, x, ground + 4));
            var label = axis.kind() == Axis.Kind.CATEGORY ? Wording.fit(tick.label(), Look.TICK, Math.max(40, width / ticks.size() - 8)) : tick.label();
            var half = Wording.width(label, Look.TICK) / 2;
            if (x - half < free) continue;
            free = x + half + 5;
            g.setColor(Look.QUIET_INK);
            g.drawString(label, (float) (x - half), (float) ground + FOOT);
        }
        for (var i = 0; i < values.size(); i++) {
            var place = axis.place(values.get(i));
            if (place.isEmpty()) continue;
            var x = left + width * axis.share(place.getAsDouble() + 0.7 * axis.group() * Impact.jitter(i));
            Mark.POINT.draw(g, x, ground - 9 - 9 * Impact.jitter(i, 0.7548776662466927), own ? Look.TRIAL_POINT : Look.PRUNED);
        }
    }
}
