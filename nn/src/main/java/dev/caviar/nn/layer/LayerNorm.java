package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Normalises each example over some of its axes, then scales by γ and shifts by β, which have the lengths of these axes (Ba, Kiros & Hinton
/// 2016). It does the same while training and at inference.
///
/// The variance is the biased one. Shapes stay as they are.
///
/// ```java
/// var layer = LayerNorm.of();              // the last axis, ε 1e-3
/// var image = LayerNorm.of(1, 2, 3);       // [32, 28, 28, 3]: over the whole image
/// ```
public record LayerNorm(List<Long> axis, double epsilon, boolean center, boolean scale) implements UnaryLayer {
    public LayerNorm {
        axis = List.copyOf(axis);
        if (axis.isEmpty() || !(epsilon >= 0)) {
            throw new IllegalArgumentException("LayerNorm along the axes " + axis + " with epsilon " + epsilon
                    + ": there must be an axis, and epsilon be 0 or more.");
        }
    }

    /// Along the last axis.
    public static LayerNorm of() {
        return of(-1);
    }

    /// Along these axes, negative ones counted from the end.
    public static LayerNorm of(long... axis) {
        return new LayerNorm(Padding.each(axis.length, axis), 1e-3, true, true);
    }

    public LayerNorm withEpsilon(double epsilon) {
        return new LayerNorm(axis, epsilon, center, scale);
    }

    /// Whether β is there.
    public LayerNorm withCenter(boolean center) {
        return new LayerNorm(axis, epsilon, center, scale);
    }

    /// Whether γ is there.
    public LayerNorm withScale(boolean scale) {
        return new LayerNorm(axis, epsilon, center, scale);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        var units = Units.of(x, axis);
        return units.affine(s, Units.standard(x.cast(s.dtype()), units.along(), epsilon).getFirst(), scale, center);
    }

    @Override
    public String toString() {
        return "LayerNorm" + axis;
    }
}
