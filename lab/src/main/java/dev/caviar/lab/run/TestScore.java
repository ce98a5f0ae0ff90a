package dev.caviar.lab.run;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a model is worth on examples that it has not seen.
///
/// ```java
/// var score = new TestScore(0.97, 0.11, 360);
/// assert score.json().keySet().equals(Set.of("accuracy", "loss", "samples"));
/// ```
///
/// @param accuracy the part of the classes that is right; null for a regression
/// @param loss     the mean cross-entropy, or the mean squared error in the values' own units
/// @param samples  how many examples
public record TestScore(@Nullable Double accuracy, double loss, int samples) {
    /// Accuracy and loss, as in a search's summary.
    public Map<String, @Nullable Object> summary() {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("accuracy", accuracy);
        map.put("loss", loss);
        return map;
    }

    /// All three.
    public Map<String, @Nullable Object> json() {
        var map = new LinkedHashMap<>(summary());
        map.put("samples", samples);
        return map;
    }
}
