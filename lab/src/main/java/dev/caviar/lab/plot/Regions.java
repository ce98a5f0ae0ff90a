package dev.caviar.lab.plot;

import java.awt.Graphics2D;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Which class a model of two numbers says in each place, and the examples it was shown: its decision regions and their borders.
///
/// ```java
/// static Regions regions(Model model, float[][] x, int[] classes) {
///     return Regions.of("two circles", model::predict, x, classes).withClasses("inner", "outer").withAxes("x1", "x2");
/// }
/// ```
///
/// @param title   what stands above it
/// @param scores  rows of two numbers to rows of scores: one column (the class is 1 above a half), or one for each class (the largest wins)
/// @param x       examples of two numbers
/// @param y       their classes, from 0
/// @param held    examples that were not learnt from, drawn hollow
/// @param heldY   their classes
/// @param classes what the classes are called, in the legend
/// @param across  the name of the first number
/// @param up      the name of the second number
public record Regions(String title, UnaryOperator<float[][]> scores, float[][] x, int[] y, float[][] held, int[] heldY, List<String> classes,
        String across, String up) implements Panel {
    private static final List<Mark> MARKS = List.of(Mark.DOT, Mark.UP, Mark.DOWN);
    private static final double MARK = 0.66, HELD = 0.95, FILL = 0.30;

    public Regions {
        check(x, y);
        check(held, heldY);
        if (x.length == 0) throw new IllegalArgumentException("Regions of no examples: there is nothing to say how far they reach.");
        classes = List.copyOf(classes);
    }

    /// Regions over the part of the plane where the examples are.
    public static Regions of(String title, UnaryOperator<float[][]> scores, float[][] x, int[] y) {
        int most = Arrays.stream(y).max().orElse(0);
        return new Regions(title, scores, x, y, new float[0][], new int[0], IntStream.rangeClosed(0, Math.max(1, most)).mapToObj(k -> "class " + k).toList(), "x₁", "x₂");
    }

    /// The same with names for the classes.
    public Regions withClasses(String... classes) {
        return new Regions(title, scores, x, y, held, heldY, List.of(classes), across, up);
    }

    /// The same with names for the two numbers.
    public Regions withAxes(String across, String up) {
        return new Regions(title, scores, x, y, held, heldY, classes, across, up);
    }

    /// The same with examples that were not learnt from.
    public Regions withHeld(float[][] x, int[] y) {
        return new Regions(title, scores, this.x, this.y, x, y, classes, across, up);
    }

    private static void check(float[][] x, int[] y) {
        if (x.length != y.length) throw new IllegalArgumentException("Regions: " + x.length + " examples and " + y.length + " classes.");
        for (int i = 0; i < x.length; i++) {
            if (x[i].length == 2 && y[i] >= 0 && y[i] < Look.SERIES.size()) continue;
            throw new IllegalArgumentException("Regions: example " + i + " has " + x[i].length + " numbers and class " + y[i] + "; 2 numbers and classes 0 to "
                    + (Look.SERIES.size() - 1) + " can be drawn.\nMaybe choose two of the features, or draw fewer classes.");
        }
    }

    Plot plot() {
        var plot = new Plot(title, axis(across, 0), axis(up, 1));
        var field = new Field(plot);
        var grids = grids(field);
        plot.layer(g -> {
            field.fill(g, (column, row) -> Look.pale(Look.SERIES.get(best(grids, column, row)), FILL));
            grids.forEach(grid -> field.line(g, grid.line(0), Look.QUIET_INK, Look.FINE));
            points(g, plot, held, heldY, true);
            points(g, plot, x, y, false);
        });
        for (int k = 0; k < classes.size(); k++) {
            plot.explain(new Plot.Key(classes.get(k), mark(k), Look.SERIES.get(k), null));
        }
        return plot;
    }

    private Axis axis(String name, int feature) {
        var values = Stream.concat(Arrays.stream(x), Arrays.stream(held)).mapToDouble(row -> row[feature]).summaryStatistics();
        return Axis.linear(name, Range.around(values.getMin(), values.getMax()).padded(0.07, 0.07), 5, false);
    }

    /// For each class how far its score lies above the best of the others.
    private List<Grid> grids(Field field) {
        var places = new float[Field.SIDE * Field.SIDE][];
        for (int i = 0; i < places.length; i++) {
            places[i] = new float[] {(float) field.x(i % Field.SIDE), (float) field.y(i / Field.SIDE)};
        }
        var out = scores.apply(places);
        if (out[0].length > Look.SERIES.size()) {
            throw new IllegalArgumentException("Regions of " + out[0].length + " classes: up to " + Look.SERIES.size() + " can be told apart.");
        }
        return IntStream.range(0, Math.max(2, out[0].length)).mapToObj(k -> field.grid((c, r) -> lead(out[r * Field.SIDE + c], k))).toList();
    }

    private static double lead(float[] scores, int of) {
        if (scores.length == 1) return of == 1 ? scores[0] - 0.5 : 0.5 - scores[0];
        double best = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < scores.length; k++) {
            if (k != of) best = Math.max(best, scores[k]);
        }
        return scores[of] - best;
    }

    private static int best(List<Grid> grids, double column, double row) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < grids.size(); k++) {
            double lead = grids.get(k).between(column, row);
            if (lead > most) {
                most = lead;
                best = k;
            }
        }
        return best;
    }

    private static Mark mark(int k) {
        return MARKS.get(k % MARKS.size());
    }

    private static void points(Graphics2D g, Plot plot, float[][] x, int[] y, boolean hollow) {
        for (int i = 0; i < x.length; i++) {
            var at = plot.painted(x[i][0], x[i][1]);
            var mark = (Graphics2D) g.create();
            mark.translate(at.getX(), at.getY());
            mark.scale(hollow ? HELD : MARK, hollow ? HELD : MARK);
            mark(y[i]).draw(mark, 0, 0, Look.SERIES.get(y[i]));
            if (hollow) {
                mark.scale(0.45, 0.45);
                mark(y[i]).draw(mark, 0, 0, Look.BACKGROUND);
            }
            mark.dispose();
        }
    }
}
