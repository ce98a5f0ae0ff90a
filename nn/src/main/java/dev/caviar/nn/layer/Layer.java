package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;
import java.util.Optional;

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

    /// What names are made from, such as `dense`.
    default String kind() {
        var name = getClass().isSynthetic() ? "layer" : getClass().getSimpleName();
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /// The layer as one with linear output followed by an activation; empty where that is not known.
    default Optional<Tail> tail() {
        return Optional.empty();
    }

    /// A layer without its last activation, and that activation. Names and parameters are those of the whole.
    ///
    /// ```java
    /// Activation last = Dense.of(10, "softmax").tail().orElseThrow().activation();      // SOFTMAX
    /// ```
    record Tail(Layer body, Activation activation) {}
}
