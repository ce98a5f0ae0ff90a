package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/// The heights of a function of two numbers, such as a cost over two weights, and the ways that optimizers take on it.
///
/// ```java
/// static Contours bowl(List<double[]> steps) {
///     return Contours.of("a long bowl", (w1, w2) -> w1 * w1 / 20 + w2 * w2, -10, 10, -3, 3)
///             .withAxes("w1", "w2").withWay("gradient descent", steps).withMark("minimum", 0, 0);
/// }
/// ```
///
/// @param title  what stands above it
/// @param height the function; where it is not finite it counts as the highest place shown
/// @param left   the least first number that is shown
/// @param right  the largest
/// @param low    the least second number that is shown
/// @param high   the largest
/// @param across the name of the first number
/// @param up     the name of the second number
/// @param levels the heights of the lines, ascending; empty for some that lie evenly apart on a bowl
/// @param ways   points that are joined by lines, over the area's edge if they go there
/// @param points points that are not joined, such as the trials of a search
/// @param marks  single points
public record Contours(String title, DoubleBinaryOperator height, double left, double right, double low, double high, String across, String up,
        List<Double> levels, List<Way> ways, List<Way> points, List<Way> marks) implements Panel {
    private static final int LEVELS = 14;
    private static final double STEP = 1.7;
    private static final Color LINE = new Color(0x8FA3B8), GROUND = new Color(0x3F6A94);
    private static final BasicStroke HALO = new BasicStroke(3f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);

    /// Points one after another.
    ///
    /// ```java
    /// static Contours.Way diagonal() {
    ///     return new Contours.Way("diagonal", 0, List.of(new double[] {0, 0}, new double[] {1, 1}));
    /// }
    /// ```
    ///
    /// @param name   what it is called in the legend
    /// @param hue    the number of its colour, as in a [Chart]
    /// @param points pairs of numbers
    public record Way(String name, int hue, List<double[]> points) {
        public Way {
            points = List.copyOf(points);
        }
    }

    public Contours {
        if (!(left < right && low < high && Double.isFinite(right - left) && Double.isFinite(high - low))) {
            throw new IllegalArgumentException("Contours of the area [" + left + ", " + right + "] by [" + low + ", " + high + "]: the smaller number comes first.");
        }
        levels = List.copyOf(levels);
        ways = List.copyOf(ways);
        points = List.copyOf(points);
        marks = List.copyOf(marks);
    }

    /// A function over an area.
    public static Contours of(String title, DoubleBinaryOperator height, double left, double right, double low, double high) {
        return new Contours(title, height, left, right, low, high, "w₁", "w₂", List.of(), List.of(), List.of(), List.of());
    }

    /// The same with names for the two numbers.
    public Contours withAxes(String across, String up) {
        return new Contours(title, height, left, right, low, high, across, up, levels, ways, points, marks);
    }

    /// The same with lines at other heights.
    public Contours withLevels(double... levels) {
        return new Contours(title, height, left, right, low, high, across, up, IntStream.range(0, levels.length).mapToObj(i -> levels[i]).sorted().toList(), ways, points, marks);
    }

    /// The same with one more way, from its first point to its last; a point that is not finite ends it.
    public Contours withWay(String name, List<double[]> points) {
        return new Contours(title, height, left, right, low, high, across, up, levels, joined(ways, new Way(name, ways.isEmpty() ? 0 : ways.getLast().hue + 1, points)), this.points, marks);
    }

    /// The same with the last way in the colour of that number, so that panels beside each other show the same things alike.
    public Contours withHue(int hue) {
        var all = new ArrayList<>(ways);
        var last = all.removeLast();
        return new Contours(title, height, left, right, low, high, across, up, levels, joined(all, new Way(last.name, hue, last.points)), points, marks);
    }

    /// The same with points that have no order, such as the trials of a search; they are coloured after the ways and the ground.
    public Contours withPoints(String name, List<double[]> points) {
        return new Contours(title, height, left, right, low, high, across, up, levels, ways, joined(this.points, new Way(name, 1 + ways.size() + this.points.size(), points)), marks);
    }

    /// The same with a star at a point.
    public Contours withMark(String name, double x, double y) {
        return new Contours(title, height, left, right, low, high, across, up, levels, ways, points, joined(marks, new Way(name, 0, List.of(new double[] {x, y}))));
    }

    private static List<Way> joined(List<Way> ways, Way more) {
        var out = new ArrayList<>(ways);
        out.add(more);
        return out;
    }

    Plot plot() {
        var plot = new Plot(title, Axis.linear(across, new Range(left, right), 6, false), Axis.linear(up, new Range(low, high), 6, false));
        var field = new Field(plot);
        var grid = field.grid((c, r) -> height.applyAsDouble(field.x(c), field.y(r)));
        var heights = levels.isEmpty() ? heights(grid) : levels;
        plot.layer(g -> {
            field.fill(g, (column, row) -> shade(grid.between(column, row), heights));
            heights.forEach(level -> field.line(g, grid.line(level), LINE, Look.HAIR));
            for (int i = 0; i < ways.size(); i++) {
                draw(g, plot, ways.get(i).points(), color(ways.get(i)));
            }
            for (int i = 0; i < points.size(); i++) {
                for (var point : points.get(i).points()) {
                    if (!Range.drawable(point[0]) || !Range.drawable(point[1])) continue;
                    var at = plot.painted(point[0], point[1]);
                    Mark.DOT.draw(g, at.getX(), at.getY(), color(points.get(i)));
                }
            }
            marks.forEach(mark -> {
                var at = plot.painted(mark.points().getFirst()[0], mark.points().getFirst()[1]);
                Mark.STAR.draw(g, at.getX(), at.getY(), Look.INK);
            });
        });
        for (int i = 0; i < ways.size(); i++) {
            plot.explain(new Plot.Key(ways.get(i).name(), Mark.POINT, color(ways.get(i)), Look.THIN));
        }
        for (int i = 0; i < points.size(); i++) {
            plot.explain(new Plot.Key(points.get(i).name(), Mark.DOT, color(points.get(i)), null));
        }
        marks.forEach(mark -> plot.explain(new Plot.Key(mark.name(), Mark.STAR, Look.INK, null)));
        return plot;
    }

    private static Color color(Way way) {
        return Look.SERIES.get(way.hue % Look.SERIES.size());
    }

    /// As squares of evenly growing numbers above the lowest place.
    private static List<Double> heights(Grid grid) {
        double lowest = grid.lowest(), span = grid.highest() - lowest;
        return IntStream.range(1, LEVELS).mapToObj(i -> lowest + span * i * i / (LEVELS * LEVELS)).toList();
    }

    /// The lower the darker, alike between two lines.
    private static Color shade(double height, List<Double> levels) {
        int below = 0;
        while (below < levels.size() && levels.get(below) < height) below++;
        return Look.pale(GROUND, 0.42 * (1 - (double) below / levels.size()));
    }

    private static void draw(Graphics2D g, Plot plot, List<double[]> points, Color color) {
        var places = new ArrayList<Point2D>();
        for (var point : points) {
            if (!Range.drawable(point[0]) || !Range.drawable(point[1])) break;
            places.add(plot.painted(point[0], point[1]));
        }
        if (places.isEmpty()) return;
        var line = new Path2D.Double();
        line.moveTo(places.getFirst().getX(), places.getFirst().getY());
        places.forEach(place -> line.lineTo(place.getX(), place.getY()));
        g.setColor(Look.BACKGROUND);
        g.setStroke(HALO);
        g.draw(line);
        g.setColor(color);
        g.setStroke(Look.THIN);
        g.draw(line);
        // No white edges, which would hide the line where steps are small.
        places.forEach(place -> g.fill(new Ellipse2D.Double(place.getX() - STEP, place.getY() - STEP, 2 * STEP, 2 * STEP)));
        Mark.POINT.draw(g, places.getFirst().getX(), places.getFirst().getY(), color);
    }
}
