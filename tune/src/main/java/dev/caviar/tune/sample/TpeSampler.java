package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Tree-structured Parzen estimator: proposes what is likely among good settings and unlikely among the others.
///
/// The best tenth of the trials, at most 25, are the good ones; with several objectives the first non-dominated tenth. Pruned trials come
/// after all complete ones, then those that violate constraints; failed trials are never good, and neither are settings that are being tried
/// (the constant liar), so that parallel trials keep apart. Of some candidates drawn from the density of the good settings the one with the
/// largest ratio of both densities is proposed. No setting is proposed twice before a finite space is used up.
///
/// With one objective the densities are joint, over all parameters that a trial has, whatever their conditions: correlations survive, and a
/// parameter that only some trials have is learned from those. Where the objective defines its parameters as it runs, each is chosen given those
/// before it.
///
/// Sources: Bergstra et al., NIPS 2011 and ICML 2013; Watanabe, arXiv 2304.11127; several objectives: Ozaki et al., JAIR 2022.
///
/// ```java
/// var study = Study.inMemory(StudyOptions.of("parabola").withSampler(TpeSampler.of()).withSeed(1));
/// study.optimize(trial -> Math.pow(trial.real("x", -10, 10) - 5, 2), Budget.trials(50));
/// assert study.best().orElseThrow().value().getAsDouble() < 0.5;
/// ```
public final class TpeSampler implements Sampler {
    private static final int ROUNDS = 10;
    private static final int RECENT = 25;
    private static final long ENUMERABLE = 100_000;

    private final int startup;
    private final int candidates;
    private final @Nullable Boolean joint;
    // Of the last history, from which all of it can be made again.
    private final Observations seen = new Observations();

    private TpeSampler(int startup, int candidates, @Nullable Boolean joint) {
        if (startup < 0 || candidates < 1)
            throw new SpaceException("TpeSampler(" + startup + " at random, " + candidates + " candidates): at least 0 and 1 are needed.");
        this.startup = startup;
        this.candidates = candidates;
        this.joint = joint;
    }

    /// 10 trials at random, 24 candidates; joint with one objective, each parameter by itself with several.
    public static TpeSampler of() {
        return new TpeSampler(10, 24, null);
    }

    /// The same with so many trials at random first.
    public TpeSampler withStartup(int trials) {
        return new TpeSampler(trials, candidates, joint);
    }

    /// The same with so many candidates for each proposal.
    public TpeSampler withCandidates(int candidates) {
        return new TpeSampler(startup, candidates, joint);
    }

    /// The same with joint densities, or with each parameter by itself.
    public TpeSampler withJoint(boolean joint) {
        return new TpeSampler(startup, candidates, joint);
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        if (!joint(past)) return Map.of();
        synchronized (seen) {
            seen.follow(past.trials(), past.directions());
            var columns = new ArrayList<Column>();
            for (var param : space.parentsFirst()) columns.add(seen.column(param.name(), param.dist()));
            var everyone = new boolean[past.trials().size()];
            Arrays.fill(everyone, true);
            var search = new Search(space, columns, tried(past, columns), random);
            var best = warming(past) ? search.even() : search.best(mixtures(past, columns, everyone));
            return best == null ? Map.of() : search.values(best);
        }
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        if (warming(past)) return dist.at(random.nextDouble());
        synchronized (seen) {
            seen.follow(past.trials(), past.directions());
            var asked = seen.column(name, dist);
            var columns = new ArrayList<Column>();
            if (joint(past)) trial.space().forEach((other, its) -> columns.add(seen.column(other, its)));
            columns.add(asked);
            int last = columns.size() - 1;
            var point = new double[columns.size()];
            for (int c = 0; c < last; c++) point[c] = columns.get(c).place(trial);
            point[last] = Double.NaN;
            var known = point.clone();
            var mixtures = mixtures(past, columns, having(past, asked));
            double most = Double.NEGATIVE_INFINITY, best = Double.NaN;
            for (int i = 0; i < candidates; i++) {
                point[last] = mixtures.good().draw(known, random).place(last);
                double ratio = mixtures.ratio(point);
                if (!Double.isNaN(best) && ratio <= most) continue;
                best = point[last];
                most = ratio;
            }
            return asked.value(best);
        }
    }

    private boolean joint(History past) {
        return joint != null ? joint : past.directions().size() == 1;
    }

    private boolean warming(History past) {
        int useful = 0;
        for (var trial : past.trials()) if (trial.state() != TrialState.FAIL) useful++;
        return useful < startup;
    }

    // What a trial without the parameter was worth says nothing about the parameter.
    private static boolean[] having(History past, Column column) {
        var having = new boolean[past.trials().size()];
        for (int i = 0; i < having.length; i++) having[i] = !Double.isNaN(column.at(i));
        return having;
    }

