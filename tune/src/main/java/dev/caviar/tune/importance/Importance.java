package dev.caviar.tune.importance;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Says how much each parameter mattered in a search.
///
/// ```java
/// try (var study = dev.caviar.tune.Study.inMemory(dev.caviar.tune.StudyOptions.of("slope").withSeed(1))) {
///     study.optimize(trial -> trial.real("x", 0, 1) + 0.01 * trial.real("y", 0, 1), dev.caviar.tune.Budget.trials(50));
///     var shares = Importance.named("ped-anova").shares(study.trials(), List.of(study.direction()));
///     assert shares.keySet().iterator().next().equals("x");
/// }
/// ```
public interface Importance {
    /// The share of each parameter of the complete trials, greatest first; they add up to 1. Trials whose values are not finite are left out.
    /// Equal shares where the trials tell nothing: fewer than two, or all alike.
    Map<String, Double> shares(List<TrialView> trials, List<Direction> directions);

    /// The method of that name: `ped-anova` or `fanova`. Throws [IllegalArgumentException] with the known names where there is none.
    static Importance named(String name) {
        return switch (name) {
            case "ped-anova" -> PedAnova.of();
            case "fanova" -> Fanova.of();
            default -> throw new IllegalArgumentException("There is no importance \"" + name + "\".\nMaybe one of ped-anova, fanova was meant.");
        };
    }

    /// The trials that can be measured: complete ones with finite values only.
    static List<TrialView> measurable(List<TrialView> trials) {
        return trials.stream().filter(trial -> trial.state() == TrialState.COMPLETE && !trial.values().isEmpty()
                && trial.values().stream().allMatch(Double::isFinite)).toList();
    }

    /// The names of all parameters of these trials, in the order of first use.
    static Set<String> names(List<TrialView> trials) {
        var names = new LinkedHashSet<String>();
        for (var trial : trials) names.addAll(trial.params().keySet());
        return names;
    }

    /// These amounts as shares of their sum, greatest first, equal ones in their order; equal shares where all are 0.
    static <K> Map<K, Double> normalised(Map<K, Double> amounts) {
        var sum = amounts.values().stream().mapToDouble(Double::doubleValue).sum();
        var shares = new LinkedHashMap<K, Double>();
        amounts.entrySet().stream().sorted(Map.Entry.<K, Double>comparingByValue().reversed())
                .forEach(entry -> shares.put(entry.getKey(), sum > 0 ? entry.getValue() / sum : 1.0 / amounts.size()));
        return shares;
    }
}
