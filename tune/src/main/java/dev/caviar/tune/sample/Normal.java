package dev.caviar.tune.sample;

import org.hipparchus.special.Erf;

/// The standard normal distribution where its tails matter.
///
/// Everything rests on erfcx(x) = exp(x²) erfc(x), interpolated once at Chebyshev nodes: it neither over- nor underflows.
final class Normal {
    private static final double SQRT_2 = Math.sqrt(2), SQRT_PI = Math.sqrt(Math.PI), LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
    private static final double FOLD = 3;    // [0, ∞) is folded onto [-1, 1) around here
    private static final double[] CHEBYSHEV = coefficients(40);

    private Normal() {}

    /// The probability of less than z.
    static double cdf(double z) {
        return z > 0 ? 1 - cdf(-z) : 0.5 * erfcx(-z / SQRT_2) * Math.exp(-z * z / 2);
    }

    /// Its logarithm, exact far into the tail.
    static double logCdf(double z) {
        return z > 0 ? Math.log1p(-cdf(-z)) : Math.log(0.5 * erfcx(-z / SQRT_2)) - z * z / 2;
    }

    /// The derivative of the last: φ(z) / Φ(z).
    static double logCdfSlope(double z) {
        return z > 0 ? Math.exp(-z * z / 2 - LOG_SQRT_2PI) / cdf(z) : SQRT_2 / SQRT_PI / erfcx(-z / SQRT_2);
    }

    /// The logarithm of φ(z) + z Φ(z), the expected improvement in units of the deviation; see Ament et al., "Unexpected improvements to expected
    /// improvement for Bayesian optimization", NeurIPS 2023, section 4.1.
    static double logImprovement(double z) {
        if (z > -1) return Math.log(Math.exp(-z * z / 2 - LOG_SQRT_2PI) + z * cdf(z));
        return -z * z / 2 - LOG_SQRT_2PI + Math.log(rest(-z));
    }

    /// The derivative of the last: Φ(z) / (φ(z) + z Φ(z)).
    static double logImprovementSlope(double z) {
        if (z > -1) return cdf(z) / (Math.exp(-z * z / 2 - LOG_SQRT_2PI) + z * cdf(z));
        return SQRT_2 * SQRT_PI * 0.5 * erfcx(-z / SQRT_2) / rest(-z);
    }

    // 1 - x m(x) with Mills' ratio m; by its series where the difference would cancel.
    private static double rest(double x) {
        if (x < 25) return 1 - x * Math.sqrt(Math.PI / 2) * erfcx(x / SQRT_2);
        var square = 1 / (x * x);
        return square * (1 - square * (3 - square * (15 - square * (105 - square * 945))));
    }

    /// exp(x²) erfc(x) for x of 0 and more.
    static double erfcx(double x) {
        var t = (x - FOLD) / (x + FOLD);
        double next = 0, afterNext = 0;
        for (var i = CHEBYSHEV.length - 1; i > 0; i--) {
            var sum = 2 * t * next - afterNext + CHEBYSHEV[i];
            afterNext = next;
            next = sum;
        }
        return (t * next - afterNext + CHEBYSHEV[0]) / (x + 1);
    }

    private static double[] coefficients(int count) {
        var values = new double[count];
        for (var j = 0; j < count; j++) {
            var t = Math.cos(Math.PI * (j + 0.5) / count);
            var x = FOLD * (1 + t) / (1 - t);
            values[j] = (x + 1) * (x < 2.5 ? Math.exp(x * x) * Erf.erfc(x) : continued(x));
        }
        var coefficients = new double[count];
        for (var i = 0; i < count; i++) {
            for (var j = 0; j < count; j++) coefficients[i] += values[j] * Math.cos(Math.PI * i * (j + 0.5) / count);
            coefficients[i] *= (i == 0 ? 1.0 : 2.0) / count;
        }
        return coefficients;
    }

    // The continued fraction of erfc: Abramowitz and Stegun, 7.1.14.
    private static double continued(double x) {
        var fraction = x;
        for (var k = 200; k > 0; k--) fraction = x + k / 2.0 / fraction;
        return 1 / (SQRT_PI * fraction);
    }
}
