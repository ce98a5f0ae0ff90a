package dev.caviar.lab.plot;

import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Where values lie on one side of a plot, and what is written there.
///
/// The plotting library finds its ticks by fixed rules. So every axis maps its values to places where those rules do the right thing: to
/// their number in units of the tick step (then ticks are the whole numbers, whatever the magnitude), or to a positive number on a
/// logarithmic axis.
///
/// @param name  what is written beside it
/// @param kind  how values become places
/// @param range the places that are shown
/// @param step  the distance of two ticks in values; 1 where that means nothing
/// @param texts the categories, empty on other axes
/// @param group the width of one value's own column in places, 0 for continuous values
record Axis(String name, Kind kind, Range range, double step, List<String> texts, double group) {
    enum Kind {
        /// Even in the value.
        LINEAR,
        /// Even in its logarithm.
        LOG,
        /// Even in the logarithm of its distance to one: the place is `1 / (1 - value)`, so that greater values stay on the right.
        ONE_MINUS_LOG,
        /// Even in its binary logarithm.
        POWER_OF_TWO,
        /// One column per text.
        CATEGORY
    }

    /// A place and what is written there.
    record Tick(double place, String label) { }

    private static final int COLUMNS = 12;      // more different whole numbers are drawn as if they were continuous

    /// The axis of a parameter: all that may be chosen, and what foreign trials chose beyond it.
    static Axis of(String name, Dist dist, List<? extends @Nullable Object> values) {
        var words = Wording.words(name);
        return switch (dist) {
            case Choice(var known) -> category(words, known, values);
            case Real(var low, var high, var scale, var _) -> numeric(words, scale, hull(low, high, scale, values), false);
            case Whole(var low, var high, var scale, var _) -> numeric(words, scale, hull(low, high, scale, values), true);
        };
    }

    /// An even axis over a range of values, with about so many ticks.
    static Axis linear(String name, Range values, int ticks, boolean whole) {
        var step = step(values.span() / ticks);
        if (whole) step = Math.max(1, step);
        return new Axis(name, Kind.LINEAR, new Range(values.low() / step, values.high() / step), step, List.of(), 0);
    }

    /// A logarithmic axis over a range of values.
    static Axis log(String name, double low, double high) {
        return new Axis(name, Kind.LOG, decades(low, high), 1, List.of(), 0);
    }

    private static Axis numeric(String name, Scale scale, Range values, boolean whole) {
        double low = values.low(), high = values.high();
        return switch (scale) {
            case LINEAR -> {
                var drawn = values.drawn();
                if (!whole || high - low >= COLUMNS) yield linear(name, Range.around(drawn.low(), drawn.high()).padded(0.04, 0.04), 5, whole);
                yield new Axis(name, Kind.LINEAR, new Range(low - 0.5, high + 0.5), 1, List.of(), 1);
            }
            case LOG -> log(name + " (log scale)", low, high);
            case ONE_MINUS_LOG -> new Axis(name + " (log scale of 1 − " + name + ")", Kind.ONE_MINUS_LOG,
                    decades(1 / (1 - low), 1 / (1 - high)), 1, List.of(), 0);
            case POWER_OF_TWO -> new Axis(name + " (powers of two)", Kind.POWER_OF_TWO,
                    new Range(Math.log(low) / Math.log(2) - 0.5, Math.log(high) / Math.log(2) + 0.5), 1, List.of(), 1);
        };
    }

    /// Columns with words below them.
    static Axis words(String name, List<String> texts) {
        return new Axis(name, Kind.CATEGORY, new Range(-0.5, Math.max(1, texts.size()) - 0.5), 1, List.copyOf(texts), 1);
    }

    /// Nothing written beside it.
    static Axis bare(Range places) {
        return new Axis("", Kind.CATEGORY, places, 1, List.of(), 1);
    }

    private static Axis category(String name, List<? extends @Nullable Object> known, List<? extends @Nullable Object> values) {
        var texts = new ArrayList<String>();
        for (var value : known) texts.add(text(value));
        for (var value : values) if (!texts.contains(text(value))) texts.add(text(value));
        return words(name, texts);
    }

