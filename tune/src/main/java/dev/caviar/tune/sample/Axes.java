package dev.caviar.tune.sample;

import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A space as points: the place in [0, 1] of each number, the index of each choice, and NaN where a parameter does not exist.
///
/// Parents stand before their children. A number of few values has levels, one of many is rounded to its nearest value.
final class Axes {
    /// Beyond so many levels a number is searched as if it were continuous, and rounded.
    static final int FEW_LEVELS = 24;
    private static final int MOST_LEVELS = 1000;

    private final List<Param> params;
    private final double[] @Nullable [] levels;
    private final int[][] parents;

    Axes(Space space) {
        params = space.parentsFirst();
        levels = new double[params.size()][];
        parents = new int[params.size()][];
        for (var axis = 0; axis < params.size(); axis++) {
            levels[axis] = levels(params.get(axis).dist());
            parents[axis] = params.get(axis).when().keySet().stream().mapToInt(space.parentsFirst().stream().map(Param::name).toList()::indexOf).toArray();
        }
    }

    int count() {
        return params.size();
    }

    boolean choice(int axis) {
        return params.get(axis).dist() instanceof Choice;
    }

    /// All places of an axis, null where there are too many.
    double @Nullable [] levels(int axis) {
        return levels[axis];
    }

    /// Whether small moves along the axis make sense.
    boolean smooth(int axis) {
        return levels[axis] == null || !choice(axis) && levels[axis].length > FEW_LEVELS;
    }

    /// Whether no small moves are possible at all.
    boolean coarse() {
        for (var axis = 0; axis < levels.length; axis++) if (smooth(axis)) return false;
        return true;
    }

    /// The point of a trial; a value that does not belong to the space counts as none.
    double[] point(Map<String, ? extends @Nullable Object> values) {
        var point = new double[params.size()];
        for (var axis = 0; axis < point.length; axis++) {
            var param = params.get(axis);
            var known = values.containsKey(param.name()) && param.dist().contains(values.get(param.name()));
            point[axis] = known ? place(param.dist(), values.get(param.name())) : Double.NaN;
        }
        return point;
    }

    /// The values of a point.
    Map<String, @Nullable Object> values(double[] point) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        for (var axis = 0; axis < point.length; axis++)
            if (!Double.isNaN(point[axis])) values.put(params.get(axis).name(), value(axis, point[axis]));
        return values;
    }

    /// The same point without the parameters that do not exist beside its other values.
    double[] existing(double[] genes) {
        var point = genes.clone();
        for (var axis = 0; axis < point.length; axis++) if (!exists(point, axis)) point[axis] = Double.NaN;
        return point;
    }

    /// The nearest place that a value has.
    double snap(int axis, double place) {
        var known = levels[axis];
        var dist = params.get(axis).dist();
        if (known == null) return dist.size().isEmpty() ? Math.clamp(place, 0, 1) : dist.unit(dist.at(Math.clamp(place, 0, 1)));
        var nearest = known[0];
        for (var level : known) if (Math.abs(level - place) < Math.abs(nearest - place)) nearest = level;
        return nearest;
    }

    /// Evenly drawn, on every axis, whether it exists there or not.
    double[] random(RandomGenerator random) {
        var genes = new double[params.size()];
        for (var axis = 0; axis < genes.length; axis++) genes[axis] = place(params.get(axis).dist(), params.get(axis).dist().at(random.nextDouble()));
        return genes;
    }

    /// The middle of every number, with random choices.
    double[] middle(RandomGenerator random) {
        var genes = random(random);
        for (var axis = 0; axis < genes.length; axis++) if (!choice(axis)) genes[axis] = snap(axis, 0.5);
        return genes;
    }

    /// How far two points are from each other: the mean square over the axes, numbers on a ring so that the ends are no better than the middle.
    double distance(double[] a, double[] b) {
        var sum = 0.0;
        for (var axis = 0; axis < a.length; axis++) {
            if (Double.isNaN(a[axis]) && Double.isNaN(b[axis])) continue;
            var gap = Math.abs(a[axis] - b[axis]);
            if (Double.isNaN(gap) || choice(axis)) sum += gap == 0 ? 0 : 0.125;
            else sum += Math.min(gap, 1 - gap) * Math.min(gap, 1 - gap);
        }
        return sum / a.length;
    }

    /// All points, or null where there are more than the limit.
    @Nullable List<double[]> all(int limit) {
        for (var level : levels) if (level == null) return null;
        var points = new ArrayList<double[]>();
        return walk(new double[params.size()], 0, limit, points) ? points : null;
    }

    private boolean walk(double[] genes, int axis, int limit, List<double[]> points) {
        if (axis == genes.length) return points.add(genes.clone()) && points.size() <= limit;
        for (var level : levels[axis]) {
            genes[axis] = level;
            var exists = exists(genes, axis);
            if (!exists) genes[axis] = Double.NaN;
            if (!walk(genes, axis + 1, limit, points)) return false;
            if (!exists) break;
        }
        return true;
    }

    // Whether the parameter exists beside the parents that stand before it, themselves NaN where they do not exist.
    private boolean exists(double[] point, int axis) {
        var when = params.get(axis).when();
        for (var parent : parents[axis])
            if (Double.isNaN(point[parent]) || !when.get(params.get(parent).name()).contains(value(parent, point[parent]))) return false;
        return true;
    }

    private @Nullable Object value(int axis, double place) {
        return params.get(axis).dist() instanceof Choice choice ? choice.values().get((int) place) : params.get(axis).dist().at(place);
    }

    private static double place(Dist dist, @Nullable Object value) {
        return dist instanceof Choice choice ? choice.index(value) : dist.unit(value);
    }

    private static double @Nullable [] levels(Dist dist) {
        if (dist.size().isEmpty() || dist.size().getAsLong() > MOST_LEVELS) return null;
        var values = switch (dist) {
            case Choice choice -> choice.values();
            case Whole whole -> whole.values();
            case Real real -> real.spread((int) real.size().getAsLong());
        };
        return values.stream().mapToDouble(value -> place(dist, value)).toArray();
    }
}
