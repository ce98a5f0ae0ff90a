package dev.caviar.tune.sample;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The finished trials of a history as numbers, kept from one proposal to the next: a history grows at its end, and only what is new is looked at.
///
/// A shorter history than the last one is served too. Not safe for several threads.
final class Observations {
    /// How a trial ended, best first.
    enum End { COMPLETE, PRUNED, INFEASIBLE, FAILED }

    private final Map<String, Map<Dist, Column>> columns = new HashMap<>();
    private final List<TrialView> trials = new ArrayList<>();
    private List<Direction> directions = List.of();
    private End[] ends = new End[16];
    private double[] major = new double[16];
    private double[] minor = new double[16];
    private int[] ranking = new int[16];

    /// Learns of a history; what was known before stays as far as the history begins with it.
    void follow(List<TrialView> known, List<Direction> directions) {
        if (!directions.equals(this.directions)) forget(0);
        this.directions = directions;
        int shared = 0, both = Math.min(known.size(), trials.size());
        while (shared < both && known.get(shared) == trials.get(shared)) shared++;
        if (shared < both) forget(shared);
        for (int i = trials.size(); i < known.size(); i++) add(known.get(i));
    }

    /// One parameter of all trials.
    Column column(String name, Dist dist) {
        var column = columns.computeIfAbsent(name, n -> new HashMap<>()).computeIfAbsent(dist, d -> new Column(name, d));
        column.follow(trials);
        return column;
    }

    /// How a trial ended, by its index.
    End end(int trial) {
        return ends[trial];
    }

    /// All known trials from the best to the worst, for one objective; those of a longer history among them.
    int[] ranking() {
        return Arrays.copyOf(ranking, trials.size());
    }

    TrialView trial(int index) {
        return trials.get(index);
    }

    private void forget(int from) {
        if (from >= trials.size()) return;
        var kept = Arrays.stream(ranking, 0, trials.size()).filter(trial -> trial < from).toArray();
        System.arraycopy(kept, 0, ranking, 0, kept.length);
        trials.subList(from, trials.size()).clear();
        for (var byDist : columns.values()) for (var column : byDist.values()) column.forget(from);
    }

    private void add(TrialView trial) {
        int index = trials.size();
        if (index == ends.length) {
            ends = Arrays.copyOf(ends, 2 * index);
            major = Arrays.copyOf(major, 2 * index);
            minor = Arrays.copyOf(minor, 2 * index);
            ranking = Arrays.copyOf(ranking, 2 * index);
        }
        rate(trial, index);
        int low = 0, high = index;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compare(ranking[middle], index) <= 0) low = middle + 1;
            else high = middle;
        }
        System.arraycopy(ranking, low, ranking, low + 1, index - low);
        ranking[low] = index;
        trials.add(trial);
    }

    // Complete ones by value, pruned ones by how far they came and then by their last report, infeasible ones by how much they violate.
    private void rate(TrialView trial, int index) {
        double violation = trial.violation();
        major[index] = 0;
        minor[index] = 0;
        if (trial.state() == TrialState.FAIL) ends[index] = End.FAILED;
        else if (violation > 0) {
            ends[index] = End.INFEASIBLE;
            major[index] = violation;
        } else if (trial.state() == TrialState.COMPLETE && trial.value().isPresent()) {
            ends[index] = End.COMPLETE;
            major[index] = loss(trial.value().getAsDouble());
        } else {
            ends[index] = End.PRUNED;
            major[index] = trial.lastStep().isPresent() ? -trial.lastStep().getAsInt() : 1;
            minor[index] = trial.lastReport().isPresent() ? loss(trial.lastReport().getAsDouble()) : 0;
        }
    }

    private double loss(double value) {
        return Double.isNaN(value) ? Double.POSITIVE_INFINITY : directions.getFirst() == Direction.MINIMIZE ? value : -value;
    }

    private int compare(int a, int b) {
        int byEnd = ends[a].compareTo(ends[b]);
        if (byEnd != 0) return byEnd;
        int byMajor = Double.compare(major[a], major[b]);
        return byMajor != 0 ? byMajor : Double.compare(minor[a], minor[b]);
    }
}
