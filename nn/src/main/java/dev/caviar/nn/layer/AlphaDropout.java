package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Dropout for networks of selu units: elements are set to selu's limit −λα instead of 0, then all are scaled and shifted so that mean 0 and
/// variance 1 stay so (Klambauer et al. 2017). The rate is a scalar of the step.
///
/// ```java
/// var layers = Sequential.of(Dense.of(64, "selu"), AlphaDropout.of(0.05), Dense.of(10, "softmax"));
/// ```
public record AlphaDropout(double rate) implements UnaryLayer {
    private static final double LIMIT = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;

    public AlphaDropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("AlphaDropout(" + rate + "): the rate is in [0, 1).");
        }
    }

    public static AlphaDropout of(double rate) {
        return new AlphaDropout(rate);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        var rate = s.scalar("rate", this.rate);
        var keep = rate.neg().add(1);
        var kept = Random.bernoulli(s.key(), keep, x.shape().toArray());
        var factor = keep.mul(rate.mul(LIMIT * LIMIT).add(1)).rsqrt();
        var shift = factor.mul(rate).mul(-LIMIT);
        return kept.where(x.cast(s.dtype()), Tensor.scalar(LIMIT, s.dtype())).mul(factor).add(shift);
    }

    @Override
    public boolean noise() {
        return true;
    }

    @Override
    public String toString() {
        return "AlphaDropout(" + rate + ")";
    }
}
