package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// The same features at each of `n` steps.
///
/// ```java
/// var layer = RepeatVector.of(10);        // [32, 8] -> [32, 10, 8]
/// ```
public record RepeatVector(int n) implements UnaryLayer {
    public RepeatVector {
        if (n < 1) {
            throw new IllegalArgumentException("RepeatVector(" + n + "): there is 1 step or more.");
        }
    }

    public static RepeatVector of(int n) {
        return new RepeatVector(n);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() != 2) {
            throw new ShapeException("the input must be [examples, features].\nMaybe put Flatten.of() in front.");
        }
        var wide = x.expandDims(1);
        return wide.expandTo(wide.shape().with(1, n));
    }

    @Override
    public String toString() {
        return "RepeatVector(" + n + ")";
    }
}
