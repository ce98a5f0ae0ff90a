package dev.caviar.tune.sample;

import dev.caviar.tune.record.Pareto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.LUDecomposition;

/// Who of a crowd lives on, by fronts that dominate one another; of the last front that does not fit as a whole, those that keep it wide.
enum Survival {
    /// Those with the most room around them: Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE TEC 2002, section III.B.
    CROWDING {
        @Override
        List<Integer> fill(double[][] losses, List<Integer> chosen, List<Integer> front, int places, SplittableRandom random) {
            var room = room(losses, front);
            var order = IntStream.range(0, front.size()).boxed().sorted(Comparator.comparingDouble((Integer i) -> -room[i])).toList();
            return order.subList(0, places).stream().map(front::get).toList();
        }
    },
    /// Those near directions in which there are few: Deb and Jain, "An evolutionary many-objective optimization algorithm using reference-point based
    /// nondominated sorting: NSGA-III", IEEE TEC 2014, section IV.
    DIRECTIONS {
        @Override
        List<Integer> fill(double[][] losses, List<Integer> chosen, List<Integer> front, int places, SplittableRandom random) {
            var all = new ArrayList<>(chosen);
            all.addAll(front);
            var places01 = normalised(all.stream().map(i -> losses[i]).toArray(double[][]::new));
            var directions = directions(losses[0].length, chosen.size() + places);
            int[] nearest = new int[all.size()], crowd = new int[directions.size()];
            var distance = new double[all.size()];
            for (var i = 0; i < nearest.length; i++) {
                distance[i] = Double.POSITIVE_INFINITY;
                for (var d = 0; d < directions.size(); d++) {
                    var away = away(places01[i], directions.get(d));
                    if (away < distance[i]) {
                        distance[i] = away;
                        nearest[i] = d;
                    }
                }
                if (i < chosen.size()) crowd[nearest[i]]++;
            }
            var left = IntStream.range(chosen.size(), all.size()).boxed().collect(Collectors.toCollection(ArrayList::new));
            var taken = new ArrayList<Integer>();
            while (taken.size() < places) {
                var fewest = left.stream().mapToInt(i -> crowd[nearest[i]]).min().orElseThrow();
                var niches = left.stream().map(i -> nearest[i]).distinct().filter(d -> crowd[d] == fewest).toList();
                int niche = niches.get(random.nextInt(niches.size()));
                var members = left.stream().filter(i -> nearest[i] == niche).sorted(Comparator.comparingDouble(i -> distance[i])).toList();
                var next = fewest == 0 ? members.getFirst() : members.get(random.nextInt(members.size()));
                left.remove(next);
                taken.add(all.get(next));
                crowd[niche]++;
            }
            return taken;
        }
    };

    /// Chooses as many of the last front as there are places, beside those that were chosen.
    abstract List<Integer> fill(double[][] losses, List<Integer> chosen, List<Integer> front, int places, SplittableRandom random);

    /// The rows that live on, best fronts first. Rows that violate constraints come after all others, by how much (Deb's rule, section VI).
    List<Integer> select(double[][] losses, double[] violations, int count, SplittableRandom random) {
        var chosen = new ArrayList<Integer>();
        for (var front : fronts(losses, violations)) {
            if (chosen.size() + front.size() > count) return join(chosen, fill(losses, chosen, front, count - chosen.size(), random));
            chosen.addAll(front);
        }
        return chosen;
    }

    private static List<Integer> join(List<Integer> chosen, List<Integer> more) {
        var all = new ArrayList<>(chosen);
        all.addAll(more);
        return all;
    }

    /// The rows by fronts, those that violate constraints one by one at the end.
    static List<List<Integer>> fronts(double[][] losses, double[] violations) {
        var kept = IntStream.range(0, losses.length).filter(i -> violations[i] == 0).boxed().toList();
        var ranks = Pareto.ranks(kept.stream().map(i -> losses[i]).toArray(double[][]::new));
        var fronts = new ArrayList<List<Integer>>();
        for (var rank = 0; rank <= Arrays.stream(ranks).max().orElse(-1); rank++) {
            var wanted = rank;
            fronts.add(IntStream.range(0, ranks.length).filter(i -> ranks[i] == wanted).mapToObj(kept::get).toList());
        }
        IntStream.range(0, losses.length).filter(i -> violations[i] > 0).boxed().sorted(Comparator.comparingDouble((Integer i) -> violations[i])).forEach(i -> fronts.add(List.of(i)));
        return fronts;
    }

