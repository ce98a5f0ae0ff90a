package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// x where it is more than `threshold`, `value` elsewhere. Both may change while training runs.
///
/// ```java
/// var layer = Threshold.of(0.1, 20);       // 0.1, 0.2 -> 20, 0.2
/// ```
public record Threshold(double threshold, double value) implements UnaryLayer {
    public static Threshold of(double threshold, double value) {
        return new Threshold(threshold, value);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        return x.gt(s.scalar("threshold", threshold)).where(x, s.scalar("value", value));
    }

    @Override
    public String toString() {
        return "Threshold(" + threshold + ", " + value + ")";
    }
}
