package dev.caviar.tune.space;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Real numbers from `low` to `high`, both ends included, even on a scale; with a `step` above zero only `low`, `low + step`, ... .
///
/// A step needs the linear scale; `high` is then moved down to the last value that can be reached, in decimal arithmetic. The log scale
/// needs `low > 0`, the one-minus-log scale `high < 1`. Anything else throws [SpaceException].
///
/// ```java
/// var rate = Real.log(1e-4, 1);
/// var dropout = Real.of(0, 0.5).withStep(0.1);   // 0, 0.1, 0.2, 0.3, 0.4, 0.5
/// assert dropout.contains(0.3) && !dropout.contains(0.25);
/// ```
///
/// @param low  the least value
/// @param high the greatest value, at least `low`
/// @param scale [Scale#LINEAR], [Scale#LOG] or [Scale#ONE_MINUS_LOG]
/// @param step the distance of neighbours, 0 for a continuous range
public record Real(double low, double high, Scale scale, double step) implements Dist {
    public Real {
        var self = "Real(" + low + ", " + high + ", " + scale.label() + (step == 0 ? "" : ", step " + step) + ")";
        if (!Double.isFinite(low) || !Double.isFinite(high)) throw new SpaceException(self + ": both ends must be finite numbers.");
        if (low > high) throw new SpaceException(self + ": an impossible range, it begins above its end."
                + "\nMaybe low and high are exchanged.");
        if (scale == Scale.LOG && low <= 0) throw new SpaceException(self + ": a log scale cannot begin at " + low + "."
                + "\nMaybe begin at a small number above zero, such as 1e-6.");
        if (scale == Scale.ONE_MINUS_LOG && high >= 1) throw new SpaceException(self + ": a one-minus-log scale must end below 1."
                + "\nMaybe end at 0.999 or 0.9999.");
        if (scale == Scale.POWER_OF_TWO) throw new SpaceException(self + ": powers of two are whole numbers."
                + "\nMaybe the type whole was meant.");
        if (!(step >= 0) || Double.isInfinite(step)) throw new SpaceException(self + ": a step must be a number above zero.");
        if (step > 0 && scale != Scale.LINEAR) throw new SpaceException(self + ": a step needs the linear scale.");
        if (step > 0 && high / step - low / step > 1L << 53) throw new SpaceException(self + ": more than 2^53 values.");
        if (low == 0) low = 0.0;
        if (step > 0) high = grid(low, step, steps(low, high, step));
    }

    /// Evenly from `low` to `high`.
    public static Real of(double low, double high) {
        return new Real(low, high, Scale.LINEAR, 0);
    }

    /// From `low` to `high`, even on a scale.
    public static Real of(double low, double high, Scale scale) {
        return new Real(low, high, scale, 0);
    }

    /// From `low` to `high`, every ratio equally likely.
    public static Real log(double low, double high) {
        return of(low, high, Scale.LOG);
    }

    /// The same with a distance between neighbours.
    public Real withStep(double step) {
        return new Real(low, high, scale, step);
    }

    @Override
    public Object at(double unit) {
        if (step > 0) {
            var count = steps(low, high, step) + 1;
            return grid(low, step, Math.min((long) (unit * count), count - 1));
        }
        return between(unit);
    }

    @Override
    public double unit(@Nullable Object value) {
        var number = canonical(value);
        if (low == high) return 0.5;
        if (step > 0) return (Math.rint((number - low) / step) + 0.5) / (steps(low, high, step) + 1);
        double from = scale.forward(low) / 2, to = scale.forward(high) / 2;    // halves, since to - from may overflow
        return Math.clamp((scale.forward(number) / 2 - from) / (to - from), 0.0, 1.0);
    }

    @Override
    public Double canonical(@Nullable Object value) {
        if (value instanceof Number n) {
            var number = n.doubleValue();
            if (number >= low && number <= high && (step == 0 || onGrid(number))) return number == 0 ? 0.0 : number;
        }
        throw new SpaceException(value + " is not a value of " + this + ".");
    }

    @Override
    public List<@Nullable Object> spread(int count) {
        var values = new LinkedHashSet<@Nullable Object>();
        var last = step > 0 ? steps(low, high, step) : 0;
        for (var i = 0; i < count; i++) {
            var place = count == 1 ? 0.5 : (double) i / (count - 1);
            values.add(step > 0 ? grid(low, step, Math.round(place * last)) : between(place));
        }
        return new ArrayList<>(values);
    }

    @Override
    public OptionalLong size() {
        if (low == high) return OptionalLong.of(1);
        return step > 0 ? OptionalLong.of(steps(low, high, step) + 1) : OptionalLong.empty();
    }

    // A weighted mean of the ends, since high - low may overflow.
    private double between(double unit) {
        if (unit <= 0) return low;
        if (unit >= 1) return high;
        double from = scale.forward(low), to = scale.forward(high);
        return Math.clamp(scale.back(from * (1 - unit) + to * unit), low, high);
    }

    private boolean onGrid(double number) {
        var k = (number - low) / step;
        return Math.abs(k - Math.rint(k)) < 1e-8;
    }

    // Decimal arithmetic on the printed numbers: 0 + 3 * 0.1 is 0.3, and 0.5 / 0.1 is 5. An end that was reached stays reached: it may have been
    // rounded to a double just below the last step.
    private static long steps(double low, double high, double step) {
        return BigDecimal.valueOf(high).subtract(BigDecimal.valueOf(low))
                .divide(BigDecimal.valueOf(step), 9, RoundingMode.HALF_EVEN).setScale(0, RoundingMode.DOWN).longValueExact();
    }

    private static double grid(double low, double step, long k) {
        return BigDecimal.valueOf(low).add(BigDecimal.valueOf(step).multiply(BigDecimal.valueOf(k))).doubleValue();
    }
}
