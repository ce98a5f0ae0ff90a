package dev.caviar.tune.space;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Whole numbers from `low` to `high`, both ends included; with a `step` above one only `low`, `low + step`, ... .
///
/// `high` is moved down to the last value that can be reached. The log scale needs `low >= 1` and the step 1. On the power-of-two scale the
/// ends are moved inwards to powers of two. Ends lie within ±2^53, where storages keep them exactly. Anything else throws [SpaceException].
///
/// ```java
/// var layers = Whole.of(1, 3);
/// var batch = Whole.of(16, 256, Scale.POWER_OF_TWO);
/// assert batch.size().getAsLong() == 5 && batch.at(0.99).equals(256L);
/// ```
///
/// @param low  the least value
/// @param high the greatest value, at least `low`
/// @param scale [Scale#LINEAR], [Scale#LOG] or [Scale#POWER_OF_TWO]
/// @param step the distance of neighbours, usually 1
public record Whole(long low, long high, Scale scale, long step) implements Dist {
    private static final long LIMIT = 1L << 53;

    public Whole {
        var self = "Whole(" + low + ", " + high + ", " + scale.label() + (step == 1 ? "" : ", step " + step) + ")";
        if (low > high) throw new SpaceException(self + ": an impossible range, it begins above its end."
                + "\nMaybe low and high are exchanged.");
        if (low < -LIMIT || high > LIMIT) throw new SpaceException(self + ": ends must lie within ±2^53.");
        if (step < 1) throw new SpaceException(self + ": a step must be at least 1.");
        if (step > 1 && scale != Scale.LINEAR) throw new SpaceException(self + ": a step needs the linear scale.");
        switch (scale) {
            case LINEAR -> high = low + (high - low) / step * step;
            case LOG -> {
                if (low < 1) throw new SpaceException(self + ": a log scale cannot begin at " + low + "."
                        + "\nMaybe begin at 1.");
            }
            case POWER_OF_TWO -> {
                if (high < 1) throw new SpaceException(self + ": there is no power of two in this range.");
                var from = low <= 1 ? 1 : Long.highestOneBit(low - 1) << 1;
                var to = Long.highestOneBit(high);
                if (from > to) throw new SpaceException(self + ": there is no power of two in this range.");
                low = from;
                high = to;
            }
            case ONE_MINUS_LOG -> throw new SpaceException(self + ": a one-minus-log scale lies below 1, where no whole numbers are."
                    + "\nMaybe the type real was meant.");
        }
    }

    /// Every whole number from `low` to `high`, equally likely.
    public static Whole of(long low, long high) {
        return new Whole(low, high, Scale.LINEAR, 1);
    }

    /// From `low` to `high`, even on a scale.
    public static Whole of(long low, long high, Scale scale) {
        return new Whole(low, high, scale, 1);
    }

    /// The same with a distance between neighbours.
    public Whole withStep(long step) {
        return new Whole(low, high, scale, step);
    }

    @Override
    public Object at(double unit) {
        if (scale == Scale.LOG) return logarithmic(unit, 0.5);
        var count = count();
        return nth(Math.clamp((long) (unit * count), 0, count - 1));
    }

    @Override
    public double unit(@Nullable Object value) {
        var number = canonical(value);
        if (scale == Scale.LOG) {
            double from = Math.log(low - 0.5), to = Math.log(high + 0.5);
            return (Math.log(number) - from) / (to - from);
        }
        var index = scale == Scale.POWER_OF_TWO
                ? Long.numberOfTrailingZeros(number) - Long.numberOfTrailingZeros(low)
                : (number - low) / step;
        return (index + 0.5) / count();
    }

    @Override
    public Long canonical(@Nullable Object value) {
        if (value instanceof Number n && n.doubleValue() == n.longValue()) {
            var number = n.longValue();
            var reached = scale == Scale.POWER_OF_TWO ? Long.bitCount(number) == 1 : (number - low) % step == 0;
            if (number >= low && number <= high && reached) return number;
        }
        throw new SpaceException(value + " is not a value of " + this + ".");
    }

    @Override
    public List<@Nullable Object> spread(int count) {
        var values = new LinkedHashSet<@Nullable Object>();
        for (var i = 0; i < count; i++) {
            var place = count == 1 ? 0.5 : (double) i / (count - 1);
            values.add(scale == Scale.LOG ? logarithmic(place, 0) : (Long) nth(Math.round(place * (count() - 1))));
        }
        return new ArrayList<>(values);
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(count());
    }

    /// All values in rising order, for a range of a sensible size.
    public List<Long> values() {
        var all = new ArrayList<Long>();
        for (var i = 0L; i < count(); i++) all.add(nth(i));
        return all;
    }

    private long count() {
        return switch (scale) {
            case POWER_OF_TWO -> Long.numberOfTrailingZeros(high) - Long.numberOfTrailingZeros(low) + 1L;
            case LINEAR, LOG, ONE_MINUS_LOG -> (high - low) / step + 1;
        };
    }

    private long nth(long index) {
        return scale == Scale.POWER_OF_TWO ? low << index : low + index * step;
    }

    // Half a cell of margin on each side, so that the ends are as likely as their size on the axis says.
    private long logarithmic(double unit, double margin) {
        double from = Math.log(low - margin), to = Math.log(high + margin);
        return Math.clamp(Math.round(Math.exp(from + unit * (to - from))), low, high);
    }
}
