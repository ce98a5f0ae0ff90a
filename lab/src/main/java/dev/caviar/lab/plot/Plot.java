package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

/// One coordinate system with what is drawn in it; title and legend are drawn around it by [Figure].
final class Plot {
    /// One sign and what it means.
    ///
    /// @param text   the meaning
    /// @param mark   the sign on its point
    /// @param color  its colour
    /// @param stroke the line through it, null for none
    record Key(String text, Mark mark, Color color, @Nullable BasicStroke stroke) { }

    /// A width and a height in the units of a picture before it is enlarged.
    record Size(int width, int height) { }

    private static final int PADDING = 1;

    final String title;
    final Axis x;
    final Axis y;
    private final XYChart chart;
    private final Set<Key> keys = new LinkedHashSet<>();
    private final List<Consumer<Graphics2D>> behind = new ArrayList<>();
    private final List<Consumer<Graphics2D>> layers = new ArrayList<>();
    private Chart.@Nullable Corner corner;
    private @Nullable Ramp ramp;
    private int drawn;
    private Size size = new Size(0, 0);

    Plot(String title, Axis x, Axis y) {
        this.title = title;
        this.x = x;
        this.y = y;
        chart = new XYChart(100, 100);
        var style = chart.getStyler();
        style.setChartBackgroundColor(Look.BACKGROUND).setPlotBackgroundColor(Look.BACKGROUND).setPlotBorderColor(Look.FRAME)
                .setLegendVisible(false).setChartTitleVisible(false).setChartPadding(PADDING).setPlotContentSize(1).setAntiAlias(true);
        style.setAxisTitlesVisible(false).setAxisTicksVisible(false).setPlotMargin(0).setPlotGridLinesColor(Look.GRID)
                .setPlotGridLinesStroke(Look.HAIR).setPlotGridVerticalLinesVisible(x.kind() != Axis.Kind.CATEGORY && !x.dense())
                .setPlotGridHorizontalLinesVisible(y.kind() != Axis.Kind.CATEGORY)
                .setXAxisLogarithmic(x.logarithmic()).setXAxisLogarithmicDecadeOnly(false)
                .setYAxisLogarithmic(y.logarithmic()).setYAxisLogarithmicDecadeOnly(y.dense())
                .setXAxisMin(x.range().low()).setXAxisMax(x.range().high()).setYAxisMin(y.range().low()).setYAxisMax(y.range().high())
                .setXAxisTickLabelsFormattingFunction(place -> unwritten(x, place))
                .setYAxisTickLabelsFormattingFunction(place -> unwritten(y, place));
        style.setAnnotationTextFont(Look.NAME).setAnnotationTextFontColor(Look.QUIET_INK);
        // The library sets ticks on the data where these are evenly spaced; two hidden points in odd places keep them where they belong.
        var hidden = chart.addSeries("hidden", new double[] {odd(x, 0.0131), odd(x, 0.5173)}, new double[] {odd(y, 0.0131), odd(y, 0.5173)});
        hidden.setEnabled(false);
        hidden.setShowInLegend(false);
    }

    private static double odd(Axis axis, double share) {
        return axis.range().low() + share * axis.range().span();
    }

    // Labels are written by Figure, which knows their neighbours. The library draws no grid where both ends of an axis read the same.
    private static String unwritten(Axis axis, double place) {
        return place < odd(axis, 0.5) ? " " : "  ";
    }

    // The distance at which the library chooses a step of one, hence whole numbers.
    private static int hint(double pixels, Axis axis) {
        return axis.logarithmic() ? 5 : (int) Math.clamp(pixels / axis.range().span(), 5, pixels / 2);
    }

    /// Draws frame, grid and data at the origin; the labels around them are left to the caller.
    void paint(Graphics2D g, Size size) {
        this.size = size;
        chart.getStyler().setXAxisTickMarkSpacingHint(hint(size.width(), x)).setYAxisTickMarkSpacingHint(hint(size.height(), y));
        if (!behind.isEmpty()) {
            g.setColor(Look.BACKGROUND);
            g.fillRect(0, 0, size.width(), size.height());
            behind.forEach(part -> part.accept(g));
            chart.getStyler().setChartBackgroundColor(Look.NOTHING).setPlotBackgroundColor(Look.NOTHING);
        }
        chart.paint(g, size.width(), size.height());
        layers.forEach(layer -> layer.accept(g));
    }

