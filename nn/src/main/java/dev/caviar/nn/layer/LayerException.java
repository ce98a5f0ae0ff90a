package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /// What a part, named in words, has against inputs of these shapes; with general advice where the cause has none.
    public static LayerException of(String part, Stream<Shape> inputs, ShapeException cause) {
        var advice = String.valueOf(cause.getMessage()).contains("\nMaybe ") ? "" : "\nMaybe a layer before it gives another shape than was meant: "
                + "the model's summary shows them all.";
        return new LayerException(part + " (input " + inputs.map(Shape::toString).collect(Collectors.joining(", ")) + "): " + cause.getMessage()
                + advice, cause);
    }
}
