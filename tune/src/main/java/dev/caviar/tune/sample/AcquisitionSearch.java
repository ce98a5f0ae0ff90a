package dev.caviar.tune.sample;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Finds the point that it pays most to try, among points that were not tried.
///
/// A small space is looked through as a whole. Else random points and neighbours of good ones are taken as starts; from the best of them, numbers
/// of many values go uphill by the gradient and are rounded, and every other axis in turn is moved to its best value, until nothing moves.
final class AcquisitionSearch {
    private static final int WHOLE_SPACE = 1500;
    private static final int RANDOM = 400;
    private static final int NEIGHBOURS = 40;
    private static final int STARTS = 5;
    private static final int SWEEPS = 12;
    private static final int STEPS = 30;

    private final Axes axes;
    private final Acquisition acquisition;
    private final Set<DoubleBuffer> tried;
    private final RandomGenerator random;

    AcquisitionSearch(Axes axes, Acquisition acquisition, Set<DoubleBuffer> tried, RandomGenerator random) {
        this.axes = axes;
        this.acquisition = acquisition;
        this.tried = tried;
        this.random = random;
    }

    private record Candidate(double[] genes, double worth) {}

    /// The best point found; null where every point of the space was tried. `good` are known points, best first.
    double @Nullable [] best(List<double[]> good) {
        var all = axes.all(WHOLE_SPACE);
        if (all != null) return all.stream().filter(this::fresh).map(this::candidate).max(Comparator.comparingDouble(Candidate::worth)).map(Candidate::genes).orElse(null);
        var starts = new ArrayList<Candidate>();
        for (var i = 0; i < RANDOM; i++) starts.add(candidate(axes.random(random)));
        for (var point : good) for (var i = 0; i < NEIGHBOURS; i++) starts.add(candidate(neighbour(point)));
        starts.sort(Comparator.comparingDouble(Candidate::worth).reversed());
        Candidate best = null;
        for (var start : spread(starts)) {
            var found = climb(start);
            if (fresh(axes.existing(found.genes)) && (best == null || found.worth > best.worth)) best = found;
        }
        if (best != null) return axes.existing(best.genes);
        return starts.stream().map(start -> axes.existing(start.genes)).filter(this::fresh).findFirst().orElseGet(this::anyFresh);
    }

    private double @Nullable [] anyFresh() {
        var all = axes.all(100_000);
        if (all != null) return all.stream().filter(this::fresh).findFirst().orElse(null);
        for (var i = 0; i < 1000; i++) {
            var point = axes.existing(axes.random(random));
            if (fresh(point)) return point;
        }
        return null;
    }

    // Every second start is the best of those left; the others are drawn in between, so that not all lie on one hill.
    private List<Candidate> spread(List<Candidate> sorted) {
        var chosen = new ArrayList<Candidate>();
        for (var i = 0; i < STARTS && i < sorted.size(); i++) chosen.add(i % 2 == 0 ? sorted.get(i) : sorted.get(random.nextInt(Math.min(sorted.size(), 40))));
        return chosen;
    }

    private boolean fresh(double[] point) {
        return !tried.contains(DoubleBuffer.wrap(point));
    }

    private Candidate candidate(double[] genes) {
        return new Candidate(genes, acquisition.at(axes.existing(genes)));
    }

    private double[] neighbour(double[] point) {
        var genes = axes.random(random);
        for (var axis = 0; axis < genes.length; axis++)
            if (!Double.isNaN(point[axis]) && random.nextInt(genes.length) > 0) genes[axis] = axes.smooth(axis) ? nudge(axis, point[axis]) : point[axis];
        return genes;
    }

    private double nudge(int axis, double place) {
        return axes.snap(axis, place + 0.1 * Math.pow(10, -2 * random.nextDouble()) * random.nextGaussian());
    }

    private Candidate climb(Candidate start) {
        var best = start;
        for (var round = 0; round < SWEEPS; round++) {
            var before = best.worth;
            best = sweep(uphill(best));
            if (best.worth <= before + 1e-4 && fresh(axes.existing(best.genes))) break;
        }
        return best;
    }

    // The numbers of many values, together and by the gradient.
    private Candidate uphill(Candidate from) {
        var point = axes.existing(from.genes);
        var moving = IntStream.range(0, point.length).filter(axis -> axes.smooth(axis) && !axes.choice(axis) && !Double.isNaN(point[axis])).toArray();
        if (moving.length == 0) return from;
        double[] places = Arrays.stream(moving).mapToDouble(axis -> point[axis]).toArray(), low = new double[moving.length], high = new double[moving.length];
        Arrays.fill(high, 1);
        QuasiNewton.minimise((x, gradient) -> {
            for (var i = 0; i < moving.length; i++) point[moving[i]] = x[i];
            var full = new double[point.length];
            var worth = acquisition.at(point, full);
            for (var i = 0; i < moving.length; i++) gradient[i] = -full[moving[i]];
            return -worth;
        }, places, low, high, STEPS, 1e-4);
        var genes = from.genes.clone();
        for (var i = 0; i < moving.length; i++) genes[moving[i]] = axes.snap(moving[i], places[i]);
        var moved = candidate(genes);
        return moved.worth > from.worth ? moved : from;
    }

    // Each axis in turn to its best place beside the others; tried points do not count, and a tried start is left for the best neighbour.
    private Candidate sweep(Candidate from) {
        var best = from;
        var point = axes.existing(from.genes);
        var sweep = new Acquisition.Sweep(acquisition, point);
        for (var axis = 0; axis < point.length; axis++) {
            if (Double.isNaN(point[axis])) continue;
            var stuck = !fresh(axes.existing(best.genes));
            var worth = stuck ? Double.NEGATIVE_INFINITY : best.worth;
            var moved = best;
            for (var place : places(axis, point[axis])) {
                if (place == best.genes[axis]) continue;
                var genes = best.genes.clone();
                genes[axis] = place;
                var other = axes.existing(genes);
                if (!fresh(other)) continue;
                var value = sweep.at(other);
                if (value > worth) {
                    worth = value;
                    moved = new Candidate(genes, value);
                }
            }
            if (moved != best && (!stuck || axis == point.length - 1 || moved.worth > best.worth)) {
                best = moved;
                point = axes.existing(best.genes);
                sweep.moveTo(point);
            }
        }
        return best;
    }

    private double[] places(int axis, double now) {
        var levels = axes.levels(axis);
        if (levels != null && (axes.choice(axis) || levels.length <= Axes.FEW_LEVELS)) return levels;
        var places = new double[4];
        for (var i = 0; i < places.length; i++) places[i] = nudge(axis, now);
        return places;
    }
}
