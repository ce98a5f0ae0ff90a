package dev.caviar.tune.importance;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialView;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// How much of the objective's variance each parameter explains by itself, and each pair of them beyond that, in a random forest fitted to the trials.
///
/// Each parameter is taken on its own scale, where the search is even; one that exists only under a condition gets a place of its own for not being
/// there, as wide as it was often missing. See Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance",
/// ICML 2014, sections 3 and 4.
///
/// ```java
/// Importance importance = Fanova.of().withTrees(128).withSeed(1);
/// ```
///
/// @param trees     how many trees
/// @param objective the objective to look at, from 0
/// @param seed      of the forest's draws
public record Fanova(int trees, int objective, long seed) implements Importance {
    public Fanova {
        if (trees < 1 || objective < 0) throw new IllegalArgumentException("Fanova(trees " + trees + ", objective " + objective + "): at least one tree, and objectives from 0.");
    }

    /// 64 trees, the first objective.
    public static Fanova of() {
        return new Fanova(64, 0, 0);
    }

    /// The same with another number of trees.
    public Fanova withTrees(int trees) {
        return new Fanova(trees, objective, seed);
    }

    /// The same for another objective.
    public Fanova withObjective(int objective) {
        return new Fanova(trees, objective, seed);
    }

    /// The same with another seed.
    public Fanova withSeed(long seed) {
        return new Fanova(trees, objective, seed);
    }

    /// Two parameters.
    ///
    /// ```java
    /// var pair = new Fanova.Pair("learning_rate", "batch");
    /// ```
    public record Pair(String first, String second) {}

    @Override
    public Map<String, Double> shares(List<TrialView> trials, List<Direction> directions) {
        var table = Table.of(Importance.measurable(trials), objective);
        var amounts = new LinkedHashMap<String, Double>();
        for (var name : table.names()) amounts.put(name, 0.0);
        var grown = grow(table);
        for (var tree : grown) {
            var variance = tree.variance();
            for (var i = 0; i < table.names().size(); i++) amounts.merge(table.names().get(i), tree.variance(i) / variance, Double::sum);
        }
        return Importance.normalised(amounts);
    }

    /// The share of the whole variance that each pair explains beyond what its two parameters explain alone, greatest first; 0 for all where the
    /// trials tell nothing.
    public Map<Pair, Double> interactions(List<TrialView> trials) {
        var table = Table.of(Importance.measurable(trials), objective);
        var grown = grow(table);
        var amounts = new LinkedHashMap<Pair, Double>();
        for (var i = 0; i < table.names().size(); i++)
            for (var j = i + 1; j < table.names().size(); j++) amounts.put(new Pair(table.names().get(i), table.names().get(j)), interaction(grown, i, j));
        var sorted = new LinkedHashMap<Pair, Double>();
        amounts.entrySet().stream().sorted(Map.Entry.<Pair, Double>comparingByValue().reversed())
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }

    private static double interaction(List<Tree> grown, int i, int j) {
        var sum = 0.0;
        for (var tree : grown) {
            var together = tree.variance(i, j) - tree.variance(i) - tree.variance(j);
            sum += Math.max(0, together) / tree.variance() / grown.size();
        }
        return sum;
    }

    // Trees that see no difference say nothing and are left out.
    private List<Tree> grow(Table table) {
        if (table.losses().length < 2 || Arrays.stream(table.losses()).distinct().count() < 2) return List.of();
        RandomGenerator random = new SplittableRandom(seed);
        return IntStream.range(0, trees).mapToObj(_ -> Tree.grown(table, random)).filter(tree -> tree.variance() > 0).toList();
    }
}
