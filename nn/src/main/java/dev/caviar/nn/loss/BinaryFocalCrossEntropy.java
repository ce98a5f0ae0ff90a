package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Targets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Binary cross-entropy in which what is right already counts less (Lin et al. 2017): `(1 − p_t)^γ` times the cross-entropy, the mean
/// over the last axis. `p_t` is the probability of what is true.
///
/// With `balanced`, yes counts α and no 1−α.
///
/// ```java
/// Loss loss = BinaryFocalCrossEntropy.of(2, true).withBalanced(true);
/// ```
public record BinaryFocalCrossEntropy(double gamma, double alpha, boolean balanced, boolean fromLogits, double smoothing)
        implements Loss {
    public BinaryFocalCrossEntropy {
        Smoothing.check("BinaryFocalCrossEntropy", smoothing);
    }

    /// α 0.25, not balanced, not smoothed.
    public static BinaryFocalCrossEntropy of(double gamma, boolean fromLogits) {
        return new BinaryFocalCrossEntropy(gamma, 0.25, false, fromLogits, 0);
    }

    public BinaryFocalCrossEntropy withAlpha(double alpha) {
        return new BinaryFocalCrossEntropy(gamma, alpha, balanced, fromLogits, smoothing);
    }

    public BinaryFocalCrossEntropy withBalanced(boolean balanced) {
        return new BinaryFocalCrossEntropy(gamma, alpha, balanced, fromLogits, smoothing);
    }

    public BinaryFocalCrossEntropy withSmoothing(double smoothing) {
        return new BinaryFocalCrossEntropy(gamma, alpha, balanced, fromLogits, smoothing);
    }

    @Override
    public Map<String, Double> numbers() {
        var numbers = new LinkedHashMap<>(Smoothing.numbers(smoothing));
        numbers.put("gamma", gamma);
        if (balanced) {
            numbers.put("alpha", alpha);
        }
        return numbers;
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var t = Smoothing.on(Targets.like(kind(), predicted, target), 0.5, numbers);
        var no = t.neg().add(1);
        var p = fromLogits ? predicted.sigmoid() : predicted.max(1e-7).min(1 - 1e-7);
        // 1 − p before it is kept from 0: single precision has no number 1e-7 below 1.
        var q = fromLogits ? p.neg().add(1) : predicted.neg().add(1).max(1e-7).min(1 - 1e-7);
        var entropy = fromLogits ? predicted.softplus().sub(predicted.mul(t))
                : p.log().mul(t).add(q.log().mul(no)).neg();
        var wrong = t.mul(q).add(no.mul(p));
        var each = wrong.pow(numbers.get("gamma")).mul(entropy);
        var alpha = numbers.get("alpha");
        return (alpha == null ? each : each.mul(t.mul(alpha).add(no.mul(alpha.neg().add(1))))).mean(-1);
    }

    @Override
    public Activation link() {
        return Activation.SIGMOID;
    }

    @Override
    public Loss onLogits() {
        return new BinaryFocalCrossEntropy(gamma, alpha, balanced, true, smoothing);
    }

    @Override
    public String kind() {
        return fromLogits ? "binary_focal_crossentropy_from_logits" : "binary_focal_crossentropy";
    }
}
