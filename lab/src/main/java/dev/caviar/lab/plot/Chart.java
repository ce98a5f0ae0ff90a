package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// Lines, bands and points over two axes, such as a cost over the epochs.
///
/// Each series with a new name has a new colour; one under the same name, or a dashed one, has the colour of the one before it. Values that
/// are not finite interrupt a line, and so do those that are not positive on a logarithmic axis.
///
/// ```java
/// static void draw(double[] losses, Path file) throws IOException {
///     var chart = Chart.of("Training", "step", "loss").withFaint("each batch", losses).withLine("average", MovingAverage.of(0.9).over(losses));
///     Sheet.of(chart).withSize(780, 480).write(file);
/// }
/// ```
///
/// @param title  what stands above it
/// @param across the horizontal axis
/// @param up     the vertical axis
/// @param series what is drawn, bands behind lines, the last one in front
/// @param legend the corner of the plot where its legend stands; below all plots of a sheet, if empty
public record Chart(String title, Side across, Side up, List<Series> series, Optional<Corner> legend) implements Panel {
    /// An axis.
    ///
    /// ```java
    /// var rate = Chart.Side.of("learning rate").withLog(true).withRange(1e-4, 1);
    /// ```
    ///
    /// @param name what is written beside it
    /// @param log  whether it is even in the logarithm
    /// @param low  where it begins, NaN: at the smallest value
    /// @param high where it ends, NaN: at the largest value
    public record Side(String name, boolean log, double low, double high) {
        public Side {
            if (low >= high || log && low <= 0) {
                throw new IllegalArgumentException("Side(" + name + (log ? ", log" : "") + ") from " + low + " to " + high
                        + ": it must rise, and a logarithmic one begin above 0.");
            }
        }

        /// An even axis over all values.
        public static Side of(String name) {
            return new Side(name, false, Double.NaN, Double.NaN);
        }

        public Side withLog(boolean log) {
            return new Side(name, log, low, high);
        }

        /// What lies beyond is cut off.
        public Side withRange(double low, double high) {
            return new Side(name, log, low, high);
        }

        boolean shows(double value) {
            return Range.drawable(value) && (!log || value > 0);
        }
    }

    /// A corner of the plot.
    public enum Corner {
        UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT, LOWER_RIGHT
    }

    /// How a series is drawn.
    public enum Style {
        /// A line.
        LINE,
        /// A thin pale line.
        FAINT,
        /// A dashed line.
        DASHED,
        /// A dot at each place.
        POINTS,
        /// The area between two lines: the places of the lower one forth, then those of the upper one back.
        BAND
    }

    /// Places that belong together.
    ///
    /// ```java
    /// var points = new Chart.Series("measured", Chart.Style.POINTS, 0, List.of(1.0, 2.0), List.of(0.5, 0.4));
    /// ```
    ///
    /// @param name  its words in the legend, empty for none
    /// @param style how it is drawn
    /// @param hue   the number of its colour
    /// @param x     its places across
    /// @param y     its places up, as many
    public record Series(String name, Style style, int hue, List<Double> x, List<Double> y) {
        public Series {
            x = List.copyOf(x);
            y = List.copyOf(y);
            if (x.size() != y.size()) {
                throw new IllegalArgumentException("Series \"" + name + "\": " + x.size() + " places across and " + y.size() + " up.");
            }
        }
    }

    public Chart {
        series = List.copyOf(series);
    }

    /// Empty, over even axes.
    public static Chart of(String title, String across, String up) {
        return of(title, Side.of(across), Side.of(up));
    }

    /// Empty.
    public static Chart of(String title, Side across, Side up) {
        return new Chart(title, across, up, List.of(), Optional.empty());
    }

    /// A line more, through `y[i]` over `i`.
    public Chart withLine(String name, double... y) {
        return with(name, Style.LINE, numbers(y.length), y);
    }

    /// A line more.
    public Chart withLine(String name, double[] x, double[] y) {
        return with(name, Style.LINE, x, y);
    }

    /// A thin pale line more, through `y[i]` over `i`: the many values behind an average.
    public Chart withFaint(String name, double... y) {
        return with(name, Style.FAINT, numbers(y.length), y);
    }

    /// A thin pale line more.
    public Chart withFaint(String name, double[] x, double[] y) {
        return with(name, Style.FAINT, x, y);
    }

    /// A dashed line more, in the colour of the series before it.
    public Chart withDashed(String name, double[] x, double[] y) {
        return with(name, Style.DASHED, x, y);
    }

