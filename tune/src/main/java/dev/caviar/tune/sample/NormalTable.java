package dev.caviar.tune.sample;

/// The standard normal distribution by a table, for where thousands of its values are needed at once.
final class NormalTable {
    private static final double END = 9;
    private static final int PER_UNIT = 256;
    private static final double STEP = 1.0 / PER_UNIT;
    private static final double[] CDF = new double[(int) (2 * END * PER_UNIT) + 1];

    static {
        // Simpson's rule from one entry to the next.
        for (int i = 1; i < CDF.length; i++) {
            double x = -END + (i - 1) * STEP;
            CDF[i] = CDF[i - 1] + STEP / 6 * (density(x) + 4 * density(x + STEP / 2) + density(x + STEP));
        }
    }

    private NormalTable() {}

    /// The probability of less than z, within 1e-12.
    static double cdf(double z) {
        if (z <= -END) return 0;
        if (z >= END) return 1;
        double at = (z + END) * PER_UNIT;
        int left = (int) at;
        double rest = (at - left) * STEP, slope = density(-END + left * STEP), x = -END + left * STEP;
        // Taylor's series around the entry to the left: the derivatives of a normal density are the density by polynomials.
        return CDF[left] + rest * slope * (1 - rest / 2 * (x - rest / 3 * (x * x - 1)));
    }

    private static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }
}
