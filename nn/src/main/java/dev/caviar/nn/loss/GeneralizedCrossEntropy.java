package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;

/// Between cross-entropy (q near 0) and the mean absolute error (q 1), for labels of which some are wrong (Zhang & Sabuncu 2018):
/// `(1 − p^q) / q` of the probability p of what is wanted.
///
/// Targets are classes, one integer per row, or one-hot rows.
///
/// ```java
/// Loss loss = GeneralizedCrossEntropy.of(0.7, true);
/// ```
public record GeneralizedCrossEntropy(double q, boolean fromLogits) implements Loss {
    public GeneralizedCrossEntropy {
        if (!(q > 0 && q <= 1)) {
            throw new IllegalArgumentException("GeneralizedCrossEntropy with q = " + q + ": it must be in (0, 1].\nMaybe use CrossEntropy, which is q = 0.");
        }
    }

    public static GeneralizedCrossEntropy of(double q, boolean fromLogits) {
        return new GeneralizedCrossEntropy(q, fromLogits);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var wanted = CrossEntropy.distribution(kind(), CrossEntropy.Labels.ANY, predicted, target);
        var power = fromLogits ? predicted.logSoftmax(-1).mul(wanted).sum(-1).mul(q).exp() : predicted.mul(wanted).sum(-1).pow(q);
        return power.neg().add(1).div(q);
    }

    @Override
    public Activation link() {
        return Activation.SOFTMAX;
    }

    @Override
    public Loss onLogits() {
        return new GeneralizedCrossEntropy(q, true);
    }

    @Override
    public String kind() {
        return fromLogits ? "generalized_crossentropy_from_logits" : "generalized_crossentropy";
    }
}
