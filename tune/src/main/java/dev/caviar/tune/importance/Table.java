package dev.caviar.tune.importance;

import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Trials as numbers: each parameter's place in [0, 1], and what came of it.
///
/// @param names  the parameters
/// @param places of each parameter, for each trial
/// @param values for each trial
record Table(List<String> names, double[][] places, double[] losses) {
    static Table of(List<TrialView> trials, int objective) {
        var names = List.copyOf(Importance.names(trials));
        if (!trials.isEmpty() && objective >= trials.getFirst().values().size())
            throw new IllegalArgumentException("Fanova(objective " + objective + "): the trials have " + trials.getFirst().values().size() + " values.");
        var losses = trials.stream().mapToDouble(trial -> trial.values().get(objective)).toArray();
        return new Table(names, names.stream().map(name -> places(trials, name, losses)).toArray(double[][]::new), losses);
    }

    // Trials without the parameter share the lower end, which is as wide as they are many.
    private static double[] places(List<TrialView> trials, String name, double[] losses) {
        var missing = trials.stream().filter(trial -> !trial.params().containsKey(name)).count() / (double) trials.size();
        var order = new ArrayList<double[]>();
        var places = new double[trials.size()];
        for (var t = 0; t < places.length; t++) {
            var trial = trials.get(t);
            if (!trial.params().containsKey(name)) places[t] = missing / 2;
            else if (trial.space().get(name) instanceof Choice choice) {
                if (order.isEmpty()) order.add(ordered(choice, name, trials, losses));
                places[t] = missing + (1 - missing) * order.getFirst()[choice.index(trial.params().get(name))];
            } else places[t] = missing + (1 - missing) * trial.space().get(name).unit(trial.params().get(name));
        }
        return places;
    }

    // Choices have no order of their own: by their mean, a tree needs two cuts to take out any of them. Each has a cell of equal width.
    private static double[] ordered(Choice choice, String name, List<TrialView> trials, double[] losses) {
        var sums = new double[choice.values().size()];
        var counts = new int[sums.length];
        for (var t = 0; t < losses.length; t++)
            if (choice.equals(trials.get(t).space().get(name))) {
                var k = choice.index(trials.get(t).params().get(name));
                sums[k] += losses[t];
                counts[k]++;
            }
        var ranks = new Integer[sums.length];
        Arrays.setAll(ranks, k -> k);
        Arrays.sort(ranks, (a, b) -> Double.compare(counts[a] == 0 ? 0 : sums[a] / counts[a], counts[b] == 0 ? 0 : sums[b] / counts[b]));
        var places = new double[sums.length];
        for (var rank = 0; rank < ranks.length; rank++) places[ranks[rank]] = (rank + 0.5) / ranks.length;
        return places;
    }
}
