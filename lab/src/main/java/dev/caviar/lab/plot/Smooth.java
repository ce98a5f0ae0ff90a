package dev.caviar.lab.plot;

import java.util.List;

/// The mean of values around each place of a square, the nearer the more (Nadaraya 1964; Watson 1964), on cells: blurred by a Gaussian along an
/// axis of numbers, and not at all between the columns of choices, which have no neighbours.
final class Smooth {
    private static final int CELLS = 120;
    private static final double NARROWEST = 0.035, WIDEST = 0.12, WIDTH = 0.4, LEAST = 0.05;      // shares of the axis; the last of one trial's weight

    private final int columns, rows;
    private final boolean across, up;
    private final double[] sums, weights;

    /// A value at a place in [0, 1]².
    record Spot(double x, double y, double value) {}

    Smooth(Axis x, Axis y, List<Spot> spots) {
        across = x.columns();
        up = y.columns();
        columns = across ? (int) Math.round(x.range().span() / x.group()) : CELLS;
        rows = up ? (int) Math.round(y.range().span() / y.group()) : CELLS;
        sums = new double[columns * rows];
        weights = new double[columns * rows];
        for (var spot : spots) {
            var cell = cell(spot.y, rows) * columns + cell(spot.x, columns);
            sums[cell] += spot.value;
            weights[cell]++;
        }
        var width = Math.clamp(WIDTH / Math.sqrt(Math.max(1, spots.size())), NARROWEST, WIDEST) * CELLS;
        for (var values : List.of(sums, weights)) {
            if (!across) blur(values, rows, columns, columns, 1, width);
            if (!up) blur(values, columns, rows, 1, columns, width);
        }
    }

    private static int cell(double share, int cells) {
        return Math.clamp((long) (share * cells), 0, cells - 1);
    }

    // Line by line; the middle of the Gaussian is 1, so that weights count trials.
    private static void blur(double[] values, int lines, int length, int line, int step, double width) {
        var reach = (int) Math.ceil(3 * width);
        var kernel = new double[reach + 1];
        for (var i = 0; i <= reach; i++) kernel[i] = Math.exp(-0.5 * i * i / (width * width));
        var now = new double[length];
        for (var l = 0; l < lines; l++) {
            for (var i = 0; i < length; i++) now[i] = values[l * line + i * step];
            for (var i = 0; i < length; i++) {
                var sum = 0.0;
                for (var k = Math.max(0, i - reach); k <= Math.min(length - 1, i + reach); k++) sum += kernel[Math.abs(i - k)] * now[k];
                values[l * line + i * step] = sum;
            }
        }
    }

    /// The mean around a place; NaN where no trial is near.
    double at(double x, double y) {
        double column = place(x, columns, across), row = place(y, rows, up);
        int left = (int) column, low = (int) row, right = Math.min(left + 1, columns - 1), high = Math.min(low + 1, rows - 1);
        var weight = between(weights, column - left, row - low, left, right, low, high);
        return weight < LEAST ? Double.NaN : between(sums, column - left, row - low, left, right, low, high) / weight;
    }

    // Numbers between the middles of two cells, choices at their own.
    private static double place(double share, int cells, boolean whole) {
        return whole ? cell(share, cells) : Math.clamp(share * cells - 0.5, 0, cells - 1);
    }

    private double between(double[] values, double x, double y, int left, int right, int low, int high) {
        return (1 - y) * ((1 - x) * values[low * columns + left] + x * values[low * columns + right])
                + y * ((1 - x) * values[high * columns + left] + x * values[high * columns + right]);
    }
}
