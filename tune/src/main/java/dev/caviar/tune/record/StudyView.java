package dev.caviar.tune.record;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a storage knows of one study besides its trials; an immutable value.
///
/// ```java
/// var study = new StudyView("mnist", List.of(Direction.MAXIMIZE), Map.of(), Map.of());
/// assert study.directions().getFirst() == Direction.MAXIMIZE;
/// ```
///
/// @param name             the name, unique in its storage
/// @param directions       one per value of the objective
/// @param attributes       what users noted about it
/// @param systemAttributes what programs noted about it; keys of ours begin with `caviar:`
public record StudyView(String name, List<Direction> directions, Map<String, @Nullable Object> attributes,
                        Map<String, @Nullable Object> systemAttributes) {
    public StudyView {
        directions = List.copyOf(directions);
        attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
        systemAttributes = Collections.unmodifiableMap(new LinkedHashMap<>(systemAttributes));
    }
}