    /// The crowding distance of each row of a front: how far its neighbours are apart, summed over the objectives; infinite at the ends.
    static double[] room(double[][] losses, List<Integer> front) {
        var room = new double[front.size()];
        for (var axis = 0; axis < losses[0].length; axis++) {
            var at = axis;
            var order = IntStream.range(0, room.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> losses[front.get(i)][at])).toList();
            int first = order.getFirst(), last = order.getLast();
            var range = losses[front.get(last)][at] - losses[front.get(first)][at];
            room[first] = room[last] = Double.POSITIVE_INFINITY;
            if (!(range > 0) || Double.isInfinite(range)) continue;
            for (var i = 1; i + 1 < room.length; i++)
                room[order.get(i)] += (losses[front.get(order.get(i + 1))][at] - losses[front.get(order.get(i - 1))][at]) / range;
        }
        return room;
    }

    // Every way to share out steps among the axes, with as many steps as give about as many directions as there are places.
    private static List<double[]> directions(int axes, int places) {
        var directions = List.of(new double[axes]);
        for (var steps = 1; steps < 50; steps++) {
            var more = new ArrayList<double[]>();
            share(new double[axes], 0, steps, steps, more);
            if (more.size() > places && steps > 1) break;
            directions = more;
        }
        return directions;
    }

    private static void share(double[] sofar, int axis, int left, int steps, List<double[]> directions) {
        if (axis == sofar.length - 1) {
            sofar[axis] = (double) left / steps;
            directions.add(sofar.clone());
            return;
        }
        for (var own = 0; own <= left; own++) {
            sofar[axis] = (double) own / steps;
            share(sofar, axis + 1, left - own, steps, directions);
        }
    }

    // From the best of each axis to where the plane through the extreme rows cuts it.
    private static double[][] normalised(double[][] losses) {
        var axes = losses[0].length;
        double[] ideal = new double[axes], worst = new double[axes];
        for (var axis = 0; axis < axes; axis++) {
            var at = axis;
            var finite = Arrays.stream(losses).mapToDouble(row -> row[at]).filter(Double::isFinite).summaryStatistics();
            ideal[axis] = finite.getCount() == 0 ? 0 : finite.getMin();
            worst[axis] = finite.getCount() == 0 ? 1 : finite.getMax();
        }
        var moved = Arrays.stream(losses).map(row -> IntStream.range(0, axes).mapToDouble(i -> Math.clamp(row[i], ideal[i], worst[i]) - ideal[i]).toArray()).toArray(double[][]::new);
        var ends = intercepts(moved, IntStream.range(0, axes).mapToDouble(i -> worst[i] - ideal[i]).toArray());
        for (var row : moved) for (var axis = 0; axis < axes; axis++) row[axis] /= Math.max(ends[axis], 1e-12);
        return moved;
    }

    private static double[] intercepts(double[][] moved, double[] widest) {
        var axes = widest.length;
        var extremes = new double[axes][];
        for (var axis = 0; axis < axes; axis++) {
            var at = axis;
            extremes[axis] = Arrays.stream(moved).min(Comparator.comparingDouble(row -> IntStream.range(0, axes).mapToDouble(i -> i == at ? row[i] : row[i] * 1e6).max().getAsDouble())).orElseThrow();
        }
        try {
            var ones = new double[axes];
            Arrays.fill(ones, 1);
            var plane = new LUDecomposition(new Array2DRowRealMatrix(extremes)).getSolver().solve(new ArrayRealVector(ones)).toArray();
            var ends = Arrays.stream(plane).map(share -> 1 / share).toArray();
            return Arrays.stream(ends).allMatch(end -> end > 1e-9 && Double.isFinite(end)) ? ends : widest;
        } catch (MathRuntimeException e) {
            return widest;    // extreme rows that do not span a plane
        }
    }

    private static double away(double[] row, double[] direction) {
        double along = 0, length = 0, square = 0;
        for (var i = 0; i < row.length; i++) {
            along += row[i] * direction[i];
            length += direction[i] * direction[i];
            square += row[i] * row[i];
        }
        return square - along * along / Math.max(length, 1e-300);
    }
}
