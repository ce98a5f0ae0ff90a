package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;

/// An input or parameter that does not fit a layer; the message names the layer, its path, and the shapes.
///
/// ```java
/// var net = Sequential.of(Dense.of(2)).withName(0, "head");
/// var weights = Map.of("head/kernel", Tensor.ones(3, 2), "head/bias", Tensor.zeros(2));
/// try {
///     net.apply(Bound.of(weights, Random.key(1), false), Tensor.ones(5, 4));
/// } catch (LayerException e) {
///     System.err.println(e.getMessage());      // Dense(2) in "head" (input [5, 4]): kernel is [3, 2] …
/// }
/// ```
public final class LayerException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public LayerException(String message, ShapeException cause) {
        super(message, cause);
    }
}
