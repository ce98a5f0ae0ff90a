package dev.caviar.tune.space;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One of some listed values, in no order: text, numbers, booleans or null.
///
/// Small number types become [Long] and [Double]. At least one value, and none twice, else [SpaceException].
///
/// ```java
/// var optimizer = Choice.of("adam", "sgd", "rmsprop");
/// assert optimizer.at(0.5).equals("sgd");
/// ```
///
/// @param values the values in their order
public record Choice(List<@Nullable Object> values) implements Dist {
    public Choice {
        var kept = new ArrayList<@Nullable Object>();
        for (var value : values) kept.add(plain(value));
        if (kept.isEmpty()) throw new SpaceException("Choice(): there is nothing to choose from.");
        if (new HashSet<>(kept).size() < kept.size()) throw new SpaceException("Choice" + kept + ": a value is listed twice.");
        values = Collections.unmodifiableList(kept);
    }

    /// One of these values.
    public static Choice of(@Nullable Object... values) {
        return new Choice(Arrays.asList(values));
    }

    @Override
    public @Nullable Object at(double unit) {
        return values.get(Math.clamp((int) (unit * values.size()), 0, values.size() - 1));
    }

    @Override
    public double unit(@Nullable Object value) {
        return (index(value) + 0.5) / values.size();
    }

    @Override
    public @Nullable Object canonical(@Nullable Object value) {
        return values.get(index(value));
    }

    @Override
    public List<@Nullable Object> spread(int count) {
        return values.subList(0, Math.min(count, values.size()));
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(values.size());
    }

    /// The place of a value in the list, from 0. Numbers are found by what they are worth where their type is not listed.
    public int index(@Nullable Object value) {
        var exact = values.indexOf(value instanceof Number || value instanceof List || value instanceof Map ? plain(value) : value);
        if (exact >= 0) return exact;
        if (value instanceof Number wanted)
            for (var i = 0; i < values.size(); i++)
                if (values.get(i) instanceof Number known && known.doubleValue() == wanted.doubleValue()) return i;
        throw new SpaceException(value + " is not one of " + values + ".");
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String _, Boolean _, Long _, Double _ -> value;
            case Integer n -> n.longValue();
            case Short n -> n.longValue();
            case Byte n -> n.longValue();
            case Float n -> n.doubleValue();
            case List<?> list -> Collections.unmodifiableList(new ArrayList<@Nullable Object>(list));
            case Map<?, ?> map -> Collections.unmodifiableMap(map);
            default -> throw new SpaceException("Choice: a " + value.getClass().getName() + " cannot be stored: " + value
                    + "\nMaybe choose between names, and look the object up by its name.");
        };
    }
}
