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

    /// The part of it that can be drawn.
    Range drawn() {
        return new Range(Math.clamp(low, -HUGE, HUGE), Math.clamp(high, -HUGE, HUGE));
    }

    /// All values, or as far as it is useful to look: when at most a quarter of the values lie far on the bad side of the others (runs
    /// that diverged), the range ends before them. Without values 0 to 1.
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

    // Where to end, going up from the best value: the worst one, unless three quarters of them end long before it; then the worst of those
    // that are near them.
    private static double near(double[] sorted, double best, double worst) {
        var most = sorted[(int) (0.75 * (sorted.length - 1))];
        if (sorted.length < 5 || most == best || worst - most <= 3 * (most - best)) return worst;
        var end = most;
        for (var value : sorted) if (value <= most + 1.5 * (most - best)) end = value;
        return end;
    }

    private static double[] negated(double[] values) {
        return Arrays.stream(values).map(v -> -v).sorted().toArray();
    }
}
