package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// x where it is positive, `negativeSlope`·x elsewhere (Maas et al. 2013). The slope may change while training runs.
///
/// ```java
/// var layer = LeakyReLU.of(0.01);       // Activation.LEAKY_RELU has slope 0.2
/// ```
public record LeakyReLU(double negativeSlope) implements UnaryLayer {
    public LeakyReLU {
        if (!Double.isFinite(negativeSlope)) {
            throw new IllegalArgumentException("LeakyReLU with a slope of " + negativeSlope + ": it must be a finite number.\nMaybe use 0.01.");
        }
    }

    /// With slope 0.3, as Keras's layer.
    public static LeakyReLU of() {
        return of(0.3);
    }

    public static LeakyReLU of(double negativeSlope) {
        return new LeakyReLU(negativeSlope);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        return x.gt(0).where(x, x.mul(s.scalar("negative_slope", negativeSlope)));
    }

    @Override
    public String kind() {
        return "leaky_relu";
    }

    @Override
    public String toString() {
        return "LeakyReLU(" + negativeSlope + ")";
    }
}
