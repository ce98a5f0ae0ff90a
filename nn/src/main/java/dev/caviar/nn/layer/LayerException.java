package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;

/// An input or parameter that does not fit a layer; the message names the layer, its path, and the shapes.
///
/// ```java
/// throw new LayerException("Dense(64) in \"encoder/dense\": …", cause);
/// ```
public final class LayerException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public LayerException(String message, ShapeException cause) {
        super(message, cause);
    }
}
