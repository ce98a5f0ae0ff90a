package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// 0 within ±`threshold`. Elsewhere x as it is, or `soft`, moved towards 0 by the threshold. The threshold may change while training runs.
///
/// ```java
/// var layer = Shrink.soft(0.1);       // 1, −0.05 -> 0.9, 0; Activation.SOFT_SHRINK and HARD_SHRINK have 0.5
/// ```
public record Shrink(double threshold, boolean soft) implements UnaryLayer {
    public Shrink {
        if (!(threshold >= 0)) {
            throw new IllegalArgumentException("Shrink with threshold " + threshold + ": it must be 0 or more.");
        }
    }

    public static Shrink hard(double threshold) {
        return new Shrink(threshold, false);
    }

    public static Shrink soft(double threshold) {
        return new Shrink(threshold, true);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        var edge = s.scalar("threshold", threshold);
        return soft ? x.sub(edge).relu().sub(x.neg().sub(edge).relu()) : x.abs().gt(edge).where(x, Tensor.scalar(0, x.dtype()));
    }

    @Override
    public String toString() {
        return (soft ? "Shrink.soft(" : "Shrink.hard(") + threshold + ")";
    }
}
