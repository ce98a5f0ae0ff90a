package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// Inputs one behind the other along an axis; all their other lengths are equal. Negative axes count from the end.
///
/// ```java
/// var layer = Concatenate.of();        // [32, 8] and [32, 3] -> [32, 11]
/// ```
public record Concatenate(int axis) implements Layer {
    /// Along the last axis.
    public static Concatenate of() {
        return new Concatenate(-1);
    }

    public static Concatenate of(int axis) {
        return new Concatenate(axis);
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        if (x.length == 0) {
            throw new ShapeException("there are no inputs.");
        }
        int at = axis < 0 ? axis + x[0].rank() : axis;
        if (at < 1 || at >= x[0].rank()) {
            throw new ShapeException("axis " + axis + " is not one behind the examples' of " + x[0].shape() + ".");
        }
        return Tensor.concat(at, x);
    }

    @Override
    public String toString() {
        return "Concatenate(" + axis + ")";
    }
}
