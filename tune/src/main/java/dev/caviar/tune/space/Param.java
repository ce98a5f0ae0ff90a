package dev.caviar.tune.space;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A named parameter of a [Space], with the condition under which it exists, and its place in the order of tuning.
///
/// ```java
/// var optimizer = Param.of("optimizer", Choice.of("adam", "sgd"));
/// var momentum = Param.of("momentum", Real.of(0, 0.99)).when("optimizer", "sgd").withTier(2).withUsual(0.9);
/// ```
///
/// @param name  the name, not blank, at most 512 characters
/// @param dist  what it may be
/// @param when  for each named parent the values of which it must have one; empty when the parameter always exists
/// @param tier  1 for what is tuned first, up to 9; where a space has several tiers, those of later ones wait at their usual values
/// @param usual the value to wait at; null for the middle of the scale
public record Param(String name, Dist dist, Map<String, List<@Nullable Object>> when, int tier, @Nullable Object usual) {
    private static final int LAST_TIER = 9;

    public Param {
        if (name.isBlank() || name.length() > 512) throw new SpaceException("Param(\"" + name + "\"): a name has 1 to 512 characters.");
        if (tier < 1 || tier > LAST_TIER) throw new SpaceException("parameter \"" + name + "\": a tier lies between 1 and " + LAST_TIER + ", not at " + tier + ".");
        if (usual != null) usual = dist.canonical(usual);
        var copy = new LinkedHashMap<String, List<@Nullable Object>>();
        when.forEach((parent, values) -> copy.put(parent, Collections.unmodifiableList(new ArrayList<@Nullable Object>(values))));
        when = Collections.unmodifiableMap(copy);
    }

    /// A parameter that always exists.
    public static Param of(String name, Dist dist) {
        return new Param(name, dist, Map.of(), 1, null);
    }

    /// The same, existing only where the parent has one of these values, besides what was required before.
    public Param when(String parent, @Nullable Object... values) {
        var more = new LinkedHashMap<>(when);
        more.put(parent, Arrays.asList(values));
        return new Param(name, dist, more, tier, usual);
    }

    /// The same in another tier.
    public Param withTier(int tier) {
        return new Param(name, dist, when, tier, usual);
    }

    /// The same with a usual value. Throws [SpaceException] where it does not belong.
    public Param withUsual(Object value) {
        return new Param(name, dist, when, tier, value);
    }

    /// The value at which the parameter waits for its turn.
    public @Nullable Object waiting() {
        return usual != null ? usual : dist.at(0.5);
    }
}
