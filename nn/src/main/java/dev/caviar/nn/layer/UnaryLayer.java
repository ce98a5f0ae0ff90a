package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// A layer of one input.
///
/// ```java
/// UnaryLayer scale = (s, x) -> x.mul(s.param("gain", x.shape().without(List.of(0)), Init.ones()));
/// ```
@FunctionalInterface
public interface UnaryLayer extends Layer {
    /// The output for an input whose first axis is the examples'.
    Tensor apply(Scope s, Tensor x);

    /// The same; throws [ShapeException] for another number of inputs.
    @Override
    default Tensor apply(Scope s, Tensor... x) {
        if (x.length != 1) {
            throw new ShapeException("it takes one input, not " + x.length + ".\nMaybe merge them first.");
        }
        return apply(s, x[0]);
    }
}
