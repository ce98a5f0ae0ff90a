package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Every combination of a few evenly spread values of each parameter; of the trials whose settings are proposed the k-th gets the k-th.
///
/// Values lie evenly on the parameter's scale from one end to the other. A parameter that exists only under a condition multiplies only the
/// combinations in which it does. Where the space has more than three parameters a grid hardly moves along any of them: [#warning()] says so.
///
/// ```java
/// var space = Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("units", Whole.of(50, 100)));
/// assert GridSampler.within(space, 25).points().size() == 25;     // 5 x 5: only 5 different rates in 25 trials
/// ```
///
/// @param points the combinations in their order
public record GridSampler(List<Map<String, @Nullable Object>> points) implements Sampler {
    private static final int LIMIT = 1_000_000;
    private static final int FEW_PARAMETERS = 3;

    public GridSampler {
        points = points.stream().map(point -> Collections.unmodifiableMap(new LinkedHashMap<>(point))).toList();
        if (points.isEmpty()) throw new SpaceException("GridSampler(): there is no combination to try.");
    }

    /// So many values of every parameter, or all where it has no more. Throws [SpaceException] beyond a million combinations.
    public static GridSampler of(Space space, int valuesEach) {
        if (valuesEach < 1) throw new SpaceException("GridSampler(" + valuesEach + "): at least 1 value of each parameter is needed.");
        var counts = new HashMap<String, Integer>();
        for (var name : space.names()) counts.put(name, valuesEach);
        if (count(space, counts, LIMIT) > LIMIT)
            throw new SpaceException("GridSampler(" + valuesEach + " values of " + space.names().size() + " parameters): more than " + LIMIT + " combinations."
                    + "\nMaybe search at random, or take fewer values.");
        return new GridSampler(points(space, counts));
    }

    /// The finest grid of at most so many combinations: parameters get one more value in turn while all still fit.
    public static GridSampler within(Space space, int trials) {
        if (trials < 1) throw new SpaceException("GridSampler(within " + trials + " trials): at least 1 trial is needed.");
        var limit = Math.min(trials, LIMIT);
        var counts = new HashMap<String, Integer>();
        for (var name : space.names()) counts.put(name, 1);
        var growing = new ArrayList<>(space.params());
        while (!growing.isEmpty())
            for (var param : List.copyOf(growing)) {
                counts.merge(param.name(), 1, Integer::sum);
                var exhausted = param.dist().size().orElse(Long.MAX_VALUE) < counts.get(param.name());
                if (exhausted || count(space, counts, limit) > limit) {
                    counts.merge(param.name(), -1, Integer::sum);
                    growing.remove(param);
                }
            }
        return new GridSampler(points(space, counts));
    }

    /// The same combinations in a random order, so that the first few already lie everywhere.
    public GridSampler shuffled(long seed) {
        var order = new ArrayList<>(points);
        Collections.shuffle(order, new Random(seed));
        return new GridSampler(order);
    }

    /// How many different values each parameter gets.
    public Map<String, Integer> distinct() {
        var values = new LinkedHashMap<String, HashSet<@Nullable Object>>();
        for (var point : points) point.forEach((name, value) -> values.computeIfAbsent(name, n -> new HashSet<>()).add(value));
        var counts = new LinkedHashMap<String, Integer>();
        values.forEach((name, set) -> counts.put(name, set.size()));
        return counts;
    }

    /// What speaks against this grid: beyond three parameters, how few different values each gets.
    public Optional<String> warning() {
        var distinct = distinct();
        if (distinct.size() <= FEW_PARAMETERS) return Optional.empty();
        var each = distinct.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue()).toList();
        return Optional.of("A grid over " + distinct.size() + " parameters tries few different values of each in " + points.size() + " trials: "
                + String.join(", ", each) + ".\nMaybe search at random: then every trial has a new value of each parameter.");
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        return points.get(trial.order() % points.size());
    }

    /// Only for parameters that are not in the grid: at random.
    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return dist.at(random.nextDouble());
    }

    @Override
    public boolean usesHistory() {
        return false;
    }

    @Override
    public OptionalInt size() {
        return OptionalInt.of(points.size());
    }

    private static List<Map<String, @Nullable Object>> points(Space space, Map<String, Integer> counts) {
        var points = new ArrayList<Map<String, @Nullable Object>>();
        walk(space, space.parentsFirst(), 0, counts, new LinkedHashMap<>(), point -> points.add(point));
        return points;
    }

    // Stops counting just above the limit: there may be more than could ever be counted.
    private static int count(Space space, Map<String, Integer> counts, int limit) {
        var found = new int[1];
        walk(space, space.parentsFirst(), 0, counts, new LinkedHashMap<>(), point -> ++found[0] <= limit);
        return found[0];
    }

    private static boolean walk(Space space, List<Param> params, int index, Map<String, Integer> counts, Map<String, @Nullable Object> sofar, Visitor visitor) {
        if (index == params.size()) return visitor.visit(new LinkedHashMap<>(sofar));
        var param = params.get(index);
        if (!space.active(param.name(), sofar)) return walk(space, params, index + 1, counts, sofar, visitor);
        for (var value : param.dist().spread(counts.get(param.name()))) {
            sofar.put(param.name(), value);
            var goOn = walk(space, params, index + 1, counts, sofar, visitor);
            sofar.remove(param.name());
            if (!goOn) return false;
        }
        return true;
    }

    /// Takes one combination and says whether to go on.
    private interface Visitor {
        boolean visit(Map<String, @Nullable Object> point);
    }
}
