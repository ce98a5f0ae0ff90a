package dev.caviar.tune.importance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A regression tree over the unit cube, as its leaves: boxes with a value.
final class Tree {
    private record Leaf(double[] low, double[] high, double value) {
        double volume() {
            var volume = 1.0;
            for (var i = 0; i < low.length; i++) volume *= high[i] - low[i];
            return volume;
        }
    }

    private record Cut(int axis, double place, double gain) {}

    private final Table table;
    private final List<Leaf> leaves = new ArrayList<>();

    private Tree(Table table) {
        this.table = table;
    }

    /// Grown to the end on as many trials as there are, drawn with replacement; every axis is looked at for every cut.
    static Tree grown(Table table, RandomGenerator random) {
        var tree = new Tree(table);
        var drawn = random.ints(table.losses().length, 0, table.losses().length).toArray();
        var axes = table.names().size();
        var high = new double[axes];
        Arrays.fill(high, 1);
        tree.grow(Arrays.stream(table.places()).map(places -> sorted(drawn, places)).toArray(int[][]::new), new double[axes], high);
        return tree;
    }

    /// Of the value over the whole cube.
    double variance() {
        double mean = 0, squares = 0;
        for (var leaf : leaves) {
            mean += leaf.volume() * leaf.value;
            squares += leaf.volume() * leaf.value * leaf.value;
        }
        return Math.max(0, squares - mean * mean);
    }

    /// Of the mean value over all other axes, as a function of this one.
    double variance(int axis) {
        return variance(new Edges(axis, edges(axis)), Edges.WHOLE);
    }

    /// Of the mean value over all other axes, as a function of these two.
    double variance(int first, int second) {
        return variance(new Edges(first, edges(first)), new Edges(second, edges(second)));
    }

    // The function is constant in each cell between edges. A leaf adds from its first cell to its last: steps first, then their running sum.
    private double variance(Edges down, Edges across) {
        var values = new double[down.places.length][across.places.length];
        for (var leaf : leaves) {
            var part = leaf.value * leaf.volume() / down.width(leaf) / across.width(leaf);
            int top = down.first(leaf), bottom = down.end(leaf), left = across.first(leaf), right = across.end(leaf);
            values[top][left] += part;
            values[top][right] -= part;
            values[bottom][left] -= part;
            values[bottom][right] += part;
        }
        double mean = 0, squares = 0;
        for (var i = 0; i + 1 < values.length; i++) {
            var value = 0.0;
            for (var j = 0; j + 1 < values[i].length; j++) {
                if (i > 0) values[i][j] += values[i - 1][j];
                value += values[i][j];
                var size = (down.places[i + 1] - down.places[i]) * (across.places[j + 1] - across.places[j]);
                mean += size * value;
                squares += size * value * value;
            }
        }
        return Math.max(0, squares - mean * mean);
    }

    private double[] edges(int axis) {
        var edges = new TreeSet<Double>();
        for (var leaf : leaves) {
            edges.add(leaf.low[axis]);
            edges.add(leaf.high[axis]);
        }
        return edges.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static int[] sorted(int[] rows, double[] places) {
        return Arrays.stream(rows).boxed().sorted(Comparator.comparingDouble(row -> places[row])).mapToInt(Integer::intValue).toArray();
    }

    // The same rows for each axis, in its order. Depth is bounded by the number of rows, as each cut leaves rows on both sides.
    private void grow(int[][] rows, double[] low, double[] high) {
        var best = bestCut(rows);
        if (best == null) {
            leaves.add(new Leaf(low, high, sum(rows[0]) / rows[0].length));
            return;
        }
        var places = table.places()[best.axis];
        double[] leftHigh = high.clone(), rightLow = low.clone();
        leftHigh[best.axis] = best.place;
        rightLow[best.axis] = best.place;
        grow(kept(rows, row -> places[row] <= best.place), low, leftHigh);
        grow(kept(rows, row -> places[row] > best.place), rightLow, high);
    }

    private static int[][] kept(int[][] rows, IntPredicate wanted) {
        return Arrays.stream(rows).map(sorted -> Arrays.stream(sorted).filter(wanted).toArray()).toArray(int[][]::new);
    }

    private double sum(int[] rows) {
        var sum = 0.0;
        for (var row : rows) sum += table.losses()[row];
        return sum;
    }

    // By least squares.
    private @Nullable Cut bestCut(int[][] rows) {
        Cut best = null;
        for (var axis = 0; axis < rows.length; axis++) {
            var places = table.places()[axis];
            var sorted = rows[axis];
            double all = sum(sorted), left = 0;
            for (var i = 1; i < sorted.length; i++) {
                left += table.losses()[sorted[i - 1]];
                if (places[sorted[i]] == places[sorted[i - 1]]) continue;
                double right = all - left, gain = left * left / i + right * right / (sorted.length - i) - all * all / sorted.length;
                if (gain > 1e-12 * Math.abs(all * all / sorted.length) && (best == null || gain > best.gain))
                    best = new Cut(axis, (places[sorted[i]] + places[sorted[i - 1]]) / 2, gain);
            }
        }
        return best;
    }

    /// Where a function changes along an axis; along no axis it is one cell.
    private record Edges(int axis, double[] places) {
        static final Edges WHOLE = new Edges(-1, new double[] {0, 1});

        double width(Leaf leaf) {
            return axis < 0 ? 1 : leaf.high[axis] - leaf.low[axis];
        }

        int first(Leaf leaf) {
            return axis < 0 ? 0 : Arrays.binarySearch(places, leaf.low[axis]);
        }

        int end(Leaf leaf) {
            return axis < 0 ? 1 : Arrays.binarySearch(places, leaf.high[axis]);
        }
    }
}
