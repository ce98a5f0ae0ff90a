package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// Brings what is wanted into the form of what is predicted, for losses and metrics.
///
/// ```java
/// Tensor column = Targets.like("mse", Tensor.zeros(3, 1), Tensor.of(1f, 2f, 3f));     // [3, 1]
/// ```
public final class Targets {
    private Targets() {}

    /// The target in the predictions' shape and type: `[n]` becomes `[n, 1]`. Throws [ShapeException] for others, which
    /// broadcasting would silently compare each with each.
    public static Tensor like(String what, Tensor predicted, Tensor target) {
        var cast = target.cast(predicted.dtype());
        if (target.shape().equals(predicted.shape())) {
            return cast;
        }
        boolean column = predicted.rank() == target.rank() + 1 && predicted.shape().dim(-1) == 1;
        if (!column || !cast.expandDims(-1).shape().equals(predicted.shape())) {
            throw new ShapeException(what + ": predictions are " + predicted.shape() + " but targets are " + target.shape()
                    + ".\nMaybe the last layer needs as many units as a target has values.");
        }
        return cast.expandDims(-1);
    }
}
