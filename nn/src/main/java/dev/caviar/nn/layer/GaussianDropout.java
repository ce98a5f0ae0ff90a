package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Multiplies by normal noise of mean 1 and deviation √(rate / (1 − rate)) while training: the first two moments of dropout without its zeros
/// (Srivastava et al. 2014, section 10). The rate is a scalar of the step.
///
/// ```java
/// var layer = GaussianDropout.of(0.2);     // deviation 0.5
/// ```
public record GaussianDropout(double rate) implements UnaryLayer {
    public GaussianDropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("GaussianDropout(" + rate + "): the rate is in [0, 1).");
        }
    }

    public static GaussianDropout of(double rate) {
        return new GaussianDropout(rate);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        var rate = s.scalar("rate", this.rate);
        var deviation = rate.div(rate.neg().add(1)).sqrt();
        var noise = Random.normal(s.key(), new Type(s.dtype(), x.shape())).mul(deviation).add(1);
        return x.cast(s.dtype()).mul(noise);
    }

    @Override
    public boolean noise() {
        return true;
    }

    @Override
    public String toString() {
        return "GaussianDropout(" + rate + ")";
    }
}
