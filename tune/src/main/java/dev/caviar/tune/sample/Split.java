package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

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
            for (int trial : undominated(complete, past, count)) {
                good[trial] = true;
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

    // Rank by rank; of the rank that does not fit as a whole those that together dominate most: Ozaki et al., JAIR 2022, section 4.2.
    private static List<Integer> undominated(List<Integer> trials, History past, int count) {
        var losses = trials.stream().map(i -> Pareto.losses(past.trials().get(i), past.directions())).toArray(double[][]::new);
        var ranks = Pareto.ranks(losses);
        var good = new ArrayList<Integer>();
        for (int rank = 0; good.size() < count; rank++) {
            var tied = new ArrayList<Integer>();
            for (int i = 0; i < ranks.length; i++) if (ranks[i] == rank) tied.add(i);
            if (tied.isEmpty()) break;
            var kept = good.size() + tied.size() <= count ? tied : dominating(tied, losses, count - good.size());
            for (int i : kept) good.add(trials.get(i));
        }
        return good;
    }

    // Greedily; what one adds can only shrink as others are taken, so most need not be computed again.
    private static List<Integer> dominating(List<Integer> tied, double[][] losses, int count) {
        var reference = reference(tied, losses);
        var queue = new PriorityQueue<Gain>(Comparator.comparingDouble(Gain::volume).reversed().thenComparingInt(Gain::row));
        for (int row : tied) queue.add(new Gain(row, Pareto.hypervolume(new double[][] {losses[row]}, reference), 0));
        var kept = new ArrayList<Integer>();
        double volume = 0;
        while (kept.size() < count) {
            var first = queue.remove();
            if (first.known() == kept.size()) {
                kept.add(first.row());
                volume += first.volume();
                continue;
            }
            var more = new double[kept.size() + 1][];
            for (int i = 0; i < kept.size(); i++) more[i] = losses[kept.get(i)];
            more[kept.size()] = losses[first.row()];
            queue.add(new Gain(first.row(), Pareto.hypervolume(more, reference) - volume, kept.size()));
        }
        return kept;
    }

    private static double[] reference(List<Integer> tied, double[][] losses) {
        var reference = new double[losses[0].length];
        for (int axis = 0; axis < reference.length; axis++) {
            double worst = Double.NEGATIVE_INFINITY;
            for (int row : tied) if (Double.isFinite(losses[row][axis])) worst = Math.max(worst, losses[row][axis]);
            if (!Double.isFinite(worst)) worst = 0;
            reference[axis] = worst == 0 ? 1e-12 : Math.max(1.1 * worst, 0.9 * worst);
        }
        return reference;
    }

    /// How much a row adds to the volume of the first `known` kept ones.
    private record Gain(int row, double volume, int known) {}
}
