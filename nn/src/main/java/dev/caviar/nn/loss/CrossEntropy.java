package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Bodies;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;

/// Softmax cross-entropy over the last axis: `-Σ target · log p`.
///
/// Integer targets `[…]` are classes; targets of the predictions' shape are probabilities, such as one-hot rows. From
/// logits nothing overflows. Probabilities are brought to sum 1 and kept 1e-7 away from 0 and 1.
///
/// ```java
/// Tensor loss = new CrossEntropy(true).perExample(Tensor.of(new float[][] {{5, 2, -1, 3}}), Tensor.of(1L));  // 3.171935
/// ```
public record CrossEntropy(boolean fromLogits) implements Loss {
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var wanted = distribution(predicted, target);
        if (fromLogits) {
            return new Call(Bodies.SOFTMAX_CROSS_ENTROPY).on(predicted, wanted);
        }
        var p = predicted.div(predicted.sum(-1).expandDims(-1)).max(1e-7).min(1 - 1e-7);
        return p.log().mul(wanted).sum(-1).neg();
    }

    private Tensor distribution(Tensor predicted, Tensor target) {
        if (predicted.rank() >= 1 && target.shape().equals(predicted.shape())) {
            return target.cast(predicted.dtype());
        }
        if (predicted.rank() == target.rank() + 1 && !target.dtype().isFloat()
                && predicted.shape().without(java.util.List.of(predicted.rank() - 1)).equals(target.shape())) {
            return target.oneHot(predicted.shape().dim(-1), predicted.dtype());
        }
        throw new ShapeException(kind() + ": predictions are " + predicted.type() + " but targets are " + target.type()
                + "; they must be classes, one per row, or one-hot rows of the predictions' shape.\n"
                + (predicted.rank() > 2 ? "Maybe a Flatten is missing in front of the first Dense."
                        : "Maybe the last layer needs as many units as there are classes."));
    }

    @Override
    public Activation link() {
        return Activation.SOFTMAX;
    }

    @Override
    public Loss onLogits() {
        return new CrossEntropy(true);
    }

    @Override
    public String kind() {
        return fromLogits ? "categorical_crossentropy_from_logits" : "categorical_crossentropy";
    }
}
