package dev.caviar.tune.sample;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Finds the kernel under which known values are most plausible, given what kernels usually are.
///
/// Everything is searched by its logarithm: rates are normal around a centre that falls with the number of axes, so that points are equally
/// alike in any dimension (Hvarfner, Hellsten and Nardi, "Vanilla Bayesian optimization performs great in high dimensions", ICML 2024); the
/// scale is normal around 1, and the noise has the density of Gamma(1.1, 30).
final class KernelFit implements QuasiNewton.Smooth {
    private static final double RATE = 4, SPREAD = 2;
    private static final double LEAST_NOISE = 1e-6;
    private static final int STEPS = 30;
    private static final double TOLERANCE = 0.02;

    private final boolean[] choices;
    private final double[][][] squares;     // by axis, then the lower triangle
    private final double[] values;

    static KernelFit of(boolean[] choices, double[][] points, double[] values) {
        return new KernelFit(choices, points, values);
    }

    private KernelFit(boolean[] choices, double[][] points, double[] values) {
        this.choices = choices;
        this.values = values;
        squares = new double[choices.length][points.length][];
        for (var axis = 0; axis < choices.length; axis++)
            for (var i = 0; i < points.length; i++) {
                squares[axis][i] = new double[i];
                for (var j = 0; j < i; j++) squares[axis][i][j] = Kernel.square(choices[axis], points[i][axis], points[j][axis]);
            }
    }

    /// The fit to values of mean 0 and deviation 1, from a fit to fewer of them on where there is one.
    static Kernel fit(boolean[] choices, double[][] points, double[] values, @Nullable Kernel before) {
        var fit = of(choices, points, values);
        var axes = choices.length;
        var centre = Math.log(RATE / axes);
        double[] low = new double[axes + 2], high = new double[axes + 2];
        Arrays.fill(low, 0, axes, centre - 8);
        Arrays.fill(high, 0, axes, Math.log(1e3));
        low[axes] = Math.log(1e-2);
        high[axes] = Math.log(1e2);
        low[axes + 1] = Math.log(LEAST_NOISE);
        high[axes + 1] = 0;
        double[] wide = start(axes, centre), narrow = start(axes, centre + 2.5);
        if (before != null) {
            for (var axis = 0; axis < axes; axis++) narrow[axis] = Math.log(before.rates()[axis]);
            narrow[axes] = Math.log(before.scale());
            narrow[axes + 1] = Math.log(before.noise());
            var gradient = new double[axes + 2];
            var better = fit.at(narrow, gradient) <= fit.at(wide, gradient) ? narrow : wide;
            QuasiNewton.minimise(fit, better, low, high, STEPS, TOLERANCE);
            return fit.kernel(better);
        }
        var ofWide = QuasiNewton.minimise(fit, wide, low, high, STEPS, TOLERANCE);
        var ofNarrow = QuasiNewton.minimise(fit, narrow, low, high, STEPS, TOLERANCE);
        return fit.kernel(ofNarrow < ofWide ? narrow : wide);
    }

    private static double[] start(int axes, double rate) {
        var x = new double[axes + 2];
        Arrays.fill(x, 0, axes, rate);
        x[axes + 1] = Math.log(1e-3);
        return x;
    }

    private Kernel kernel(double[] x) {
        var rates = new double[choices.length];
        for (var axis = 0; axis < rates.length; axis++) rates[axis] = Math.exp(x[axis]);
        return new Kernel(choices, rates, Math.exp(x[rates.length]), Math.exp(x[rates.length + 1]));
    }

    /// The negative logarithm of the posterior density, but for a constant.
    @Override
    public double at(double[] x, double[] gradient) {
        int n = values.length, axes = choices.length;
        var kernel = kernel(x);
        var matrix = new double[n][n];
        var slopes = new double[n][];
        var correlations = new double[n][];
        for (var i = 0; i < n; i++) {
            var distances = new double[i];
            for (var axis = 0; axis < axes; axis++) {
                double rate = kernel.rates()[axis];
                var row = squares[axis][i];
                for (var j = 0; j < i; j++) distances[j] += rate * row[j];
            }
            slopes[i] = new double[i];
            correlations[i] = new double[i];
            for (var j = 0; j < i; j++) {
                double r = Math.sqrt(5 * distances[j]), decay = Math.exp(-r);
                correlations[i][j] = (1 + r + r * r / 3) * decay;
                slopes[i][j] = -5.0 / 6 * (1 + r) * decay;
                matrix[j][i] = kernel.scale() * correlations[i][j] + Kernel.CONSTANT;
            }
            matrix[i][i] = kernel.scale() + Kernel.CONSTANT + kernel.noise();
        }
        var cholesky = new Cholesky(matrix);
        var white = cholesky.whiten(values);
        var weights = cholesky.unwhiten(white);
        var inverse = cholesky.inverse();
        var result = 0.5 * GaussianProcess.dot(white, white) + 0.5 * cholesky.logDeterminant();
        Arrays.fill(gradient, 0);
        double byScale = 0, byNoise = 0;
        for (var i = 0; i < n; i++) {
            var row = inverse[i];
            for (var j = 0; j < i; j++) {
                row[j] -= weights[i] * weights[j];
                byScale += row[j] * correlations[i][j];
                row[j] *= slopes[i][j];
            }
            var own = row[i] - weights[i] * weights[i];
            byScale += 0.5 * own;
            byNoise += 0.5 * own;
        }
        for (var axis = 0; axis < axes; axis++) {
            var sum = 0.0;
            for (var i = 0; i < n; i++) for (var j = 0; j < i; j++) sum += inverse[i][j] * squares[axis][i][j];
            gradient[axis] = sum * kernel.scale() * kernel.rates()[axis];
        }
        gradient[axes] = byScale * kernel.scale();
        gradient[axes + 1] = byNoise * kernel.noise();
        return result + prior(x, gradient);
    }

    private double prior(double[] x, double[] gradient) {
        var axes = choices.length;
        var sum = 0.0;
        for (var axis = 0; axis < axes; axis++) {
            var off = (x[axis] - Math.log(RATE / axes)) / SPREAD;
            sum += 0.5 * off * off;
            gradient[axis] += off / SPREAD;
        }
        sum += 0.5 * x[axes] * x[axes];
        gradient[axes] += x[axes];
        var noise = Math.exp(x[axes + 1]);
        gradient[axes + 1] += 30 * noise - 0.1;
        return sum + 30 * noise - 0.1 * x[axes + 1];
    }
}
