package dev.caviar.tune.prune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The pruners by their names in settings.
///
/// ```java
/// assert Pruners.named("median", "mnist").equals(MedianPruner.of());
/// ```
public final class Pruners {
    private static final Map<String, Function<String, Pruner>> MAKERS = makers();

    private Pruners() {}

    /// All names.
    public static List<String> names() {
        return List.copyOf(MAKERS.keySet());
    }

    /// The pruner of that name with its usual settings, for the study of that name. Throws [IllegalArgumentException] with the known names.
    public static Pruner named(String name, String study) {
        var maker = MAKERS.get(name);
        if (maker == null)
            throw new IllegalArgumentException("There is no pruner \"" + name + "\".\nMaybe one of " + String.join(", ", names()) + " was meant.");
        return maker.apply(study);
    }

    private static Map<String, Function<String, Pruner>> makers() {
        var makers = new LinkedHashMap<String, Function<String, Pruner>>();
        makers.put("none", study -> Pruner.NONE);
        makers.put("median", study -> MedianPruner.of());
        makers.put("percentile", study -> PercentilePruner.of(25));
        makers.put("patient", study -> PatientPruner.of(3).around(MedianPruner.of()));
        makers.put("asha", study -> SuccessiveHalvingPruner.of());
        makers.put("successive-halving", study -> SuccessiveHalvingPruner.of());
        makers.put("hyperband", HyperbandPruner::of);
        makers.put("wilcoxon", study -> WilcoxonPruner.of());
        makers.put("pareto", study -> ParetoPruner.of());
        return makers;
    }
}
