package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Targets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Softmax cross-entropy of one-hot rows in which what is right already counts less (Lin et al. 2017): `-α·Σ t·(1 − p)^γ·log p`.
///
/// ```java
/// Loss loss = CategoricalFocalCrossEntropy.of(2, true);
/// ```
public record CategoricalFocalCrossEntropy(double gamma, double alpha, boolean fromLogits, double smoothing) implements Loss {
    public CategoricalFocalCrossEntropy {
        Smoothing.check("CategoricalFocalCrossEntropy", smoothing);
    }

    /// α 0.25, not smoothed.
    public static CategoricalFocalCrossEntropy of(double gamma, boolean fromLogits) {
        return new CategoricalFocalCrossEntropy(gamma, 0.25, fromLogits, 0);
    }

    public CategoricalFocalCrossEntropy withAlpha(double alpha) {
        return new CategoricalFocalCrossEntropy(gamma, alpha, fromLogits, smoothing);
    }

    public CategoricalFocalCrossEntropy withSmoothing(double smoothing) {
        return new CategoricalFocalCrossEntropy(gamma, alpha, fromLogits, smoothing);
    }

    @Override
    public Map<String, Double> numbers() {
        var numbers = new LinkedHashMap<>(Smoothing.numbers(smoothing));
        numbers.put("gamma", gamma);
        numbers.put("alpha", alpha);
        return numbers;
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var t = Smoothing.on(Targets.like(kind(), predicted, target), 1.0 / predicted.shape().dim(-1), numbers);
        var log = fromLogits ? predicted.logSoftmax(-1)
                : predicted.div(predicted.sum(-1).expandDims(-1)).max(1e-7).min(1 - 1e-7).log();
        var wrong = log.expm1().neg();
        return wrong.pow(numbers.get("gamma")).mul(t).mul(log).sum(-1).mul(numbers.get("alpha")).neg();
    }

    @Override
    public Activation link() {
        return Activation.SOFTMAX;
    }

    @Override
    public Loss onLogits() {
        return new CategoricalFocalCrossEntropy(gamma, alpha, true, smoothing);
    }

    @Override
    public String kind() {
        return fromLogits ? "categorical_focal_crossentropy_from_logits" : "categorical_focal_crossentropy";
    }
}
