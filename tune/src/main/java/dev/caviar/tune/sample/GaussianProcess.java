package dev.caviar.tune.sample;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/// What is believed of a function after some of its values: a mean and a deviation everywhere.
///
/// The kernel is fitted by the maximum of its posterior. Several columns of values at the same points (fantasies of those not yet known) share
/// all that does not depend on values. Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and section 5.4.1.
final class GaussianProcess {
    private final Kernel kernel;
    private final double[][] points;
    private final Cholesky cholesky;
    private final double[][] weights;      // one row per column of values

    GaussianProcess(Kernel kernel, double[][] points, double[]... columns) {
        this.kernel = kernel;
        this.points = points;
        var n = points.length;
        var matrix = new double[n][n];
        for (var i = 0; i < n; i++) {
            for (var j = i + 1; j < n; j++) matrix[i][j] = kernel.at(points[i], points[j]);
            matrix[i][i] = kernel.scale() + Kernel.CONSTANT + kernel.noise();
        }
        cholesky = new Cholesky(matrix);
        weights = new double[columns.length][];
        for (var m = 0; m < columns.length; m++) weights[m] = cholesky.unwhiten(cholesky.whiten(columns[m]));
    }

    Kernel kernel() {
        return kernel;
    }

    /// The belief at one point.
    Belief at(double[] x) {
        var n = points.length;
        double[] squares = new double[n], covariance = new double[n];
        for (var i = 0; i < n; i++) {
            squares[i] = kernel.distance(x, points[i]);
            covariance[i] = kernel.scale() * Kernel.matern(squares[i]) + Kernel.CONSTANT;
        }
        return belief(x, squares, covariance);
    }

    /// The belief at a point, from its squared distances to all known points.
    Belief at(double[] x, double[] squares) {
        var covariance = new double[squares.length];
        for (var i = 0; i < squares.length; i++) covariance[i] = kernel.scale() * Kernel.matern(squares[i]) + Kernel.CONSTANT;
        return belief(x, squares, covariance);
    }

    double[][] points() {
        return points;
    }

    private Belief belief(double[] x, double[] squares, double[] covariance) {
        var means = new double[weights.length];
        for (var m = 0; m < means.length; m++) means[m] = dot(weights[m], covariance);
        var explained = cholesky.whiten(covariance);
        var variance = kernel.scale() + Kernel.CONSTANT - dot(explained, explained);
        return new Belief(means, Math.sqrt(Math.max(variance, 1e-10)), x, squares, explained);
    }

    /// The same function where more points are known, at each of which `count` values are made up together, as they may well turn out.
    GaussianProcess imagining(double[][] more, double[] values, int count, RandomGenerator random) {
        if (more.length == 0) return this;
        int n = points.length, p = more.length;
        var beliefs = Arrays.stream(more).map(this::at).toList();
        var matrix = new double[p][p];
        for (var i = 0; i < p; i++)
            for (var j = i; j < p; j++)
                matrix[i][j] = kernel.at(more[i], more[j]) - dot(beliefs.get(i).explained, beliefs.get(j).explained) + (i == j ? 1e-6 : 0);
        var spread = new Cholesky(matrix);
        var all = Arrays.copyOf(points, n + p);
        System.arraycopy(more, 0, all, n, p);
        var columns = new double[count][];
        for (var m = 0; m < count; m++) {
            var noise = new double[p];
            for (var i = 0; i < p; i++) noise[i] = count == 1 ? 0 : random.nextGaussian();
            var drawn = spread.colour(noise);
            columns[m] = Arrays.copyOf(values, n + p);
            for (var i = 0; i < p; i++) columns[m][n + i] = beliefs.get(i).means[0] + drawn[i];
        }
        return new GaussianProcess(kernel, all, columns);
    }

    /// What is believed of one point: a mean per column of values, and one deviation.
    final class Belief {
        final double[] means;
        final double deviation;
        private final double[] x;
        private final double[] squares;
        private final double[] explained;

        Belief(double[] means, double deviation, double[] x, double[] squares, double[] explained) {
            this.means = means;
            this.deviation = deviation;
            this.x = x;
            this.squares = squares;
            this.explained = explained;
        }

        /// Adds to a gradient by the point, where its numbers move: so much per unit of each mean, and of the deviation.
        void addGradient(double[] byMean, double byDeviation, double[] gradient) {
            var n = points.length;
            var towards = cholesky.unwhiten(explained);
            var factors = new double[n];
            for (var i = 0; i < n; i++) {
                var factor = -byDeviation / deviation * towards[i];
                for (var m = 0; m < byMean.length; m++) factor += byMean[m] * weights[m][i];
                factors[i] = factor * kernel.scale() * Kernel.maternSlope(squares[i]);
            }
            for (var axis = 0; axis < gradient.length; axis++) {
                if (kernel.choices()[axis] || Double.isNaN(x[axis])) continue;
                var sum = 0.0;
                for (var i = 0; i < n; i++) sum += factors[i] * (x[axis] - (Double.isNaN(points[i][axis]) ? 0.5 : points[i][axis]));
                gradient[axis] += 2 * kernel.rates()[axis] * sum;
            }
        }
    }

    static double dot(double[] a, double[] b) {
        double even = 0, odd = 0;
        var i = 0;
        for (; i + 1 < a.length; i += 2) {
            even += a[i] * b[i];
            odd += a[i + 1] * b[i + 1];
        }
        return i < a.length ? even + odd + a[i] * b[i] : even + odd;
    }
}
