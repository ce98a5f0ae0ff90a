package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// A rectifier with a ceiling, a slope and a threshold: `maxValue` from there on, x from `threshold` on, and
/// `negativeSlope`·(x − threshold) below.
///
/// ```java
/// var layer = ReLU.of().withMaxValue(6);
/// ```
public record ReLU(double maxValue, double negativeSlope, double threshold) implements UnaryLayer {
    /// What stands for no ceiling.
    private static final double NONE = Double.MAX_VALUE;

    public ReLU {
        if (!(maxValue >= 0)) {
            throw new IllegalArgumentException("ReLU with a largest value of " + maxValue + ": it must be 0 or more.");
        }
    }

    /// The plain one, as [Activation#RELU].
    public static ReLU of() {
        return new ReLU(NONE, 0, 0);
    }

    public ReLU withMaxValue(double maxValue) {
        return new ReLU(maxValue, negativeSlope, threshold);
    }

    public ReLU withNegativeSlope(double negativeSlope) {
        return new ReLU(maxValue, negativeSlope, threshold);
    }

    public ReLU withThreshold(double threshold) {
        return new ReLU(maxValue, negativeSlope, threshold);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        if (maxValue == NONE && negativeSlope == 0 && threshold == 0) {
            return x.relu();
        }
        var edge = s.scalar("threshold", threshold);
        var below = x.sub(edge).mul(s.scalar("negative_slope", negativeSlope));
        var y = x.ge(edge).where(x, below);
        return maxValue == NONE ? y : y.min(s.scalar("max_value", maxValue));
    }

    @Override
    public String kind() {
        return "relu";
    }

    @Override
    public String toString() {
        return "ReLU()";
    }
}
