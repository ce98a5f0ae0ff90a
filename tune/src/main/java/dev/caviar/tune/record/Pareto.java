package dev.caviar.tune.record;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// Who beats whom where there are several objectives.
///
/// Losses are rows of equal length in which smaller is better. A row dominates another where it is nowhere worse and somewhere better.
///
/// ```java
/// double[][] losses = {{1, 3}, {2, 2}, {3, 3}};
/// assert Pareto.ranks(losses)[2] == 1;                                   // (2, 2) dominates (3, 3)
/// assert Pareto.hypervolume(losses, new double[] {4, 4}) == 5;
/// ```
public final class Pareto {
    private Pareto() {}

    /// Whether the first row is nowhere worse and somewhere better than the second.
    public static boolean dominates(double[] a, double[] b) {
        var better = false;
        for (var i = 0; i < a.length; i++) {
            if (!(a[i] <= b[i])) return false;
            better |= a[i] < b[i];
        }
        return better;
    }

    /// For each row 0 where no other dominates it, 1 where only such rows do, and so on; equal rows have equal ranks. See Deb et al., "A fast and
    /// elitist multiobjective genetic algorithm: NSGA-II", IEEE TEC 2002, section III.A.
    public static int[] ranks(double[][] losses) {
        var order = new Integer[losses.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparing((Integer i) -> losses[i], Arrays::compare));
        // In lexicographic order a row is only dominated by earlier ones, and by one of the last front whose rank is below its own.
        var fronts = new ArrayList<List<double[]>>();
        var ranks = new int[losses.length];
        for (var i : order) {
            var rank = 0;
            while (rank < fronts.size() && dominated(losses[i], fronts.get(rank))) rank++;
            if (rank == fronts.size()) fronts.add(new ArrayList<>());
            fronts.get(rank).add(losses[i]);
            ranks[i] = rank;
        }
        return ranks;
    }

    /// How much of the space below the reference point the rows dominate; rows that are not below it everywhere count nothing. By slicing off one
    /// row after the other, see While, Bradstreet and Barone, "A fast way of calculating exact hypervolumes", IEEE TEC 2012.
    public static double hypervolume(double[][] losses, double[] reference) {
        var below = Arrays.stream(losses).filter(row -> strictlyBelow(row, reference)).toList();
        return volume(undominated(below), reference);
    }

    /// How much of it the first row dominates, the first two, and so on to all rows: the history of a search. Each row adds its own box without what
    /// those before it have of it; from five objectives on with long fronts this takes long.
    public static double[] hypervolumes(double[][] losses, double[] reference) {
        var volumes = new double[losses.length];
        List<double[]> front = new ArrayList<>();
        for (var i = 0; i < losses.length; i++) {
            volumes[i] = i == 0 ? 0 : volumes[i - 1];
            var row = losses[i];
            if (!strictlyBelow(row, reference) || front.stream().anyMatch(other -> dominates(other, row) || Arrays.equals(other, row))) continue;
            volumes[i] += own(row, front, reference);
            front.removeIf(other -> dominates(row, other));
            front.add(row);
        }
        return volumes;
    }

    /// The places of the best `count` rows, rising: whole fronts, and of the one that does not fit those that dominate most together, chosen one
    /// after the other by what each adds. The reference point lies a tenth beyond that front. See Ozaki et al., "Multiobjective Tree-Structured
    /// Parzen Estimator", JAIR 2022, section 4; that the greedy choice is good, Guerreiro, Fonseca and Paquete, Evolutionary Computation 2016.
    public static int[] best(double[][] losses, int count) {
        var ranks = ranks(losses);
        var kept = new BitSet();
        for (var rank = 0; kept.cardinality() < Math.min(count, losses.length); rank++) {
            var front = new ArrayList<Integer>();
            for (var i = 0; i < ranks.length; i++) if (ranks[i] == rank) front.add(i);
            var left = count - kept.cardinality();
            for (var i : front.size() <= left ? front : spread(losses, front, left)) kept.set(i);
        }
        return kept.stream().toArray();
    }

    /// The best `count` complete trials, in their order; all must have finite values.
    public static List<TrialView> best(List<TrialView> trials, List<Direction> directions, int count) {
        var best = best(trials.stream().map(trial -> losses(trial, directions)).toArray(double[][]::new), count);
        return Arrays.stream(best).mapToObj(trials::get).toList();
    }

    /// What the trial is worth, as losses; see the next.
    public static double[] losses(TrialView trial, List<Direction> directions) {
        return losses(trial.values(), directions);
    }

