package dev.caviar.lab.plot;

import dev.caviar.tune.record.Direction;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/// An interval on an axis, `low < high`, both finite.
record Range(double low, double high) {
    // Beyond it sums and differences may overflow, and nothing real is measured.
    private static final double HUGE = 1e150;

    double span() {
        return high - low;
    }

    boolean contains(double value) {
        return value >= low && value <= high;
    }

    /// The value moved inside.
    double clamp(double value) {
        return Math.clamp(value, low, high);
    }

    /// The range moved apart by these shares of its length.
    Range padded(double below, double above) {
        return new Range(low - below * span(), high + above * span());
    }

    static boolean drawable(double value) {
        return Math.abs(value) <= HUGE;     // also false for NaN
    }

    /// All values, or as far as it is useful to look: when a few values lie far on the bad side of all others (a run that diverged),
    /// the range ends before them. Without values 0 to 1.
    static Range useful(double[] values, Direction good) {
        var sorted = DoubleStream.of(values).filter(Range::drawable).sorted().toArray();
        if (sorted.length == 0) return new Range(0, 1);
        double low = sorted[0], high = sorted[sorted.length - 1];
        if (good == Direction.MAXIMIZE) low = -near(negated(sorted), -high, -low);
        else high = near(sorted, low, high);
        return around(low, high);
    }

    /// From the smaller to the greater, or a little around them where they are equal.
    static Range around(double low, double high) {
        var wide = Math.max(Math.abs(low), Math.abs(high)) * 1e-6;
        if (high - low > wide) return new Range(low, high);
        var more = low == 0 && high == 0 ? 0.5 : Math.max(Math.abs(low), Math.abs(high)) * 0.05;
        return new Range(low - more, high + more);
    }

    // Where to end, going up from the best value: the worst one, unless nine tenths of them end long before it.
    private static double near(double[] sorted, double best, double worst) {
        var most = sorted[(int) Math.ceil(0.9 * (sorted.length - 1) - 1e-9)];
        if (sorted.length < 10) most = sorted[Math.max(0, sorted.length - 2)];
        var spread = most - best;
        return sorted.length > 3 && spread > 0 && worst - most > 2 * spread ? most + 0.5 * spread : worst;
    }

    private static double[] negated(double[] values) {
        return Arrays.stream(values).map(v -> -v).sorted().toArray();
    }
}
