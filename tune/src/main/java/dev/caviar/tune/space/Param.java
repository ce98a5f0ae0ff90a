package dev.caviar.tune.space;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A named parameter of a [Space], with the condition under which it exists.
///
/// ```java
/// var optimizer = Param.of("optimizer", Choice.of("adam", "sgd"));
/// var momentum = Param.of("momentum", Real.of(0, 0.99)).when("optimizer", "sgd");
/// ```
///
/// @param name the name, not blank, at most 512 characters
/// @param dist what it may be
/// @param when for each named parent the values of which it must have one; empty when the parameter always exists
public record Param(String name, Dist dist, Map<String, List<@Nullable Object>> when) {
    public Param {
        if (name.isBlank() || name.length() > 512) throw new SpaceException("Param(\"" + name + "\"): a name has 1 to 512 characters.");
        var copy = new LinkedHashMap<String, List<@Nullable Object>>();
        when.forEach((parent, values) -> copy.put(parent, Collections.unmodifiableList(new ArrayList<@Nullable Object>(values))));
        when = Collections.unmodifiableMap(copy);
    }

    /// A parameter that always exists.
    public static Param of(String name, Dist dist) {
        return new Param(name, dist, Map.of());
    }

    /// The same, existing only where the parent has one of these values, besides what was required before.
    public Param when(String parent, @Nullable Object... values) {
        var more = new LinkedHashMap<>(when);
        more.put(parent, Arrays.asList(values));
        return new Param(name, dist, more);
    }
}
