package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Covariance matrix adaptation: draws around a mean, which moves to where the better half was, with a shape that follows the steps that paid.
///
/// For continuous and integer spaces that are searched with hundreds of trials or more. Finished trials, taken by slot, make generations of
/// `4 + 3 ln n`, whichever distribution they were drawn from, so that workers never wait and no late trial is lost; failed and stopped ones are
/// the worst. Choices follow the shares of the better half. When a search has converged, another begins elsewhere with generations twice as large. Of several directions fronts
/// count. Parameters that the objective defines as it runs are drawn at random.
///
/// Hansen, "The CMA evolution strategy: A tutorial", arXiv 1604.00772; with margin for integers, Hamano et al., GECCO 2022.
///
/// ```java
/// try (var study = Study.inMemory(StudyOptions.of("bowl").withSampler(CmaEsSampler.of()).withSpace(Space.of(Param.of("x", Real.of(-10, 10)), Param.of("y", Real.of(-10, 10)))))) {
///     study.optimize(trial -> Math.pow(trial.real("x") - 5, 2) + Math.abs(trial.real("y")), Budget.trials(150));
///     assert study.best().orElseThrow().value().getAsDouble() < 0.1;
/// }
/// ```
public final class CmaEsSampler implements Sampler {
    private static final int REMEMBERED = 1000;

    // States are functions of the history: to remember them changes nothing but the time.
    private final Map<Step, CmaState> memory = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Step, CmaState> eldest) {
            return size() > REMEMBERED;
        }
    };

    private CmaEsSampler() {}

    /// From the middle of the space, with a deviation of a quarter of each range.
    public static CmaEsSampler of() {
        return new CmaEsSampler();
    }

    // From a state (null: from none), known by its identity, by what a generation was worth, to the next.
    private record Step(@Nullable CmaState from, Object what) {}

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        if (space.params().isEmpty()) return Map.of();
        var axes = new Axes(space);
        return axes.values(state(axes, space, past).draw(random));
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return dist.at(random.nextDouble());
    }

    private CmaState state(Axes axes, Space space, History past) {
        var state = remembered(new Step(null, space), () -> CmaState.first(axes));
        for (var from = 0; from + state.lambda() <= past.trials().size();) {
            var block = past.trials().subList(from, from + state.lambda());
            var before = state;
            var what = block.stream().map(trial -> List.of(trial.state(), trial.params(), trial.values(), trial.constraints())).toList();
            state = remembered(new Step(before, List.of(past.directions(), what)), () -> after(before, axes, block, past));
            from += block.size();
        }
        return state;
    }

    private CmaState remembered(Step step, Supplier<CmaState> otherwise) {
        synchronized (memory) {
            return memory.computeIfAbsent(step, ignored -> otherwise.get());
        }
    }

    private static CmaState after(CmaState state, Axes axes, List<TrialView> block, History past) {
        var losses = block.stream().map(trial -> worth(trial, past)).toArray(double[][]::new);
        var violations = block.stream().mapToDouble(TrialView::violation).toArray();
        var order = new ArrayList<Integer>();
        for (var front : Survival.fronts(losses, violations)) order.addAll(front);
        var best = losses[order.getFirst()];
        if (Arrays.stream(best).allMatch(Double::isInfinite)) return state;
        var ranked = order.stream().map(i -> axes.point(block.get(i).params())).toArray(double[][]::new);
        return state.after(ranked, best.length == 1 ? best[0] : Double.NaN);
    }

    private static double[] worth(TrialView trial, History past) {
        var count = past.directions().size();
        if (trial.state() == TrialState.COMPLETE && trial.values().size() == count) return Pareto.losses(trial, past.directions());
        return IntStream.range(0, count).mapToDouble(i -> Double.POSITIVE_INFINITY).toArray();
    }
}
