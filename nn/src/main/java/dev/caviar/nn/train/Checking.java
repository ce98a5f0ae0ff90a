package dev.caviar.nn.train;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.layer.Bound;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The loss of one batch as a function of the parameters, in F64 and without noise, for checking its gradients.
final class Checking {
    private final Recipe recipe;
    private final State state;
    private final List<Tensor> x;
    private final List<Tensor> y;

    private Checking(Recipe recipe, State state, Batches batches) {
        this.recipe = recipe;
        this.state = state;
        int rows = batches.rows(0);
        var features = TrainStep.allocate(batches.xTypes(rows));
        var labels = TrainStep.allocate(batches.yTypes(rows));
        batches.fill(0, features, labels);
        x = features.stream().map(Tensor::wrap).toList();
        y = labels.stream().map(Tensor::wrap).toList();
    }

    static GradientCheck check(Recipe recipe, State state, Batches batches) {
        var checking = new Checking(recipe, state, batches);
        var params = wide(state.params);
        var states = wide(state.states);
        var paths = List.copyOf(params.keySet());
        // Under a tape it runs op by op; the numeric side, which asks again and again, is compiled.
        try (var cost = Function.of(in -> List.of(checking.cost(paths, in, states)), Options.of())) {
            return GradientCheck.of(values -> cost.call(paths.stream().map(values::get).toList()).getFirst(), params);
        }
    }

    private static Map<String, Tensor> wide(Map<String, Buffer> buffers) {
        var out = new LinkedHashMap<String, Tensor>();
        buffers.forEach((path, buffer) -> out.put(path, Tensor.wrap(State.copy(buffer)).cast(DType.F64)));
        return out;
    }

    private Tensor cost(List<String> paths, List<Tensor> params, Map<String, Tensor> states) {
        var values = new LinkedHashMap<>(states);
        for (int i = 0; i < paths.size(); i++) {
            values.put(paths.get(i), params.get(i));
        }
        var scope = Bound.of(values, Random.key(1), true).withFrozen(state::frozen).withoutNoise();
        var raw = recipe.body().applyAll(scope, state.ready(x).toArray(Tensor[]::new));
        var weights = new LinkedHashMap<String, Tensor>();
        recipe.numbers().forEach((name, weight) -> weights.put(name, Tensor.scalar(weight, DType.F64)));
        var loss = recipe.losses(raw, Recipe.masks(scope, raw), y, weights, true, Head::lengths).getFirst().mean();
        var penalty = scope.penalties();
        return penalty == null ? loss : loss.add(penalty);
    }
}
