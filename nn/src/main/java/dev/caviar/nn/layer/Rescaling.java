package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// x · scale + offset, while training and at inference.
///
/// ```java
/// var unit = Rescaling.of(1 / 255.0);          // bytes to [0, 1]
/// var signed = new Rescaling(1 / 127.5, -1);   // bytes to [−1, 1]
/// ```
public record Rescaling(double scale, double offset) implements UnaryLayer {
    public static Rescaling of(double scale) {
        return new Rescaling(scale, 0);
    }

    public Rescaling withOffset(double offset) {
        return new Rescaling(scale, offset);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return x.cast(s.dtype()).mul(scale).add(offset);
    }
}
