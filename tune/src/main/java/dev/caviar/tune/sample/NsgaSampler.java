package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Evolution towards the Pareto front: settings that no other dominates, and that have room around them, have children.
///
/// Slots make generations of `population` trials. The parents of a generation are the survivors of all earlier trials that are known by then, late ones of older
/// generations included. Numbers are crossed and changed by bounded distributions around the parents (SBX and polynomial mutation, Deb and
/// Agrawal, Complex Systems 1995), choices and numbers of few values taken from either parent or drawn anew. Those that violate constraints less survive those that do so more
/// (Deb's rule). For many trials, hundreds at least, of one or several objectives; failed and stopped trials have no children.
///
/// Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE TEC 2002; [#three()] survives by directions instead of crowding: Deb
/// and Jain, IEEE TEC 2014, for three objectives and more.
///
/// ```java
/// var options = StudyOptions.of("both").withDirections(Direction.MINIMIZE, Direction.MINIMIZE).withSampler(NsgaSampler.two().withPopulation(20));
/// ```
public final class NsgaSampler implements Sampler {
    private static final double CROSSOVER = 0.9;
    private static final double NEARNESS = 20;    // the greater, the nearer children are to their parents
    private static final int TRIES = 20;

    private final Survival survival;
    private final int population;

    private NsgaSampler(Survival survival, int population) {
        if (population < 4) throw new IllegalArgumentException("NsgaSampler(population " + population + "): at least 4 are needed.");
        this.survival = survival;
        this.population = population;
    }

    /// NSGA-II with generations of 50.
    public static NsgaSampler two() {
        return new NsgaSampler(Survival.CROWDING, 50);
    }

    /// NSGA-III with generations of 50.
    public static NsgaSampler three() {
        return new NsgaSampler(Survival.DIRECTIONS, 50);
    }

    /// The same with generations of another size, 4 at least.
    public NsgaSampler withPopulation(int size) {
        return new NsgaSampler(survival, size);
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        if (space.params().isEmpty()) return Map.of();
        var axes = new Axes(space);
        var parents = parents(past, trial.slot());
        if (parents.size() < 2) return axes.values(axes.existing(axes.random(random)));
        var tried = new HashSet<DoubleBuffer>();
        for (var other : past.trials()) tried.add(DoubleBuffer.wrap(axes.point(other.params())));
        for (var other : past.pending()) tried.add(DoubleBuffer.wrap(axes.point(other.params())));
        var child = axes.existing(child(axes, parents, random));
        for (var i = 0; i < TRIES && tried.contains(DoubleBuffer.wrap(child)); i++) child = axes.existing(child(axes, parents, random));
        return axes.values(child);
    }

    /// For parameters that the objective defines as it runs: from a parent, or now and then drawn anew.
    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        var parents = parents(past, trial.slot()).stream().filter(parent -> dist.contains(parent.params().get(name)) && parent.params().containsKey(name)).toList();
        if (parents.isEmpty() || random.nextInt(1 + parents.getFirst().params().size()) == 0) return dist.at(random.nextDouble());
        return parents.get(winner(parents, random)).params().get(name);
    }

    /// The survivors of everything known from generations before that of the slot, best first.
    List<TrialView> parents(History past, int slot) {
        var generation = slot / population;
        var known = past.trials().stream().filter(trial -> trial.slot() < generation * population && trial.state() == TrialState.COMPLETE
                && trial.values().size() == past.directions().size()).toList();
        List<TrialView> living = List.of();
        for (var from = 0; from < known.size(); from += population) {
            var crowd = new ArrayList<>(living);
            crowd.addAll(known.subList(from, Math.min(from + population, known.size())));
            var losses = crowd.stream().map(trial -> Pareto.losses(trial, past.directions())).toArray(double[][]::new);
            var violations = crowd.stream().mapToDouble(TrialView::violation).toArray();
            living = survival.select(losses, violations, population, new SplittableRandom(from)).stream().map(crowd::get).toList();
        }
        return living;
    }

    // Survivors are in the order of their fronts, the roomier first in the last: of two the earlier.
    private static int winner(List<TrialView> parents, RandomGenerator random) {
        return Math.min(random.nextInt(parents.size()), random.nextInt(parents.size()));
    }

    private static double[] child(Axes axes, List<TrialView> parents, RandomGenerator random) {
        int one = winner(parents, random), two = winner(parents, random);
        for (var i = 0; i < TRIES && two == one; i++) two = winner(parents, random);
        double[] a = axes.point(parents.get(one).params()), b = axes.point(parents.get(two).params());
        var anew = axes.random(random);
        var crossed = random.nextDouble() < CROSSOVER;
        var genes = new double[anew.length];
        for (var axis = 0; axis < genes.length; axis++) {
            var mutated = random.nextInt(genes.length) == 0;
            if (Double.isNaN(a[axis]) || Double.isNaN(b[axis])) genes[axis] = Double.isNaN(a[axis]) ? Double.isNaN(b[axis]) ? anew[axis] : b[axis] : a[axis];
            else if (!crossed) genes[axis] = a[axis];
            else genes[axis] = axes.smooth(axis) ? between(a[axis], b[axis], random) : random.nextBoolean() ? a[axis] : b[axis];
            if (mutated) genes[axis] = axes.smooth(axis) ? moved(genes[axis], random) : anew[axis];
            if (axes.smooth(axis)) genes[axis] = axes.snap(axis, genes[axis]);
        }
        return genes;
    }

    // Simulated binary crossover: as far apart as the parents, or a little more or less.
    private static double between(double a, double b, RandomGenerator random) {
        var u = random.nextDouble();
        var spread = u < 0.5 ? Math.pow(2 * u, 1 / (NEARNESS + 1)) : Math.pow(1 / (2 * (1 - u)), 1 / (NEARNESS + 1));
        var sign = random.nextBoolean() ? 1 : -1;
        return Math.clamp(0.5 * (a + b + sign * spread * (a - b)), 0, 1);
    }

    // Polynomial mutation.
    private static double moved(double place, RandomGenerator random) {
        var u = random.nextDouble();
        var step = u < 0.5 ? Math.pow(2 * u, 1 / (NEARNESS + 1)) - 1 : 1 - Math.pow(2 * (1 - u), 1 / (NEARNESS + 1));
        return Math.clamp(place + step, 0, 1);
    }
}
