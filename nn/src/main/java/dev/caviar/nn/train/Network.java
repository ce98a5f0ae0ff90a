package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Needs;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A layer with its weights as variables: for training loops of one's own, under a tape or inside a compiled function.
///
/// [#train] is a step of training: dropout drops, with another random key each time, and batch norm uses the batch and follows it.
/// [#infer] does neither. Both reach all nested layers. For one thread at a time.
///
/// ```java
/// var net = Network.of(Sequential.of(Dense.of(16, "relu"), Dense.of(3)), 1, Type.of(DType.F32, 32, 4));
/// var minimizer = Minimizer.of(Adam.of(0.01));
/// Tensor x = Tensor.ones(32, 4);
/// Tensor y = Tensor.range(32, DType.I64).cast(DType.F32).mul(3.0 / 32).floor().cast(DType.I64);
/// for (int i = 0; i < 10; i++) {
///     minimizer.minimize(() -> Loss.of("sparse_categorical_crossentropy_from_logits").mean(net.train(x), y, null), net.trained());
/// }
/// ```
public final class Network {
    private final Layer layer;
    private final DType dtype;
    private final Map<String, Variable> params;
    private final Map<String, Variable> states;
    private final Variable key;
    private final Set<String> frozen;
    private @Nullable Tensor penalty;

    private Network(Layer layer, DType dtype, Map<String, Variable> params, Map<String, Variable> states, Set<String> frozen, long seed) {
        this.layer = layer;
        this.dtype = dtype;
        this.params = params;
        this.states = states;
        this.frozen = frozen;
        this.key = Variable.of("key", Random.key(seed));
    }

    /// With new weights of F32, drawn by the seed, for batches of these types (the number of examples does not matter).
    public static Network of(Layer layer, long seed, Type... batch) {
        var needs = Needs.of(layer, DType.F32, batch);
        var params = new LinkedHashMap<String, Variable>();
        var states = new LinkedHashMap<String, Variable>();
        needs.initial(seed).forEach((path, value) -> (needs.params().containsKey(path) ? params : states).put(path, Variable.of(path, value)));
        return new Network(layer, DType.F32, params, states, Set.of(), seed);
    }

    /// With copies of a model's weights as they are now; what is frozen there is not trained here. Throws [IllegalStateException] where
    /// the model has no weights yet.
    public static Network of(Model model, long seed) {
        var params = new LinkedHashMap<String, Variable>();
        var states = new LinkedHashMap<String, Variable>();
        var trained = model.trained();
        model.weights().forEach((path, buffer) -> (trained.contains(path) ? params : states).put(path, Variable.of(path, Tensor.wrap(buffer))));
        return new Network(model.layer(), model.settings().dtype(), params, states, model.frozen(), seed);
    }

    /// The output of a step of training; throws where there are several.
    public Tensor train(Tensor... x) {
        return trainAll(x).getFirst();
    }

    /// All outputs of a step of training.
    public List<Tensor> trainAll(Tensor... x) {
        var now = key.value();
        key.assign(now.add(Tensor.of(0L, 1L)));
        return run(true, now, x);
    }

    /// The output at inference.
    public Tensor infer(Tensor... x) {
        return inferAll(x).getFirst();
    }

    /// All outputs at inference.
    public List<Tensor> inferAll(Tensor... x) {
        return run(false, key.value(), x);
    }

    private List<Tensor> run(boolean training, Tensor key, Tensor... x) {
        var values = new LinkedHashMap<String, Tensor>();
        params.forEach((path, variable) -> values.put(path, variable.value()));
        states.forEach((path, variable) -> values.put(path, variable.value()));
        var scope = Bound.of(values, Map.of(), key, training, dtype).withFrozen(path -> frozen.stream().anyMatch(part -> path.startsWith(part + "/")));
        var out = layer.applyAll(scope, x);
        if (training) {
            scope.updates().forEach((path, value) -> Objects.requireNonNull(states.get(path)).assign(value.stopGradient()));
        }
        penalty = scope.penalties();
        return out;
    }

    /// What the layers want added to the loss, such as λΣw², for the last output; 0 where there is none.
    public Tensor penalty() {
        return penalty == null ? Tensor.scalar(0, dtype) : penalty;
    }

    /// What training changes.
    public Variable[] trained() {
        return params.values().toArray(Variable[]::new);
    }

    /// All variables by path: what training changes, then what layers keep.
    public Map<String, Variable> variables() {
        var all = new LinkedHashMap<>(params);
        all.putAll(states);
        return Collections.unmodifiableMap(all);
    }

    /// The values by path, such as for [Model#assign(Map)].
    public Map<String, Buffer> weights() {
        var out = new LinkedHashMap<String, Buffer>();
        Stream.of(params, states).forEach(all -> all.forEach((path, variable) -> out.put(path, variable.current().buffer())));
        return out;
    }
}
