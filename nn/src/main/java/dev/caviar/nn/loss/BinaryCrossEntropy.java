package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Targets;

/// Cross-entropy of independent yes/no targets, the mean over the last axis: `-t·log p - (1-t)·log(1-p)`.
///
/// Targets are 0 or 1 (or between), of the predictions' shape, or `[n]` for predictions `[n, 1]`. From logits nothing
/// overflows. Probabilities are kept 1e-7 away from 0 and 1.
///
/// ```java
/// Loss loss = new BinaryCrossEntropy(true);
/// ```
public record BinaryCrossEntropy(boolean fromLogits) implements Loss {
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var t = Targets.like(kind(), predicted, target);
        if (fromLogits) {
            return predicted.softplus().sub(predicted.mul(t)).mean(-1);
        }
        var p = predicted.max(1e-7).min(1 - 1e-7);
        var one = t.neg().add(1);
        return p.log().mul(t).add(p.neg().add(1).log().mul(one)).neg().mean(-1);
    }

    @Override
    public Activation link() {
        return Activation.SIGMOID;
    }

    @Override
    public Loss onLogits() {
        return new BinaryCrossEntropy(true);
    }

    @Override
    public String kind() {
        return fromLogits ? "binary_crossentropy_from_logits" : "binary_crossentropy";
    }
}
