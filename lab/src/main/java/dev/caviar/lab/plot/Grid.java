package dev.caviar.lab.plot;

import java.awt.geom.Path2D;
import java.util.Arrays;

/// Values of a surface at evenly spaced places: `values[row * columns + column]`, the first row at the bottom.
record Grid(int columns, int rows, double[] values) {
    /// What is not finite becomes as high as the highest that is: a cost that overflows is a wall.
    Grid {
        double most = Arrays.stream(values).filter(Double::isFinite).max().orElse(0);
        values = Arrays.stream(values).map(v -> Double.isFinite(v) ? v : most).toArray();
    }

    /// Values at the places themselves.
    interface Surface {
        double at(int column, int row);
    }

    static Grid of(int columns, int rows, Surface surface) {
        var values = new double[columns * rows];
        for (int i = 0; i < values.length; i++) {
            values[i] = surface.at(i % columns, i / columns);
        }
        return new Grid(columns, rows, values);
    }

    double lowest() {
        return Arrays.stream(values).min().orElse(0);
    }

    double highest() {
        return Arrays.stream(values).max().orElse(0);
    }

    /// Between the places: from the four around, each the more the nearer.
    double between(double column, double row) {
        int c = Math.clamp((int) column, 0, columns - 2);
        int r = Math.clamp((int) row, 0, rows - 2);
        double right = column - c, up = row - r;
        return (1 - up) * ((1 - right) * at(c, r) + right * at(c + 1, r)) + up * ((1 - right) * at(c, r + 1) + right * at(c + 1, r + 1));
    }

    private double at(int column, int row) {
        return values[row * columns + column];
    }

    /// The line at one height, in columns and rows: from edge to edge of each square that it crosses (marching squares). A square that is
    /// a saddle is decided by the mean of its corners.
    Path2D line(double height) {
        var path = new Path2D.Double();
        var x = new double[4];
        var y = new double[4];
        for (int r = 0; r < rows - 1; r++) {
            for (int c = 0; c < columns - 1; c++) {
                double[] corner = {at(c, r) - height, at(c + 1, r) - height, at(c + 1, r + 1) - height, at(c, r + 1) - height};
                int n = 0;
                for (int k = 0; k < 4; k++) {       // its edges: lower, right, upper, left
                    double from = corner[k], to = corner[(k + 1) % 4];
                    if (from > 0 == to > 0) continue;
                    double part = from / (from - to);
                    x[n] = c + switch (k) { case 0 -> part; case 1 -> 1; case 2 -> 1 - part; default -> 0; };
                    y[n++] = r + switch (k) { case 0 -> 0; case 1 -> part; case 2 -> 1; default -> 1 - part; };
                }
                if (n == 0) continue;
                boolean turn = n == 4 && Arrays.stream(corner).sum() > 0 == corner[0] > 0;
                for (int k = 0; k < n; k += 2) {
                    int from = turn ? k : (k + n - 1) % n, to = turn ? k + 1 : k;
                    path.moveTo(x[from], y[from]);
                    path.lineTo(x[to], y[to]);
                }
            }
        }
        return path;
    }
}
