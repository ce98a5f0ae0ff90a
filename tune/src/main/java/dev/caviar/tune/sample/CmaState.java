package dev.caviar.tune.sample;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.EigenDecompositionSymmetric;

/// Where CMA-ES stands after some generations: the distribution that the next trials are drawn from; immutable.
///
/// Names of numbers are those of Hansen, "The CMA evolution strategy: A tutorial", 2016, whose appendix A this follows with positive weights.
/// Points that older distributions made are pulled back to where this one could have made them (Hansen, "Injecting external solutions into
/// CMA-ES", 2011). Numbers of few values keep a chance to leave theirs by a margin (Hamano et al., "CMA-ES with margin", GECCO 2022, section 3), and
/// choices are drawn by shares that move with the winners (Hamano et al., "CatCMA", GECCO 2024, without its covariance). When nothing moves any more it starts
/// anew elsewhere with twice the generation (IPOP, Auger and Hansen, CEC 2005).
final class CmaState {
    private static final double SIGMA = 1.0 / 4;
    private static final double LEAST_SIGMA = 1e-6;
    private static final double WORST_CONDITION = 1e14;
    private static final int RETRIES = 20;
    private static final NormalDistribution NORMAL = new NormalDistribution();

    private final Axes axes;
    private final int[] numbers;        // axes that are numbers
    private final int generation;       // of the restart
    private final int lambda;
    private final double[] mean;
    private final double sigma;
    private final double[][] covariance;
    private final double[][] directions;    // columns are eigenvectors
    private final double[] lengths;         // square roots of eigenvalues
    private final double[] sigmaPath;
    private final double[] covariancePath;
    private final double[] margin;          // factors per number
    private final double[][] shares;        // of the values of each choice
    private final int still;                // generations without a better loss
    private final double best;

    private CmaState(Axes axes, int lambda, double[] mean, double[][] shares) {
        this(axes, 0, lambda, mean, SIGMA, identity(mean.length), new double[mean.length], new double[mean.length], ones(mean.length), shares, 0, Double.POSITIVE_INFINITY);
    }

    private CmaState(Axes axes, int generation, int lambda, double[] mean, double sigma, double[][] covariance, double[] sigmaPath, double[] covariancePath,
            double[] margin, double[][] shares, int still, double best) {
        this.axes = axes;
        this.numbers = numbers(axes);
        this.generation = generation;
        this.lambda = lambda;
        this.mean = mean;
        this.sigma = sigma;
        this.covariance = covariance;
        this.sigmaPath = sigmaPath;
        this.covariancePath = covariancePath;
        this.margin = margin;
        this.shares = shares;
        this.still = still;
        this.best = best;
        var n = mean.length;
        directions = new double[n][n];
        lengths = new double[n];
        if (n == 0) return;
        var eigen = new EigenDecompositionSymmetric(new Array2DRowRealMatrix(covariance));
        for (var j = 0; j < n; j++) {
            lengths[j] = Math.sqrt(Math.max(eigen.getEigenvalue(j), 1e-20));
            var vector = eigen.getEigenvector(j).toArray();
            for (var i = 0; i < n; i++) directions[i][j] = vector[i];
        }
    }

    /// Before any trial: around the middle, every choice alike.
    static CmaState first(Axes axes) {
        var n = numbers(axes).length;
        var middle = new double[n];
        Arrays.fill(middle, 0.5);
        return new CmaState(axes, 4 + (int) (3 * Math.log(Math.max(axes.count(), 1))), middle, alike(axes));
    }

    /// How many trials the next generation is made of.
    int lambda() {
        return lambda;
    }

    /// One point of the distribution, within the space.
    double[] draw(RandomGenerator random) {
        var genes = axes.random(random);
        for (var axis = 0; axis < genes.length; axis++) if (axes.choice(axis)) genes[axis] = drawn(shares[axis], random);
        var n = mean.length;
        double[] place = new double[n];
        for (var i = 0; i < RETRIES; i++) {
            place = mean.clone();
            for (var j = 0; j < n; j++) {
                var step = sigma * lengths[j] * random.nextGaussian();
                for (var k = 0; k < n; k++) place[k] += directions[k][j] * step * margin[k];
            }
            if (Arrays.stream(place).allMatch(value -> value >= 0 && value <= 1)) break;
        }
        for (var k = 0; k < n; k++) genes[numbers[k]] = axes.snap(numbers[k], Math.clamp(place[k], 0, 1));
        return axes.existing(genes);
    }

