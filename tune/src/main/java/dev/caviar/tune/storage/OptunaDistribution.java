package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Distributions and values as Optuna keeps them: a JSON text, and one double per value.
///
/// Two scales have no counterpart there: one-minus-log is kept as a plain float range, and powers of two as a choice of the powers. Which
/// scale it was is noted elsewhere and given as a hint on reading.
final class OptunaDistribution {
    private OptunaDistribution() {}

    /// The very text that Optuna would write.
    static String write(Dist dist) {
        var attributes = new LinkedHashMap<String, @Nullable Object>();
        switch (dist) {
            case Real(var low, var high, var scale, var step) -> {
                attributes.put("step", step > 0 ? step : null);
                attributes.put("low", low);
                attributes.put("high", high);
                attributes.put("log", scale == Scale.LOG);
                return named("FloatDistribution", attributes);
            }
            case Whole whole when whole.scale() == Scale.POWER_OF_TWO -> {
                attributes.put("choices", whole.values());
                return named("CategoricalDistribution", attributes);
            }
            case Whole(var low, var high, var scale, var step) -> {
                attributes.put("log", scale == Scale.LOG);
                attributes.put("step", step);
                attributes.put("low", low);
                attributes.put("high", high);
                return named("IntDistribution", attributes);
            }
            case Choice(var values) -> {
                attributes.put("choices", values);
                return named("CategoricalDistribution", attributes);
            }
        }
    }

    /// What a text stands for, in the new form, the short one, and those of older versions.
    static Dist read(String text, @Nullable Scale hint) {
        if (!(Json.read(text) instanceof Map<?, ?> map)) throw new StorageException("This is no distribution: " + text);
        var name = String.valueOf(map.containsKey("name") ? map.get("name") : map.get("type"));
        var at = map.get("attributes") instanceof Map<?, ?> inner ? inner : map;
        return switch (name) {
            case "FloatDistribution", "float" -> real(at, Boolean.TRUE.equals(at.get("log")), number(at.get("step"), 0), hint);
            case "UniformDistribution" -> real(at, false, 0, hint);
            case "LogUniformDistribution" -> real(at, true, 0, hint);
            case "DiscreteUniformDistribution" -> real(at, false, number(at.get("q"), 0), hint);
            case "IntDistribution", "int" -> whole(at, Boolean.TRUE.equals(at.get("log")));
            case "IntUniformDistribution" -> whole(at, false);
            case "IntLogUniformDistribution" -> whole(at, true);
            case "CategoricalDistribution", "categorical" -> choice(at, hint);
            default -> throw new StorageException("There is no distribution \"" + name + "\": " + text
                    + "\nMaybe a newer version of Optuna wrote it.");
        };
    }

    /// The double that stands for a value.
    static double internal(Dist dist, @Nullable Object value) {
        return switch (dist) {
            case Whole whole when whole.scale() == Scale.POWER_OF_TWO -> whole.values().indexOf(whole.canonical(value));
            case Real _, Whole _ -> ((Number) dist.canonical(value)).doubleValue();
            case Choice choice -> choice.index(value);
        };
    }

    /// The value that a double stands for.
    static @Nullable Object external(Dist dist, double internal) {
        return switch (dist) {
            case Real _ -> internal;
            case Whole whole when whole.scale() == Scale.POWER_OF_TWO -> whole.values().get((int) internal);
            case Whole _ -> (long) internal;
            case Choice choice -> choice.values().get((int) internal);
        };
    }

    private static String named(String name, Map<String, @Nullable Object> attributes) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("name", name);
        map.put("attributes", attributes);
        return Json.write(map);
    }

    private static Dist real(Map<?, ?> at, boolean log, double step, @Nullable Scale hint) {
        double low = number(at.get("low"), Double.NaN), high = number(at.get("high"), Double.NaN);
        var scale = log ? Scale.LOG : hint == Scale.ONE_MINUS_LOG && high < 1 && step == 0 ? Scale.ONE_MINUS_LOG : Scale.LINEAR;
        return new Real(low, high, scale, step);
    }

    private static Dist whole(Map<?, ?> at, boolean log) {
        return new Whole((long) number(at.get("low"), 0), (long) number(at.get("high"), 0), log ? Scale.LOG : Scale.LINEAR,
                log ? 1 : (long) number(at.get("step"), 1));
    }

    private static Dist choice(Map<?, ?> at, @Nullable Scale hint) {
        var choices = at.get("choices") instanceof List<?> list ? list : List.of();
        if (hint == Scale.POWER_OF_TWO && choices.getFirst() instanceof Long low && choices.getLast() instanceof Long high) {
            var powers = Whole.of(low, high, Scale.POWER_OF_TWO);
            if (powers.values().equals(choices)) return powers;
        }
        return Choice.of(choices.toArray());
    }

    private static double number(@Nullable Object value, double otherwise) {
        return value instanceof Number number ? number.doubleValue() : otherwise;
    }
}