    /// Dots more.
    public Chart withPoints(String name, double[] x, double[] y) {
        return with(name, Style.POINTS, x, y);
    }

    /// The area between two lines, behind all lines; a line under the same name runs in the same colour.
    public Chart withBand(String name, double[] x, double[] low, double[] high) {
        int n = x.length;
        return with(name, Style.BAND, IntStream.range(0, 2 * n).mapToDouble(i -> x[i < n ? i : 2 * n - 1 - i]).toArray(),
                IntStream.range(0, 2 * n).mapToDouble(i -> i < n ? low[i] : high[2 * n - 1 - i]).toArray());
    }

    /// The last series in the colour of that number, so that charts beside each other show the same things alike.
    public Chart withHue(int hue) {
        var all = new ArrayList<>(series);
        var last = all.removeLast();
        all.add(new Series(last.name, last.style, hue, last.x, last.y));
        return new Chart(title, across, up, all, legend);
    }

    /// With a legend of its own inside the plot.
    public Chart withLegend(Corner corner) {
        return new Chart(title, across, up, series, Optional.of(corner));
    }

    private Chart with(String name, Style style, double[] x, double[] y) {
        int hue = series.isEmpty() ? 0 : series.getLast().hue + (style == Style.DASHED || series.getLast().name.equals(name) ? 0 : 1);
        var all = new ArrayList<>(series);
        all.add(new Series(name, style, hue, Arrays.stream(x).boxed().toList(), Arrays.stream(y).boxed().toList()));
        return new Chart(title, across, up, all, legend);
    }

    private static double[] numbers(int n) {
        return IntStream.range(0, n).asDoubleStream().toArray();
    }

    Plot plot() {
        var plot = new Plot(title, axis(across, values(true), false), axis(up, values(false), true));
        legend.ifPresent(plot::legend);
        for (var one : series) {
            if (one.style == Style.BAND) {
                draw(plot, one);
            }
        }
        for (var one : series) {
            if (one.style != Style.BAND) {
                draw(plot, one);
            }
        }
        return plot;
    }

    private void draw(Plot plot, Series one) {
        var full = Look.SERIES.get(one.hue % Look.SERIES.size());
        var color = one.style == Style.FAINT || one.style == Style.BAND ? Look.faint(full) : full;
        var stroke = stroke(one.style);
        var places = new ArrayList<double[]>();
        for (int i = 0; i < one.x.size(); i++) {
            double x = one.x.get(i), y = one.y.get(i);
            boolean shown = across.shows(x) && up.shows(y);
            if (shown) {
                places.add(new double[] {x / plot.x.step(), y / plot.y.step()});
            } else if (one.style != Style.POINTS && across.shows(x)) {
                places.add(new double[] {x / plot.x.step(), Double.NaN});
            }
        }
        var mark = one.style == Style.POINTS ? Mark.POINT : one.style == Style.BAND ? Mark.SQUARE : Mark.NONE;
        var key = new Plot.Key(one.name, mark, color, one.style == Style.POINTS || one.style == Style.BAND ? null : stroke);
        switch (one.style) {
            case POINTS -> plot.points(key, places);
            case BAND -> plot.area(color, places);
            case LINE, FAINT, DASHED -> plot.line(color, stroke, places);
        }
        if (!one.name.isEmpty() && one.style != Style.POINTS) {
            plot.explain(key);
        }
    }

    private static BasicStroke stroke(Style style) {
        return switch (style) {
            case LINE -> Look.FIRM;
            case DASHED -> Look.DASHED;
            case FAINT, POINTS, BAND -> Look.THIN;
        };
    }

    private double[] values(boolean x) {
        var side = x ? across : up;
        return series.stream().flatMap(one -> (x ? one.x : one.y).stream()).mapToDouble(Double::doubleValue).filter(side::shows).toArray();
    }

    private static Axis axis(Side side, double[] values, boolean roomy) {
        double low = Double.isNaN(side.low) ? DoubleStream.of(values).min().orElse(side.log ? 0.1 : 0) : side.low;
        double high = Double.isNaN(side.high) ? DoubleStream.of(values).max().orElse(1) : side.high;
        if (side.log) {
            return Axis.log(side.name, low, high);
        }
        double below = Double.isNaN(side.low) && roomy ? 0.04 : 0, above = Double.isNaN(side.high) && roomy ? 0.06 : 0;
        return Axis.linear(side.name, Range.around(low, high).padded(below, above), 7, false);
    }
}
