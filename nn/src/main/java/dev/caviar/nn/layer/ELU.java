package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// x where it is positive, `alpha`·(eˣ − 1) elsewhere (Clevert et al. 2016); `continuous`, with x/alpha in the exponent, its slope has no step
/// (CELU, Barron 2017).
///
/// ```java
/// var layer = ELU.of(0.5);       // Activation.ELU and CELU have alpha 1
/// ```
public record ELU(double alpha, boolean continuous) implements UnaryLayer {
    public ELU {
        if (continuous && alpha == 0) {
            throw new IllegalArgumentException("ELU, continuous, with alpha 0: x is divided by it.");
        }
    }

    /// With alpha 1.
    public static ELU of() {
        return of(1);
    }

    public static ELU of(double alpha) {
        return new ELU(alpha, false);
    }

    public ELU withContinuous(boolean continuous) {
        return new ELU(alpha, continuous);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        var a = s.scalar("alpha", alpha);
        // The branch that is not taken must not overflow, or its gradient is not a number.
        var below = x.min(0);
        return x.gt(0).where(x, (continuous ? below.div(a) : below).expm1().mul(a));
    }

    @Override
    public String kind() {
        return "elu";
    }

    @Override
    public String toString() {
        return (continuous ? "CELU(" : "ELU(") + alpha + ")";
    }
}
