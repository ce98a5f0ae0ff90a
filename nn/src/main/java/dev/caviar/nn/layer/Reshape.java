package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Each example under another shape, its elements in the same order; one length may be −1 and is then worked out.
///
/// ```java
/// var layer = Reshape.of(28, 28, 1);       // [32, 784] -> [32, 28, 28, 1]
/// ```
public record Reshape(List<Long> dims) implements UnaryLayer {
    public Reshape {
        dims = List.copyOf(dims);
        if (dims.stream().anyMatch(n -> n < -1) || dims.stream().filter(n -> n == -1).count() > 1) {
            throw new IllegalArgumentException("Reshape to " + dims + ": lengths are 0 or more, and one of them may be −1.");
        }
    }

    /// To these lengths, the examples' axis not counted.
    public static Reshape of(long... dims) {
        return new Reshape(Shape.of(dims).dims());
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        var all = new ArrayList<>(List.of(x.shape().dim(0)));
        all.addAll(dims);
        return x.reshape(new Shape(all));
    }

    @Override
    public String toString() {
        return "Reshape" + dims;
    }
}
