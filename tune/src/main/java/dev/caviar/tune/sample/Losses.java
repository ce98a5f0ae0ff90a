package dev.caviar.tune.sample;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import org.hipparchus.special.Erf;

/// Brings losses into a form that a normal distribution describes, in which a Gaussian process can believe.
///
/// Losses of training are heavy-tailed: what diverged says no more than that it is bad, and the good ones may differ by orders of magnitude.
/// So positive losses go through a power (Box and Cox 1964), the worse half is spread by rank as the normal distribution would (Song et al.,
/// "The Vizier Gaussian process bandit algorithm", 2024, section 3.1), and what is left of skewness is taken by another power (Yeo and Johnson
/// 2000). Powers are the most plausible ones; order is kept throughout.
final class Losses {
    private static final int GRID = 10;

    private Losses() {}

    /// With mean 0 and deviation 1 over the different losses; NaN and infinite ones become the worst or best finite one.
    static double[] warped(double[] losses) {
        var values = finite(losses);
        // Equal losses count once: else a plateau that was often met would leave no room between all that is worse.
        var different = Arrays.stream(values).distinct().sorted().toArray();
        var warped = shaped(different);
        return Arrays.stream(values).map(value -> warped[Arrays.binarySearch(different, value)]).toArray();
    }

    private static double[] shaped(double[] different) {
        var values = different;
        if (Arrays.stream(values).allMatch(value -> value > 0)) {
            var typical = median(values);
            var scaled = Arrays.stream(values).map(value -> value / typical).toArray();
            values = powered(scaled, 0, 1, Losses::boxCox, (value, power) -> (power - 1) * Math.log(value));
        }
        return standardised(powered(standardised(halfRanked(values)), -1, 3, Losses::yeoJohnson,
                (value, power) -> (power - 1) * Math.signum(value) * Math.log1p(Math.abs(value))));
    }

    /// With deviation 1 and the zero where it was.
    static double[] scaled(double[] values) {
        var finite = finite(values);
        var deviation = Math.sqrt(Arrays.stream(finite).map(value -> value * value).average().orElse(0));
        return Arrays.stream(finite).map(value -> deviation > 0 ? value / deviation : 0).toArray();
    }

    static double[] standardised(double[] values) {
        var mean = Arrays.stream(values).average().orElse(0);
        var deviation = Math.sqrt(Arrays.stream(values).map(value -> (value - mean) * (value - mean)).average().orElse(0));
        return Arrays.stream(values).map(value -> deviation > 0 ? (value - mean) / deviation : 0).toArray();
    }

    private static double[] finite(double[] losses) {
        var finite = Arrays.stream(losses).filter(Double::isFinite).summaryStatistics();
        if (finite.getCount() == 0) return new double[losses.length];
        return Arrays.stream(losses).map(loss -> Double.isNaN(loss) ? finite.getMax() : Math.clamp(loss, finite.getMin(), finite.getMax())).toArray();
    }

    private static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 2] / 2 + sorted[sorted.length / 2] / 2;
    }

    // Better than the median: by the distance to it, in units of the mean one. Worse: by rank, as the other half of the distribution would be.
    private static double[] halfRanked(double[] values) {
        var median = median(values);
        var deviation = Math.sqrt(Arrays.stream(values).filter(value -> value <= median).map(value -> (value - median) * (value - median)).average().orElse(0));
        var ranked = new double[values.length];
        for (var i = 0; i < ranked.length; i++) {
            if (values[i] <= median) ranked[i] = deviation > 0 ? (values[i] - median) / deviation : 0;
            else {
                double below = 0;
                for (var other : values) below += other < values[i] ? 1 : other == values[i] ? 0.5 : 0;
                ranked[i] = Math.sqrt(2) * Erf.erfInv(2 * below / values.length - 1);
            }
        }
        return ranked;
    }

    // By the power under which the values look most normal; `jacobian` is the logarithm of the transformation's derivative.
    private static double[] powered(double[] values, double from, double to, DoubleBinaryOperator transform, DoubleBinaryOperator jacobian) {
        var best = values;
        var most = Double.NEGATIVE_INFINITY;
        var steps = (int) Math.round((to - from) * GRID);
        for (var step = 0; step <= steps; step++) {
            var power = from + (double) step / GRID;
            var moved = Arrays.stream(values).map(value -> transform.applyAsDouble(value, power)).toArray();
            var mean = Arrays.stream(moved).average().orElse(0);
            var variance = Arrays.stream(moved).map(value -> (value - mean) * (value - mean)).average().orElse(0);
            var likelihood = -0.5 * values.length * Math.log(variance) + Arrays.stream(values).map(value -> jacobian.applyAsDouble(value, power)).sum();
            if (likelihood > most && Double.isFinite(likelihood)) {
                most = likelihood;
                best = moved;
            }
        }
        return best;
    }

    private static double boxCox(double value, double power) {
        return Math.abs(power) < 1e-9 ? Math.log(value) : (Math.pow(value, power) - 1) / power;
    }

    private static double yeoJohnson(double value, double power) {
        if (value >= 0) return boxCox(value + 1, power);
        return -boxCox(1 - value, 2 - power);
    }
}