    /// The state after a generation, its points best first; `loss` is that of the best.
    CmaState after(double[][] ranked, double loss) {
        var n = mean.length;
        var mu = Math.max(1, ranked.length / 2);
        var weights = weights(ranked.length, mu);
        var nextShares = moved(ranked, weights);
        var improved = loss < best - 1e-12 * Math.abs(best);
        if (n == 0) return new CmaState(axes, generation + 1, lambda, mean, sigma, covariance, sigmaPath, covariancePath, margin, nextShares, 0, loss);
        var effective = 1 / Arrays.stream(weights).map(w -> w * w).sum();
        double cs = (effective + 2) / (n + effective + 5), cc = (4 + effective / n) / (n + 4 + 2 * effective / n);
        double c1 = 2 / ((n + 1.3) * (n + 1.3) + effective);
        var cmu = Math.min(1 - c1, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective));
        var damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cs;
        var expected = Math.sqrt(n) * (1 - 1.0 / (4 * n) + 1.0 / (21.0 * n * n));
        var steps = new double[mu][];
        var step = new double[n];
        for (var i = 0; i < mu; i++) {
            steps[i] = step(ranked[i]);
            for (var k = 0; k < n; k++) step[k] += weights[i] * steps[i][k];
        }
        var white = white(step);
        double[] ps = new double[n], pc = new double[n], nextMean = new double[n];
        for (var k = 0; k < n; k++) ps[k] = (1 - cs) * sigmaPath[k] + Math.sqrt(cs * (2 - cs) * effective) * white[k];
        var length = norm(ps);
        var settled = length / Math.sqrt(1 - Math.pow(1 - cs, 2.0 * (generation + 1))) < (1.4 + 2 / (n + 1.0)) * expected;
        for (var k = 0; k < n; k++) {
            pc[k] = (1 - cc) * covariancePath[k] + (settled ? Math.sqrt(cc * (2 - cc) * effective) * step[k] : 0);
            nextMean[k] = Math.clamp(mean[k] + sigma * margin[k] * step[k], 0, 1);
        }
        var next = new double[n][n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) {
                var sum = (1 - c1 - cmu + (settled ? 0 : c1 * cc * (2 - cc))) * covariance[i][j] + c1 * pc[i] * pc[j];
                for (var m = 0; m < mu; m++) sum += cmu * weights[m] * steps[m][i] * steps[m][j];
                next[i][j] = next[j][i] = sum;
            }
        var nextSigma = Math.min(1, sigma * Math.exp(Math.min(1, cs / damping * (length / expected - 1))));
        if (finished(nextSigma, improved)) return restarted(ranked);
        var nextMargin = margin.clone();
        keepMargins(nextMean, nextSigma, next, nextMargin);
        return new CmaState(axes, generation + 1, lambda, nextMean, nextSigma, next, ps, pc, nextMargin, nextShares, improved ? 0 : still + 1, Math.min(best, loss));
    }

    private boolean finished(double nextSigma, boolean improved) {
        var sorted = lengths.clone();
        Arrays.sort(sorted);
        return nextSigma * sorted[sorted.length - 1] < LEAST_SIGMA || Math.pow(sorted[sorted.length - 1] / sorted[0], 2) > WORST_CONDITION
                || !improved && still > 10 + 30 * mean.length / lambda;
    }

    // Somewhere else that follows from what was tried, so that it is found again from the history.
    private CmaState restarted(double[][] ranked) {
        var random = new SplittableRandom(Arrays.deepHashCode(ranked));
        return new CmaState(axes, 2 * lambda, Arrays.stream(mean).map(ignored -> random.nextDouble()).toArray(), alike(axes));
    }

    // From the mean in units of sigma, at most as long as this distribution makes them; a number that does not exist stands at the mean.
    private double[] step(double[] point) {
        var n = mean.length;
        var step = new double[n];
        for (var k = 0; k < n; k++) step[k] = Double.isNaN(point[numbers[k]]) ? 0 : (point[numbers[k]] - mean[k]) / (sigma * margin[k]);
        double longest = Math.sqrt(n) + 2.0 * n / (n + 2), length = norm(white(step));
        if (length > longest) for (var k = 0; k < n; k++) step[k] *= longest / length;
        return step;
    }

    private double[] white(double[] vector) {
        var n = vector.length;
        var result = new double[n];
        for (var j = 0; j < n; j++) {
            var along = 0.0;
            for (var k = 0; k < n; k++) along += directions[k][j] * vector[k];
            for (var k = 0; k < n; k++) result[k] += directions[k][j] * along / lengths[j];
        }
        return result;
    }

    // Every number of few values keeps a chance of 1 / (numbers * lambda) to leave the value of the mean: Hamano et al., equations 12 to 18.
    private void keepMargins(double[] mean, double sigma, double[][] covariance, double[] margin) {
        var alpha = 1.0 / (mean.length * lambda);
        for (var k = 0; k < mean.length; k++) {
            var levels = axes.levels(numbers[k]);
            if (levels == null || levels.length < 2 || axes.smooth(numbers[k])) continue;
            var at = 0;
            while (at + 1 < levels.length && mean[k] > (levels[at] + levels[at + 1]) / 2) at++;
            var deviation = sigma * margin[k] * Math.sqrt(covariance[k][k]);
            if (at == 0 || at == levels.length - 1) {
                var wall = at == 0 ? (levels[0] + levels[1]) / 2 : (levels[at - 1] + levels[at]) / 2;
                var reach = NORMAL.inverseCumulativeProbability(1 - alpha) * deviation;
                mean[k] = wall + Math.copySign(Math.min(Math.abs(mean[k] - wall), reach), mean[k] - wall);
                continue;
            }
            double low = (levels[at - 1] + levels[at]) / 2, high = (levels[at] + levels[at + 1]) / 2;
            double below = Normal.cdf((low - mean[k]) / deviation), above = Normal.cdf((mean[k] - high) / deviation), within = 1 - below - above;
            double atLeastBelow = Math.max(alpha / 2, below), atLeastAbove = Math.max(alpha / 2, above);
            var excess = (1 - atLeastBelow - atLeastAbove - within) / (atLeastBelow + atLeastAbove + within - 1.5 * alpha);
            if (excess == 0) continue;
            double fromBelow = NORMAL.inverseCumulativeProbability(1 - Math.clamp(atLeastBelow + excess * (atLeastBelow - alpha / 2), 1e-12, 0.499));
            double fromAbove = NORMAL.inverseCumulativeProbability(1 - Math.clamp(atLeastAbove + excess * (atLeastAbove - alpha / 2), 1e-12, 0.499));
            margin[k] = (high - low) / (sigma * Math.sqrt(covariance[k][k]) * (fromBelow + fromAbove));
            mean[k] = (low * fromAbove + high * fromBelow) / (fromBelow + fromAbove);
        }
    }

    private double[][] moved(double[][] ranked, double[] weights) {
        var next = new double[axes.count()][];
        for (var axis = 0; axis < next.length; axis++) {
            if (!axes.choice(axis)) continue;
            next[axis] = shares[axis].clone();
            double rate = 1 / (1 + Math.sqrt(next[axis].length)), least = 1.0 / (next[axis].length * lambda);
            for (var i = 0; i < weights.length; i++) {
                if (Double.isNaN(ranked[i][axis])) continue;
                for (var value = 0; value < next[axis].length; value++)
                    next[axis][value] += rate * weights[i] * ((value == (int) ranked[i][axis] ? 1 : 0) - shares[axis][value]);
            }
            var row = Arrays.stream(next[axis]).map(share -> Math.max(share, least)).toArray();
            var sum = Arrays.stream(row).sum();
            next[axis] = Arrays.stream(row).map(share -> share / sum).toArray();
        }
        return next;
    }

    private static double drawn(double[] shares, RandomGenerator random) {
        var left = random.nextDouble();
        for (var value = 0; value < shares.length; value++) if ((left -= shares[value]) < 0) return value;
        return shares.length - 1;
    }

    private static double[] weights(int lambda, int mu) {
        var weights = new double[mu];
        for (var i = 0; i < mu; i++) weights[i] = Math.log((lambda + 1) / 2.0) - Math.log(i + 1);
        if (mu == 1) weights[0] = 1;
        var sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    private static double norm(double[] vector) {
        return Math.sqrt(Arrays.stream(vector).map(v -> v * v).sum());
    }

    private static double[] ones(int n) {
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double[][] identity(int n) {
        var identity = new double[n][n];
        for (var i = 0; i < n; i++) identity[i][i] = 1;
        return identity;
    }

    private static double[][] alike(Axes axes) {
        var shares = new double[axes.count()][];
        for (var axis = 0; axis < shares.length; axis++) {
            if (!axes.choice(axis)) continue;
            shares[axis] = new double[axes.levels(axis).length];
            Arrays.fill(shares[axis], 1.0 / shares[axis].length);
        }
        return shares;
    }

    private static int[] numbers(Axes axes) {
        return IntStream.range(0, axes.count()).filter(axis -> !axes.choice(axis)).toArray();
    }
}