    /// Adds what is drawn behind grid, lines and points.
    void behind(Consumer<Graphics2D> part) {
        behind.add(part);
    }

    /// Adds what is drawn over all before it, by [#across] and [#down].
    void layer(Consumer<Graphics2D> layer) {
        layers.add(layer);
    }

    /// Where a place in the values of linear axes was painted.
    Point2D painted(double x, double y) {
        return new Point2D.Double(across(x / this.x.step()), down(y / this.y.step()));
    }

    /// Where a place on the horizontal axis was painted.
    double across(double place) {
        return PADDING + x.share(place) * (size.width() - 2 * PADDING);
    }

    /// Where a place on the vertical axis was painted.
    double down(double place) {
        return PADDING + (1 - y.share(place)) * (size.height() - 2 * PADDING);
    }

    /// Whether the plotting library was told to use a logarithmic axis.
    boolean logarithmic() {
        return chart.getStyler().isXAxisLogarithmic();
    }

    /// Leaves the lines of the grid out, where colours fill the area.
    void withoutGrid() {
        chart.getStyler().setPlotGridLinesVisible(false);
    }

    /// What its signs mean.
    List<Key> keys() {
        return List.copyOf(keys);
    }

    /// Explains a sign; of two with the same text the first is kept.
    void explain(Key key) {
        keys.add(key);
    }

    /// What its colours from bad to good mean; null where they mean nothing.
    @Nullable Ramp ramp() {
        return ramp;
    }

    /// Explains colours from bad to good.
    void explain(Ramp ramp) {
        this.ramp = ramp;
    }

    /// Where its own legend stands inside; null where there is none.
    Chart.@Nullable Corner corner() {
        return corner;
    }

    /// Gives it a legend of its own.
    void legend(Chart.Corner corner) {
        this.corner = corner;
    }

    /// Adds signs at places, none where there are no places.
    void points(Key key, List<double[]> places) {
        if (places.isEmpty()) return;
        explain(key);
        var series = series(key.color(), places);
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        series.setMarker(key.mark().marker());
    }

    /// Adds a line through places without a sign; `NaN` interrupts it.
    void line(Color color, BasicStroke stroke, List<double[]> places) {
        if (places.isEmpty()) return;
        var series = series(color, places);
        series.setMarker(Mark.NONE.marker());
        series.setLineStyle(stroke);
    }

    /// Fills the area around which these places lie, behind grid and lines.
    void area(Color color, List<double[]> places) {
        if (places.isEmpty()) return;
        behind(g -> {
            var path = new Path2D.Double();
            for (var place : places) {
                double right = across(place[0]), below = down(place[1]);
                if (path.getCurrentPoint() == null) path.moveTo(right, below);
                else path.lineTo(right, below);
            }
            path.closePath();
            g.setColor(color);
            g.fill(path);
        });
    }

    /// Writes a sentence into the middle.
    void say(String sentence) {
        double low = x.range().low(), high = x.range().high();
        var middle = x.logarithmic() ? Math.sqrt(low) * Math.sqrt(high) : (low + high) / 2;
        chart.addAnnotation(new AnnotationText(sentence, middle, (y.range().low() + y.range().high()) / 2, false));
    }

    private XYSeries series(Color color, List<double[]> places) {
        var xs = new ArrayList<Double>();
        var ys = new ArrayList<Double>();
        var far = y.logarithmic() ? new Range(y.range().low() / 1e3, y.range().high() * 1e3) : y.range().padded(1, 1);
        for (var place : places) {
            xs.add(place[0]);
            ys.add(Double.isNaN(place[1]) ? Double.NaN : far.clamp(place[1]));    // a dashed line to 1e100 would never be drawn
        }
        var series = chart.addSeries("s" + drawn++, xs, ys);
        series.setMarkerColor(color);
        series.setLineColor(color);
        return series;
    }
}
