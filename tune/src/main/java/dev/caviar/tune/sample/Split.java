package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import java.util.ArrayList;
import java.util.Arrays;

/// Which trials are the good ones: a tenth of them.
final class Split {
    private static final int MOST = 25;

    private Split() {}

    /// The good ones among the eligible trials, by rising index; they are the first of a history that `seen` follows.
    static int[] good(Observations seen, History past, boolean[] eligible) {
        int useful = 0;
        for (int i = 0; i < eligible.length; i++) if (eligible[i] && seen.end(i) != Observations.End.FAILED) useful++;
        boolean several = past.directions().size() > 1;
        int count = several ? (useful + 9) / 10 : Math.min((useful + 9) / 10, MOST);
        var good = new boolean[eligible.length];
        int chosen = 0;
        if (several) {
            var complete = new ArrayList<Integer>();
            for (int i = 0; i < eligible.length; i++) if (eligible[i] && seen.end(i) == Observations.End.COMPLETE) complete.add(i);
            var losses = complete.stream().map(i -> Pareto.losses(past.trials().get(i), past.directions())).toArray(double[][]::new);
            for (int place : Pareto.best(losses, count)) {
                good[complete.get(place)] = true;
                chosen++;
            }
        }
        for (int trial : seen.ranking()) {
            if (chosen >= count) break;
            if (trial >= eligible.length || !eligible[trial] || good[trial] || seen.end(trial) == Observations.End.FAILED) continue;
            good[trial] = true;
            chosen++;
        }
        return indices(good);
    }

    /// Where it is true.
    static int[] indices(boolean[] flags) {
        var indices = new int[flags.length];
        int count = 0;
        for (int i = 0; i < flags.length; i++) if (flags[i]) indices[count++] = i;
        return Arrays.copyOf(indices, count);
    }
}
