package dev.caviar.tune.importance;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How differently a parameter is spread among the best trials and among all: what mattered for being good.
///
/// Fast, and aware of conditions: a parameter is looked at apart for each distribution that it had, among the trials that had it, and weighed by how
/// many of the best and of all these are. See Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
/// Arbitrary Subspaces", IJCAI 2023, theorem 1; and "Conditional PED-ANOVA", arXiv 2601.20800, theorem 4.2. Numbers agree with Optuna's.
///
/// ```java
/// Importance importance = PedAnova.of().withBest(0.2);
/// ```
///
/// @param best   the share of trials that count as good, in (0, 1); at least five trials should
/// @param region the share of trials among which to look, above `best` and at most 1
public record PedAnova(double best, double region) implements Importance {
    private static final int FEWEST_IN_REGIME = 2;
    private static final double ALMOST_NOTHING = 1e-12;

    public PedAnova {
        if (!(0 < best && best < region && region <= 1))
            throw new IllegalArgumentException("PedAnova(best " + best + ", region " + region + "): 0 < best < region <= 1 must hold.");
    }

    /// The best tenth beside all trials.
    public static PedAnova of() {
        return new PedAnova(0.1, 1);
    }

    /// The same with another share of good trials.
    public PedAnova withBest(double best) {
        return new PedAnova(best, region);
    }

    /// The same within the best trials of this share only.
    public PedAnova withRegion(double region) {
        return new PedAnova(best, region);
    }

    @Override
    public Map<String, Double> shares(List<TrialView> trials, List<Direction> directions) {
        var known = Importance.measurable(trials);
        var amounts = new LinkedHashMap<String, Double>();
        for (var name : Importance.names(known)) amounts.put(name, 0.0);
        if (known.size() > 1) {
            var top = best(known, best, directions);
            var all = region == 1 ? known : best(known, region, directions);
            amounts.replaceAll((name, _) -> amount(name, top, all));
        }
        return Importance.normalised(amounts);
    }

    private static double amount(String name, List<TrialView> top, List<TrialView> all) {
        var good = new HashSet<>(top.stream().map(TrialView::number).toList());
        var regimes = new LinkedHashMap<Optional<Dist>, List<TrialView>>();
        for (var trial : all) regimes.computeIfAbsent(Optional.ofNullable(trial.space().get(name)), _ -> new ArrayList<>()).add(trial);
        var sum = 0.0;
        for (var regime : regimes.entrySet()) {
            var inside = regime.getValue();
            var goodInside = inside.stream().filter(trial -> good.contains(trial.number())).toList();
            if (regime.getKey().isEmpty() || inside.size() < FEWEST_IN_REGIME || goodInside.isEmpty()) continue;
            var cells = Cells.of(regime.getKey().get());
            if (cells.count() < 2) continue;
            double ofTop = (double) goodInside.size() / top.size(), ofAll = (double) inside.size() / all.size();
            sum += ofTop * ofTop / ofAll * divergence(cells.density(values(goodInside, name)), cells.density(values(inside, name)));
        }
        return sum;
    }

    private static List<@Nullable Object> values(List<TrialView> trials, String name) {
        var values = new ArrayList<@Nullable Object>();
        for (var trial : trials) values.add(trial.params().get(name));
        return values;
    }

    // Pearson's, of the first from the second.
    private static double divergence(double[] top, double[] all) {
        var sum = 0.0;
        for (var i = 0; i < top.length; i++) {
            double p = top[i] + ALMOST_NOTHING, q = all[i] + ALMOST_NOTHING, excess = p / q - 1;
            sum += q * excess * excess;
        }
        return sum;
    }

    // With one objective ties at the edge come along; with several the last front is thinned out by hypervolume.
    private static List<TrialView> best(List<TrialView> trials, double share, List<Direction> directions) {
        var count = (int) Math.ceil(share * trials.size());
        if (directions.size() > 1) return Pareto.best(trials, directions, count);
        var losses = trials.stream().mapToDouble(trial -> Pareto.losses(trial, directions)[0]).toArray();
        var edge = Arrays.stream(losses).sorted().skip(count - 1).findFirst().orElseThrow();
        var kept = new ArrayList<TrialView>();
        for (var i = 0; i < losses.length; i++) if (losses[i] <= edge) kept.add(trials.get(i));
        return kept;
    }
}