    /// Values as losses, one per direction: those to be maximised are negated, and NaN counts as infinite.
    public static double[] losses(List<Double> values, List<Direction> directions) {
        var losses = new double[directions.size()];
        for (var i = 0; i < losses.length; i++) {
            double value = values.get(i), loss = directions.get(i) == Direction.MINIMIZE ? value : -value;
            losses[i] = Double.isNaN(loss) ? Double.POSITIVE_INFINITY : loss;
        }
        return losses;
    }

    /// The complete trials that no other dominates, in their order; those that violate a constraint are left out.
    public static List<TrialView> front(List<TrialView> trials, List<Direction> directions) {
        var feasible = trials.stream().filter(trial -> trial.state() == TrialState.COMPLETE && trial.values().size() == directions.size()
                && trial.violation() == 0).toList();
        var ranks = ranks(feasible.stream().map(trial -> losses(trial, directions)).toArray(double[][]::new));
        var front = new ArrayList<TrialView>();
        for (var i = 0; i < ranks.length; i++) if (ranks[i] == 0) front.add(feasible.get(i));
        return front;
    }

    private static boolean dominated(double[] row, List<double[]> front) {
        for (var other : front) if (dominates(other, row)) return true;
        return false;
    }

    // A row never adds more than it did to fewer others: most of the time only the first in line is measured again.
    private static List<Integer> spread(double[][] losses, List<Integer> front, int count) {
        var reference = reference(losses, front);
        record Candidate(int row, double gain, int seen) {}
        var line = new PriorityQueue<>(Comparator.comparingDouble((Candidate c) -> -c.gain).thenComparingInt(Candidate::row));
        for (var i : front) line.add(new Candidate(i, Double.POSITIVE_INFINITY, -1));
        var chosen = new ArrayList<Integer>();
        var volume = 0.0;
        while (chosen.size() < count) {
            var first = line.poll();
            if (first.seen == chosen.size()) {
                chosen.add(first.row);
                volume += first.gain;
            } else {
                var with = new double[chosen.size() + 1][];
                for (var i = 0; i < chosen.size(); i++) with[i] = losses[chosen.get(i)];
                with[chosen.size()] = losses[first.row];
                line.add(new Candidate(first.row, hypervolume(with, reference) - volume, chosen.size()));
            }
        }
        return chosen;
    }

    // Rows that are infinite somewhere add nothing, and say nothing of where the front ends.
    private static double[] reference(double[][] losses, List<Integer> front) {
        var reference = new double[losses[0].length];
        for (var axis = 0; axis < reference.length; axis++) {
            var at = axis;
            var worst = front.stream().mapToDouble(i -> losses[i][at]).filter(Double::isFinite).max().orElse(0);
            reference[axis] = worst == 0 ? 1e-12 : Math.max(1.1 * worst, 0.9 * worst);
        }
        return reference;
    }

    private static boolean strictlyBelow(double[] row, double[] reference) {
        for (var i = 0; i < row.length; i++) if (!(row[i] < reference[i])) return false;
        return true;
    }

    private static List<double[]> undominated(List<double[]> rows) {
        var sorted = new ArrayList<>(rows);
        sorted.sort(Arrays::compare);
        var kept = new ArrayList<double[]>();
        for (var row : sorted) if (!dominated(row, kept) && (kept.isEmpty() || !Arrays.equals(kept.getLast(), row))) kept.add(row);
        return kept;
    }

    // Rows are free of dominated ones and rise in the first axis.
    private static double volume(List<double[]> rows, double[] reference) {
        if (rows.isEmpty()) return 0;
        var sum = 0.0;
        if (reference.length == 1) return reference[0] - rows.getFirst()[0];
        if (reference.length == 2) {
            var ceiling = reference[1];
            for (var row : rows) {
                sum += (reference[0] - row[0]) * (ceiling - row[1]);
                ceiling = row[1];
            }
            return sum;
        }
        for (var i = 0; i < rows.size(); i++) {
            var row = rows.get(i);
            sum += own(row, rows.subList(i + 1, rows.size()), reference);
        }
        return sum;
    }

    // The box of a row without what others dominate of it.
    private static double own(double[] row, List<double[]> others, double[] reference) {
        var box = 1.0;
        for (var axis = 0; axis < row.length; axis++) box *= reference[axis] - row[axis];
        var shadows = new ArrayList<double[]>();
        for (var other : others) {
            var shadow = new double[row.length];
            for (var axis = 0; axis < row.length; axis++) shadow[axis] = Math.max(row[axis], other[axis]);
            shadows.add(shadow);
        }
        return box - volume(undominated(shadows), reference);
    }
}
