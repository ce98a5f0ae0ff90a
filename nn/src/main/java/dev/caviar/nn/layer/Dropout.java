package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Sets elements to zero with probability `rate` while training and scales the others by 1/(1 − rate), so that nothing
/// needs scaling at inference (inverted dropout; Srivastava et al. 2014).
///
/// The rate is a scalar of the step: changing it never compiles anything anew.
///
/// ```java
/// var layer = Dropout.of(0.2);
/// ```
public record Dropout(double rate) implements UnaryLayer {
    public Dropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("Dropout(" + rate + "): the rate is in [0, 1).\nMaybe it was meant as what is kept, "
                    + "1 - rate.");
        }
    }

    public static Dropout of(double rate) {
        return new Dropout(rate);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        var rate = s.scalar("rate", this.rate);
        var real = x.cast(s.dtype());
        var chance = rate.neg().add(1);
        var kept = Random.bernoulli(s.key(), chance, x.shape().toArray());
        return kept.where(real.mul(chance.reciprocal()), Tensor.scalar(0, s.dtype()));
    }

    @Override
    public boolean noise() {
        return true;
    }

    @Override
    public String toString() {
        return "Dropout(" + rate + ")";
    }
}
