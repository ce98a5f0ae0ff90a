package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A layer with penalties and constraints on its parameters, by their names, and on what it gives. Names and parameters are those of
/// the layer itself.
///
/// Around a model's layers it is about all parameters of these names: every `kernel`, but no `bias`. A parameter that is used several
/// times is penalised once. Penalties on what a layer gives (`activity`) are means over the examples, while training only.
///
/// ```java
/// Layer hidden = Dense.of(64, "relu").withRegularizer("kernel", Regularizer.l2(1e-4)).withActivityRegularizer(Regularizer.l1(1e-5));
/// Layer all = Sequential.of(Dense.of(64, "relu"), Dense.of(10)).withRegularizer("kernel", Regularizer.l2(1e-4));
/// ```
public record Regularized(Layer layer, Map<String, Regularizer> regularizers, Map<String, Constraint> constraints,
        Optional<Regularizer> activity) implements Layer {
    /// What all layers call what they multiply by.
    static final List<String> KERNELS = List.of("kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel", "embeddings");

    public Regularized {
        regularizers = Map.copyOf(regularizers);
        constraints = Map.copyOf(constraints);
    }

    @Override
    public Regularized withRegularizer(String param, Regularizer regularizer) {
        var all = new LinkedHashMap<>(regularizers);
        all.put(param, regularizer);
        return new Regularized(layer, all, constraints, activity);
    }

    @Override
    public Regularized withConstraint(String param, Constraint constraint) {
        var all = new LinkedHashMap<>(constraints);
        all.put(param, constraint);
        return new Regularized(layer, regularizers, all, activity);
    }

    @Override
    public Regularized withActivityRegularizer(Regularizer regularizer) {
        return new Regularized(layer, regularizers, constraints, Optional.of(regularizer));
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        return applyAll(s, x).getFirst();
    }

    @Override
    public List<Tensor> applyAll(Scope s, Tensor... x) {
        var out = layer.applyAll(s.seeing((path, param) -> see(s, path, param)), x);
        activity.filter(_ -> s.training()).ifPresent(penalty -> out.forEach(y -> {
            var numbers = numbers(s, "activity", penalty.numbers());
            s.penalty(penalty.penalty(y, numbers).div(y.shape().dim(0)));
        }));
        return out;
    }

    private void see(Scope s, String path, Tensor param) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        var penalty = regularizers.get(name);
        if (penalty != null) {
            s.penalty(penalty.penalty(param, numbers(s, path, penalty.numbers())));
        }
        var constraint = constraints.get(name);
        if (constraint != null) {
            numbers(s, path, constraint.numbers());
            s.constrain(path, constraint);
        }
    }

    private static Map<String, Tensor> numbers(Scope s, String path, Map<String, Double> numbers) {
        var out = new LinkedHashMap<String, Tensor>();
        numbers.forEach((name, value) -> out.put(name, s.scalar(path + ":" + name, value)));
        return out;
    }

    @Override
    public int outputs() {
        return layer.outputs();
    }

    @Override
    public boolean noise() {
        return layer.noise();
    }

    @Override
    public String kind() {
        return layer.kind();
    }

    /// Not known where the output itself is penalised.
    @Override
    public Optional<Tail> tail(int output) {
        return activity.isPresent() ? Optional.empty()
                : layer.tail(output).map(tail -> new Tail(new Regularized(tail.body(), regularizers, constraints, activity), tail.activation()));
    }

    @Override
    public Optional<Tail> tail() {
        return tail(0);
    }

    @Override
    public String toString() {
        return layer.toString();
    }
}
