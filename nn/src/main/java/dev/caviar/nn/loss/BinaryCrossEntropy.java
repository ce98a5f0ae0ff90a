package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Targets;
import java.util.Map;

/// Cross-entropy of independent yes/no targets, the mean over the last axis: `-t·log p - (1-t)·log(1-p)`.
///
/// Targets are 0 or 1 (or between), of the predictions' shape, or `[n]` for predictions `[n, 1]`; `smoothing` moves them towards ½
/// by this part of the way. From logits nothing overflows. Probabilities are kept 1e-7 away from 0 and 1.
///
/// ```java
/// Loss loss = new BinaryCrossEntropy(true);
/// Loss smooth = new BinaryCrossEntropy(false).withSmoothing(0.1);
/// ```
public record BinaryCrossEntropy(boolean fromLogits, double smoothing) implements Loss {
    public BinaryCrossEntropy {
        Smoothing.check("BinaryCrossEntropy", smoothing);
    }

    public BinaryCrossEntropy(boolean fromLogits) {
        this(fromLogits, 0);
    }

    public BinaryCrossEntropy withSmoothing(double smoothing) {
        return new BinaryCrossEntropy(fromLogits, smoothing);
    }

    @Override
    public Map<String, Double> numbers() {
        return Smoothing.numbers(smoothing);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        return each(predicted, Smoothing.on(Targets.like(kind(), predicted, target), 0.5, numbers)).mean(-1);
    }

    private Tensor each(Tensor predicted, Tensor t) {
        if (fromLogits) {
            return predicted.softplus().sub(predicted.mul(t));
        }
        var p = predicted.max(1e-7).min(1 - 1e-7);
        // 1 − p before it is kept from 0: single precision has no number 1e-7 below 1.
        var q = predicted.neg().add(1).max(1e-7).min(1 - 1e-7);
        return p.log().mul(t).add(q.log().mul(t.neg().add(1))).neg();
    }

    @Override
    public Activation link() {
        return Activation.SIGMOID;
    }

    @Override
    public Loss onLogits() {
        return new BinaryCrossEntropy(true, smoothing);
    }

    @Override
    public String kind() {
        return fromLogits ? "binary_crossentropy_from_logits" : "binary_crossentropy";
    }
}
