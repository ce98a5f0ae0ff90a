package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Adds normal noise of mean 0 while training. The deviation is a scalar of the step.
///
/// ```java
/// var layer = GaussianNoise.of(0.1);
/// ```
public record GaussianNoise(double stddev) implements UnaryLayer {
    public GaussianNoise {
        if (!(stddev >= 0) || Double.isInfinite(stddev)) {
            throw new IllegalArgumentException("GaussianNoise(" + stddev + "): a standard deviation is 0 or more.");
        }
    }

    public static GaussianNoise of(double stddev) {
        return new GaussianNoise(stddev);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        var noise = Random.normal(s.key(), new Type(s.dtype(), x.shape()));
        return x.cast(s.dtype()).add(noise.mul(s.scalar("stddev", stddev)));
    }

    @Override
    public boolean noise() {
        return true;
    }

    @Override
    public String toString() {
        return "GaussianNoise(" + stddev + ")";
    }
}