    private Mixtures mixtures(History past, List<Column> columns, boolean[] of) {
        var good = Split.good(seen, past, of);
        var others = of.clone();
        for (int trial : good) others[trial] = false;
        var bad = Split.indices(others);
        var pending = past.pending().stream().map(trial -> columns.stream().mapToDouble(column -> column.place(trial)).toArray()).toArray(double[][]::new);
        var even = new double[good.length];
        Arrays.fill(even, 1);
        return new Mixtures(new Parzen(columns, good, new double[0][], even), new Parzen(columns, bad, pending, ramp(bad.length + pending.length)));
    }

    // The latest 25 count in full, the oldest of many hardly.
    private static double[] ramp(int count) {
        var weights = new double[count];
        int old = count - RECENT;
        for (int i = 0; i < count; i++) weights[i] = i >= old ? 1 : old == 1 ? 1.0 / count : 1.0 / count + i * (1 - 1.0 / count) / (old - 1);
        return weights;
    }

    // In a space with a continuous parameter no two settings are the same by chance.
    private static Set<DoubleBuffer> tried(History past, List<Column> columns) {
        var tried = new HashSet<DoubleBuffer>();
        if (columns.stream().anyMatch(Column::continuous)) return tried;
        for (int i = 0; i < past.trials().size(); i++) {
            var point = new double[columns.size()];
            for (int c = 0; c < point.length; c++) point[c] = columns.get(c).at(i);
            tried.add(DoubleBuffer.wrap(point));
        }
        for (var trial : past.pending()) tried.add(DoubleBuffer.wrap(columns.stream().mapToDouble(column -> column.place(trial)).toArray()));
        return tried;
    }

    /// The densities of good settings and of all others.
    private record Mixtures(Parzen good, Parzen bad) {
        double ratio(double[] point) {
            return good.logDensity(point) - bad.logDensity(point);
        }
    }

    /// Looks for the best setting of a space that was not tried yet.
    private final class Search {
        private final Space space;
        private final List<Column> columns;
        private final Set<DoubleBuffer> tried;
        private final RandomGenerator random;

        Search(Space space, List<Column> columns, Set<DoubleBuffer> tried, RandomGenerator random) {
            this.space = space;
            this.columns = columns;
            this.tried = tried;
            this.random = random;
        }

        double @Nullable [] best(Mixtures mixtures) {
            var nothing = new double[columns.size()];
            Arrays.fill(nothing, Double.NaN);
            for (int round = 0; round < ROUNDS; round++) {
                var best = best(mixtures, candidates, () -> {
                    var draw = mixtures.good().draw(nothing, random);
                    return point(draw::place);
                });
                if (best != null) return best;
            }
            var best = best(mixtures, ROUNDS * candidates, this::anywhere);
            if (best != null) return best;
            var rest = left().iterator();
            return best(mixtures, Integer.MAX_VALUE, () -> rest.hasNext() ? rest.next() : null);
        }

        /// Evenly drawn, and new if that can be.
        double @Nullable [] even() {
            for (int i = 0; i < ROUNDS * candidates; i++) {
                var point = anywhere();
                if (!tried.contains(DoubleBuffer.wrap(point))) return point;
            }
            var left = left();
            return left.isEmpty() ? null : left.get(random.nextInt(left.size()));
        }

        Map<String, @Nullable Object> values(double[] point) {
            var values = new HashMap<String, @Nullable Object>();
            for (int c = 0; c < point.length; c++)
                if (!Double.isNaN(point[c])) values.put(columns.get(c).name(), columns.get(c).value(point[c]));
            return values;
        }

        private double @Nullable [] best(Mixtures mixtures, int count, Supplier<double @Nullable []> points) {
            double[] best = null;
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < count; i++) {
                var point = points.get();
                if (point == null) break;
                if (tried.contains(DoubleBuffer.wrap(point))) continue;
                double ratio = mixtures.ratio(point);
                if (best != null && ratio <= most) continue;
                best = point;
                most = ratio;
            }
            return best;
        }

        private double[] anywhere() {
            return point(c -> columns.get(c).anywhere(random));
        }

        private double[] point(IntToDoubleFunction place) {
            var point = new double[columns.size()];
            var values = new HashMap<String, @Nullable Object>();
            for (int c = 0; c < point.length; c++) {
                var column = columns.get(c);
                point[c] = space.active(column.name(), values) ? place.applyAsDouble(c) : Double.NaN;
                if (!Double.isNaN(point[c])) values.put(column.name(), column.value(point[c]));
            }
            return point;
        }

        // All settings that were not tried yet, where the space is small enough to list it.
        private List<double[]> left() {
            long count = 1, most = 1;
            for (var param : space.params()) {
                long values = param.dist().size().orElse(Long.MAX_VALUE);
                most = Math.max(most, values);
                count = values > ENUMERABLE || count > ENUMERABLE ? Long.MAX_VALUE : count * values;
            }
            var left = new ArrayList<double[]>();
            if (count > ENUMERABLE) return left;
            for (var setting : GridSampler.of(space, (int) most).points()) {
                var point = columns.stream().mapToDouble(column ->
                        setting.containsKey(column.name()) ? column.place(setting.get(column.name())) : Double.NaN).toArray();
                if (!tried.contains(DoubleBuffer.wrap(point))) left.add(point);
            }
            return left;
        }
    }
}
