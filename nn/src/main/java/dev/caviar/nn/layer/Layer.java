package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// A function of tensors that asks its scope for the parameters and the state it needs, at the place where it uses them.
///
/// Creating and calling are the same code: the input's shape decides the parameters' shapes. A layer is data and holds
/// no weights: used twice under different names it has two sets of them. Most layers are [UnaryLayer]s.
///
/// ```java
/// Layer gate = (s, x) -> x[0].mul(x[1].sigmoid());
/// ```
@FunctionalInterface
public interface Layer {
    /// The output for these inputs, whose first axis is the examples'.
    Tensor apply(Scope s, Tensor... x);

    /// How many outputs it has.
    default int outputs() {
        return 1;
    }

    /// All outputs. A layer of several has this in place of [#apply], and says how many in [#outputs].
    default List<Tensor> applyAll(Scope s, Tensor... x) {
        return List.of(apply(s, x));
    }

    /// This layer as a part of a functional model, on inputs or on what other layers give; the first output where there are several.
    /// The same layer object on other inputs shares its weights (see [Functional]).
    default Symbolic on(Symbolic... x) {
        return on("", x);
    }

    /// The same under a name.
    default Symbolic on(String name, Symbolic... x) {
        return all(name, x).getFirst();
    }

    /// All outputs of this layer as a part of a functional model.
    default List<Symbolic> all(String name, Symbolic... x) {
        var call = new Symbolic.Call(name, this, List.of(x));
        return IntStream.range(0, outputs()).<Symbolic>mapToObj(i -> new Symbolic.Applied(call, i)).toList();
    }

    /// With a penalty on a parameter, by its name such as `kernel`: added to the loss. See [Regularized].
    default Regularized withRegularizer(String param, Regularizer regularizer) {
        return new Regularized(this, Map.of(param, regularizer), Map.of(), Optional.empty());
    }

    /// With the penalty `l2 · Σw²` on each kernel in it: those of products and convolutions, recurrent, depthwise and pointwise ones, embeddings; on
    /// no bias, γ or β. Say it last where a layer has no such setting of its own.
    default Layer withL2(double l2) {
        Layer all = this;
        for (var kernel : Regularized.KERNELS) {
            all = all.withRegularizer(kernel, Regularizer.l2(l2));
        }
        return all;
    }

    /// With a parameter brought to what it must be after each step of training.
    default Regularized withConstraint(String param, Constraint constraint) {
        return new Regularized(this, Map.of(), Map.of(param, constraint), Optional.empty());
    }

    /// With a penalty on what the layer gives.
    default Regularized withActivityRegularizer(Regularizer regularizer) {
        return new Regularized(this, Map.of(), Map.of(), Optional.of(regularizer));
    }

    /// Whether all that it does while training is to disturb by random numbers, as dropout does: gradients are checked without it.
    default boolean noise() {
        return false;
    }

    /// What names are made from, such as `dense`.
    default String kind() {
        return getClass().isSynthetic() || getClass().isAnonymousClass() ? "layer" : kind(getClass());
    }

    /// A layer in words: what it prints, or its class where that would be an address only.
    static String text(Layer layer) {
        var type = layer.getClass();
        if (type.isSynthetic()) {
            return "lambda";
        }
        var text = layer.toString();
        boolean address = text.equals(type.getName() + "@" + Integer.toHexString(System.identityHashCode(layer)));
        return !address ? text : type.isAnonymousClass() ? "layer" : type.getSimpleName();
    }

    /// What names of layers of a class are made from, such as `batch_norm`.
    static String kind(Class<?> type) {
        return type.getSimpleName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /// The layer as one with linear output followed by an activation; empty where that is not known.
    default Optional<Tail> tail() {
        return Optional.empty();
    }

    /// The same for one of several outputs.
    default Optional<Tail> tail(int output) {
        return output == 0 ? tail() : Optional.empty();
    }

    /// A layer without its last activation, and that activation. Names and parameters are those of the whole.
    ///
    /// ```java
    /// Activation last = Dense.of(10, "softmax").tail().orElseThrow().activation();      // SOFTMAX
    /// ```
    record Tail(Layer body, Activation activation) {}
}
