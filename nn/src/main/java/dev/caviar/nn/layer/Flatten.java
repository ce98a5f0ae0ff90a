package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// All axes of an example as one, row-major.
///
/// ```java
/// var layer = Flatten.of();        // [32, 28, 28] -> [32, 784]
/// ```
public record Flatten() implements UnaryLayer {
    public static Flatten of() {
        return new Flatten();
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return x.rank() == 2 ? x : x.reshape(x.shape().dim(0), x.shape().size() / Math.max(1, x.shape().dim(0)));
    }

    @Override
    public String toString() {
        return "Flatten()";
    }
}
