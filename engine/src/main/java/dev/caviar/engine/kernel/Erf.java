package dev.caviar.engine.kernel;

/// The error function in double precision.
///
/// Below 3 the series of positive terms erf x = 2/√π · e^(-x²) · Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n+1)), which cannot cancel; from there 1 minus
/// the continued fraction of erfc (Abramowitz and Stegun, 7.1.6 and 7.1.14). Within a few units of the last place.
final class Erf {
    private static final double SQRT_PI = 1.7724538509055160273;
    private static final int DEPTH = 40;

    private Erf() {}

    static double of(double x) {
        double z = Math.abs(x);
        if (z < 3) {
            return series(x);
        }
        // Past 6 the complement is below half a unit of the last place of 1. NaN goes through.
        double value = z > 6 ? 1 : 1 - complement(z);
        return Math.copySign(value, x);
    }

    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / SQRT_PI * Math.exp(-x * x) * sum;
    }

    private static double complement(double z) {
        double tail = z;
        for (int n = DEPTH; n > 0; n--) {
            tail = z + n / 2.0 / tail;
        }
        return Math.exp(-z * z) / (SQRT_PI * tail);
    }
}
