package dev.caviar.tune.sample;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// What a history says about the points of a space.
///
/// @param points  where a loss is known
/// @param losses  small is good; of a trial that was stopped as hopeless at least the median
/// @param kept    at which of these points every constraint was kept
/// @param limits  what was measured of each constraint, and of failing at all: above 0 is bad
/// @param pending what is being tried
/// @param tried   every point that was or is being tried
record Evidence(double[][] points, double[] losses, boolean[] kept, List<Limit> limits, double[][] pending, Set<DoubleBuffer> tried) {
    // A process over more points takes too long; the best half of them and the latest are kept.
    private static final int MOST = 300;

    /// Values that must not be above 0, and where they were measured.
    record Limit(double[][] points, double[] values) {}

    static Evidence of(Axes axes, History past, RandomGenerator random) {
        var trials = fewer(past);
        var tried = new HashSet<DoubleBuffer>();
        for (var trial : past.trials()) tried.add(DoubleBuffer.wrap(axes.point(trial.params())));
        for (var trial : past.pending()) tried.add(DoubleBuffer.wrap(axes.point(trial.params())));
        var known = trials.stream().filter(trial -> complete(trial, past)).toList();
        var losses = past.directions().size() == 1
                ? known.stream().mapToDouble(trial -> Pareto.losses(trial, past.directions())[0]).toArray()
                : scalars(known.stream().map(trial -> Pareto.losses(trial, past.directions())).toArray(double[][]::new), random);
        if (past.directions().size() == 1 && !known.isEmpty()) {
            var pruned = trials.stream().filter(trial -> trial.state() == TrialState.PRUNED).toList();
            var sorted = Arrays.stream(losses).sorted().toArray();
            var atLeast = sorted[sorted.length / 2];
            losses = DoubleStream.concat(Arrays.stream(losses), pruned.stream().mapToDouble(trial -> hopeless(trial, past, atLeast))).toArray();
            known = new ArrayList<>(known);
            known.addAll(pruned);
        }
        var kept = new boolean[known.size()];
        for (var i = 0; i < kept.length; i++) kept[i] = known.get(i).violation() == 0;
        return new Evidence(points(axes, known), losses, kept, limits(axes, trials), points(axes, past.pending()), tried);
    }

    private static List<TrialView> fewer(History past) {
        var trials = past.trials();
        if (trials.size() <= MOST) return trials;
        var chosen = new HashSet<>(trials.subList(trials.size() - MOST / 2, trials.size()));
        var complete = trials.stream().filter(trial -> complete(trial, past)).toList();
        var losses = complete.stream().map(trial -> Pareto.losses(trial, past.directions())).toArray(double[][]::new);
        var ranks = past.directions().size() == 1 ? null : Pareto.ranks(losses);
        IntStream.range(0, losses.length).boxed()
                .sorted(Comparator.comparingDouble(i -> ranks == null ? losses[i][0] : ranks[i]))
                .limit(MOST / 2).forEach(i -> chosen.add(complete.get(i)));
        return trials.stream().filter(chosen::contains).toList();
    }

    private static boolean complete(TrialView trial, History past) {
        return trial.state() == TrialState.COMPLETE && trial.values().size() == past.directions().size();
    }

    private static double hopeless(TrialView trial, History past, double atLeast) {
        var last = trial.lastReport();
        if (last.isEmpty() || Double.isNaN(last.getAsDouble())) return atLeast;
        return Math.max(atLeast, past.direction() == Direction.MINIMIZE ? last.getAsDouble() : -last.getAsDouble());
    }

    // One loss for many, by weights that change with every proposal: Knowles, "ParEGO", IEEE TEC 2006, equation 2.
    private static double[] scalars(double[][] rows, RandomGenerator random) {
        var scalars = new double[rows.length];
        if (rows.length == 0) return scalars;
        var axes = rows[0].length;
        var weights = new double[axes];
        var total = 0.0;
        for (var axis = 0; axis < axes; axis++) total += weights[axis] = random.nextExponential();
        var sums = new double[rows.length];
        Arrays.fill(scalars, Double.NEGATIVE_INFINITY);
        for (var axis = 0; axis < axes; axis++) {
            var place = axis;
            var column = Losses.warped(Arrays.stream(rows).mapToDouble(row -> row[place]).toArray());
            var least = Arrays.stream(column).min().getAsDouble();
            for (var i = 0; i < rows.length; i++) {
                var weighted = weights[axis] / total * (column[i] - least);
                scalars[i] = Math.max(scalars[i], weighted);
                sums[i] += weighted;
            }
        }
        for (var i = 0; i < scalars.length; i++) scalars[i] += 0.05 * sums[i];
        return scalars;
    }

    private static List<Limit> limits(Axes axes, List<TrialView> trials) {
        var limits = new ArrayList<Limit>();
        var constrained = trials.stream().filter(trial -> !trial.constraints().isEmpty()).toList();
        var count = constrained.stream().mapToInt(trial -> trial.constraints().size()).max().orElse(0);
        for (var i = 0; i < count; i++) {
            var place = i;
            var with = constrained.stream().filter(trial -> trial.constraints().size() > place).toList();
            limits.add(new Limit(points(axes, with), with.stream().mapToDouble(trial -> trial.constraints().get(place)).toArray()));
        }
        if (trials.stream().anyMatch(trial -> trial.state() == TrialState.FAIL))
            limits.add(new Limit(points(axes, trials), trials.stream().mapToDouble(trial -> trial.state() == TrialState.FAIL ? 1 : -1).toArray()));
        return limits;
    }

    private static double[][] points(Axes axes, List<TrialView> trials) {
        return trials.stream().map(trial -> axes.point(trial.params())).toArray(double[][]::new);
    }
}
