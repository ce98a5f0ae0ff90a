package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;

/// Targets as classes or as one-hot rows, whichever they were given as.
final class Labels {
    private Labels() {}

    /// The class of each row of predictions; classes may stand in a column.
    static Tensor classes(Tensor predicted, Tensor target) {
        if (target.rank() < predicted.rank()) {
            return target.cast(DType.I64);
        }
        boolean column = target.shape().dim(-1) == 1 && predicted.shape().dim(-1) > 1;
        return column ? target.squeeze(-1).cast(DType.I64) : target.argmax(-1);
    }

    /// Rows of the predictions' shape and type.
    static Tensor rows(String what, Tensor predicted, Tensor target) {
        if (target.rank() + 1 == predicted.rank() && !target.dtype().isFloat() && predicted.shape().dim(-1) > 1) {
            return target.oneHot(predicted.shape().dim(-1), predicted.dtype());
        }
        return Targets.like(what, predicted, target);
    }

    /// What stands on the last axis, or how many columns of that many there are.
    static int outputs(dev.caviar.engine.memory.Shape predicted, String what) {
        if (predicted.rank() == 0) {
            throw new ShapeException(what + ": the predictions have no axis.\nMaybe reshape them to [examples, 1].");
        }
        return Math.toIntExact(predicted.dim(-1));
    }
}
