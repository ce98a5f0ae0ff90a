package dev.caviar.tune.prune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.Arrays;
import org.hipparchus.distribution.continuous.NormalDistribution;

/// Stops a trial that is worse than the best one with some certainty, where the steps are different instances of a problem (folds, seeds, files).
///
/// A signed-rank test compares the reports at steps that both have; the value of the objective should be their mean. Differences of 0 count half to
/// each side. Up to 13 pairs, and up to 50 without ties, the test is exact, else by the normal distribution. A trial whose mean is at least as good as the best
/// trial's is never stopped, nor one with infinite or NaN reports. The rules are those of Optuna's pruner of this name. See Wilcoxon, "Individual
/// comparisons by ranking methods", Biometrics 1945.
///
/// ```java
/// Pruner pruner = WilcoxonPruner.of().withStartupSteps(5);
/// ```
///
/// @param threshold    stops where so small a probability remains that the trial is not worse, from 0 to 1
/// @param startupSteps so many pairs are needed; never less than 2
public record WilcoxonPruner(double threshold, int startupSteps) implements Pruner {
    private static final int FEW = 13;
    private static final int EXACT = 50;

    public WilcoxonPruner {
        if (!(threshold >= 0 && threshold <= 1) || startupSteps < 0)
            throw new IllegalArgumentException("WilcoxonPruner(threshold " + threshold + ", startup steps " + startupSteps
                    + "): the threshold must lie between 0 and 1, the steps be 0 or more.");
    }

    /// Optuna's settings: a probability of 0.1, from 2 pairs on.
    public static WilcoxonPruner of() {
        return new WilcoxonPruner(0.1, 2);
    }

    /// The same with another probability.
    public WilcoxonPruner withThreshold(double probability) {
        return new WilcoxonPruner(probability, startupSteps);
    }

    /// The same with another number of pairs that are needed.
    public WilcoxonPruner withStartupSteps(int steps) {
        return new WilcoxonPruner(threshold, steps);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var best = past.best();
        if (best.isEmpty() || !usable(running) || !usable(best.get())) return Verdict.CONTINUE;
        var known = best.get().reports();
        var sign = past.direction() == Direction.MINIMIZE ? 1 : -1;
        var differences = running.reports().entrySet().stream().filter(report -> known.containsKey(report.getKey()))
                .mapToDouble(report -> sign * (report.getValue() - known.get(report.getKey()))).toArray();
        if (differences.length < Math.max(2, startupSteps) || probability(differences) >= threshold) return Verdict.CONTINUE;
        return sign * mean(known.values()) >= sign * mean(running.reports().values()) ? Verdict.CONTINUE : Verdict.STOP;
    }

    private static boolean usable(TrialView trial) {
        return !trial.reports().isEmpty() && trial.reports().values().stream().allMatch(Double::isFinite);
    }

    private static double mean(Iterable<Double> values) {
        double sum = 0, count = 0;
        for (var value : values) {
            sum += value;
            count++;
        }
        return sum / count;
    }

    /// How probable differences so far above 0 are where neither sign is favoured.
    static double probability(double[] differences) {
        var n = differences.length;
        var sizes = Arrays.stream(differences).map(Math::abs).sorted().toArray();
        double above = 0, ties = 0;
        for (var difference : differences) {
            var rank = rank(sizes, Math.abs(difference));
            above += difference > 0 ? rank : difference == 0 ? rank / 2 : 0;
        }
        for (int i = 0, j; i < n; i = j) {
            for (j = i; j < n && sizes[j] == sizes[i];) j++;
            ties += Math.pow(j - i, 3) - (j - i);
        }
        if (n <= FEW || n <= EXACT && ties == 0 && sizes[0] > 0) return exact(differences, sizes);
        var deviation = Math.sqrt((n * (n + 1.0) * (2 * n + 1) - ties / 2) / 24);
        return new NormalDistribution().cumulativeProbability((n * (n + 1) / 4.0 - above) / deviation);
    }

    private static double rank(double[] sorted, double size) {
        int below = 0, equal = 0;
        for (var other : sorted) {
            if (other < size) below++;
            else if (other == size) equal++;
        }
        return below + (equal + 1) / 2.0;
    }

    // Of all 2^n choices of signs, the share whose ranks above 0 sum up to at least as much. In half ranks, which are whole numbers.
    private static double exact(double[] differences, double[] sizes) {
        var n = differences.length;
        var shares = new double[n * (n + 1) + 1];
        shares[0] = 1;
        var sum = 0;
        for (var difference : differences) {
            if (difference == 0) continue;
            var rank = (int) Math.round(2 * rank(sizes, Math.abs(difference)));
            if (difference > 0) sum += rank;
            for (var total = shares.length - 1; total >= 0; total--) shares[total] = shares[total] / 2 + (total >= rank ? shares[total - rank] / 2 : 0);
        }
        return Arrays.stream(shares, sum, shares.length).sum();
    }
}
