package dev.caviar.nn.optim;

/// A rate that rises from `peak/start` to `peak` and falls to `peak/(start·end)` within one run of `length` steps or epochs
/// (Smith & Topin 2018), along cosines or straight lines.
///
/// `rise` is the part of the time that it rises. With `threePhases` it falls as it rose, and then on to its end. [#momentum] goes the other
/// way.
///
/// ```java
/// var cycle = OneCycle.of(0.1, 5000).inSteps();
/// Optimizer optimizer = Scalars.of(Momentum.of(0.1, 0.95).withRate(cycle)).with("beta", cycle.momentum(0.85, 0.95));
/// ```
public record OneCycle(double peak, double length, double rise, double start, double end, boolean straight, boolean threePhases,
        boolean steps) implements Schedule {
    public OneCycle {
        if (!(length > 1 && rise > 0 && rise < 1 && start > 0 && end > 0)) {
            throw new IllegalArgumentException("OneCycle: length " + length + " must be above 1, the rise " + rise + " in (0, 1), start "
                    + start + " and end " + end + " positive.");
        }
    }

    /// From peak/25 up for 30 % of the time, down to peak/250000, along cosines, in epochs.
    public static OneCycle of(double peak, double length) {
        return new OneCycle(peak, length, 0.3, 25, 1e4, false, false, false);
    }

    public OneCycle withRise(double rise) {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, steps);
    }

    /// The peak is `start` times the first rate.
    public OneCycle withStart(double start) {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, steps);
    }

    /// The first rate is `end` times the last one.
    public OneCycle withEnd(double end) {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, steps);
    }

    public OneCycle withStraight(boolean straight) {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, steps);
    }

    public OneCycle withThreePhases(boolean threePhases) {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, steps);
    }

    public OneCycle inSteps() {
        return new OneCycle(peak, length, rise, start, end, straight, threePhases, true);
    }

    @Override
    public double at(long step, int epoch) {
        return at(steps ? step : epoch, peak / start, peak, peak / start / end);
    }

    /// A momentum that is largest where the rate is smallest, over the same time.
    public Schedule momentum(double low, double high) {
        return (step, epoch) -> at(steps ? step : epoch, high, low, high);
    }

    private double at(double t, double first, double middle, double last) {
        double top = rise * length - 1;
        double back = threePhases ? 2 * rise * length - 2 : length - 1;
        if (t <= top) {
            return between(first, middle, t / top);
        }
        if (!threePhases || t <= back) {
            return between(middle, threePhases ? first : last, Math.min(1, (t - top) / (back - top)));
        }
        return between(first, last, Math.min(1, (t - back) / (length - 1 - back)));
    }

    private double between(double from, double to, double part) {
        return straight ? from + (to - from) * part : to + (from - to) / 2 * (1 + Math.cos(Math.PI * part));
    }
}
