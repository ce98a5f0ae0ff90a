package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// One half of an axis, gated by the other: a·σ(b) (Dauphin et al. 2017). The axis becomes half as long.
///
/// ```java
/// var layer = GLU.of();       // [32, 64] -> [32, 32]; Activation.GLU is the same
/// ```
public record GLU(int axis) implements UnaryLayer {
    /// Along the last axis.
    public static GLU of() {
        return of(-1);
    }

    public static GLU of(int axis) {
        return new GLU(axis);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return on(x.cast(s.dtype()), axis);
    }

    static Tensor on(Tensor x, int axis) {
        int along = Units.axis(x, axis);
        long n = x.shape().dim(along);
        if (n % 2 != 0) {
            throw new ShapeException("glu: axis " + along + " of " + x.shape() + " has no halves.\nMaybe give the layer before it twice as many units.");
        }
        return x.slice(along, 0, n / 2).mul(x.slice(along, n / 2, n).sigmoid());
    }

    @Override
    public String toString() {
        return "GLU(" + axis + ")";
    }
}