    // The range of the parameter, made wider by values that belong on its scale.
    private static Range hull(double low, double high, Scale scale, List<? extends @Nullable Object> values) {
        for (var value : values)
            if (value instanceof Number n && belongs(n.doubleValue(), scale)) {
                low = Math.min(low, n.doubleValue());
                high = Math.max(high, n.doubleValue());
            }
        return new Range(low, high);
    }

    private static boolean belongs(double value, Scale scale) {
        return Range.drawable(value) && switch (scale) {
            case LINEAR -> true;
            case LOG, POWER_OF_TWO -> value > 0;
            case ONE_MINUS_LOG -> value < 1;
        };
    }

    private static Range decades(double low, double high) {
        var more = Math.max(0.05 * Math.log10(high / low), low == high ? 0.5 : 0.02);
        return new Range(low * Math.pow(10, -more), high * Math.pow(10, more));
    }

    // 1, 2 or 5 times a power of ten.
    private static double step(double wanted) {
        var power = Math.pow(10, Math.floor(Math.log10(wanted)));
        var times = wanted / power;
        return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
    }

    /// Whether it is drawn as a logarithmic one.
    boolean logarithmic() {
        return kind == Kind.LOG || kind == Kind.ONE_MINUS_LOG;
    }

    /// Whether lines at all its ticks would be a grey area: nine for each of many decades.
    boolean dense() {
        return logarithmic() && Math.log10(range.high() / range.low()) > 7;
    }

    /// Whether values stand in columns, so that several points share one place.
    boolean columns() {
        return group > 0;
    }

    /// The place of a value; empty for one that cannot be shown here.
    OptionalDouble place(@Nullable Object value) {
        if (kind == Kind.CATEGORY) {
            var index = texts.indexOf(text(value));
            return index < 0 ? OptionalDouble.empty() : OptionalDouble.of(index);
        }
        if (!(value instanceof Number number)) return OptionalDouble.empty();
        var x = number.doubleValue();
        var place = switch (kind) {
            case LINEAR, CATEGORY -> x / step;
            case LOG -> x;
            case ONE_MINUS_LOG -> 1 / (1 - x);
            case POWER_OF_TWO -> Math.log(x) / Math.log(2);
        };
        return Double.isFinite(place) && (!logarithmic() || place > 0) ? OptionalDouble.of(place) : OptionalDouble.empty();
    }

    /// How far along the axis a place lies, from 0 to 1.
    double share(double place) {
        return logarithmic() ? Math.log(place / range.low()) / Math.log(range.high() / range.low()) : (place - range.low()) / range.span();
    }

    /// The places where something is written.
    List<Tick> ticks() {
        var ticks = new ArrayList<Tick>();
        if (logarithmic()) {
            for (var exponent = (int) Math.floor(Math.log10(range.low())); exponent <= Math.log10(range.high()); exponent++)
                for (var times : List.of(1, 2, 5)) {
                    var tick = new Tick(times * Math.pow(10, exponent), decadeLabel(exponent, times));
                    if (!tick.label().isEmpty() && range.contains(tick.place())) ticks.add(tick);
                }
            return ticks;
        }
        for (var whole = Math.ceil(range.low()); whole <= range.high(); whole++) ticks.add(new Tick(whole, label((long) whole)));
        return ticks;
    }

    private String label(long whole) {
        return switch (kind) {
            case CATEGORY -> whole >= 0 && whole < texts.size() ? texts.get((int) whole) : "";
            case POWER_OF_TWO -> Wording.number(Math.pow(2, whole), 7);
            default -> Wording.multiple(whole, step);
        };
    }

    // Decades always (every second or third where there are many), 2 and 5 between them where there are few.
    private String decadeLabel(int exponent, int times) {
        var decades = Math.log10(range.high() / range.low());
        if (times != 1 && decades >= 1.6) return "";
        if (times == 1 && Math.floorMod(exponent, Math.max(1, (int) Math.ceil(decades / 7))) != 0) return "";
        if (kind == Kind.LOG) return times == 1 ? Wording.power(exponent) : times + "×" + Wording.power(exponent);
        return Wording.number(1 - 1 / (times * Math.pow(10, exponent)), 8);
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "none";
            case Double d -> Wording.number(d, 8);
            case Object[] many -> Arrays.stream(many).map(Objects::toString).collect(Collectors.joining(", "));
            default -> value.toString().isBlank() ? "“" + value + "”" : value.toString();
        };
    }
}
