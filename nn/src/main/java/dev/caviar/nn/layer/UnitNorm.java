package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Divides by the length √Σx² over some axes, so that it becomes 1; what is 0 stays 0. It does the same while training and at inference.
///
/// Shapes stay as they are. Lengths below 1e-12 count as 1e-12.
///
/// ```java
/// var layer = UnitNorm.of();               // [32, 10]: each row has length 1
/// ```
public record UnitNorm(List<Long> axis) implements UnaryLayer {
    public UnitNorm {
        axis = List.copyOf(axis);
        if (axis.isEmpty()) {
            throw new IllegalArgumentException("UnitNorm along no axis: there must be one.");
        }
    }

    /// Along the last axis.
    public static UnitNorm of() {
        return of(-1);
    }

    /// Along these axes together, negative ones counted from the end.
    public static UnitNorm of(long... axis) {
        return new UnitNorm(Padding.each(axis.length, axis));
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var units = Units.of(given, axis);
        var x = given.cast(s.dtype());
        var wide = x.shape();
        for (int along : units.along()) {
            wide = wide.with(along, 1);
        }
        var square = x.square().sum(units.along().stream().mapToInt(i -> i).toArray());
        return x.mul(square.max(1e-24).rsqrt().reshape(wide));
    }

    @Override
    public String toString() {
        return "UnitNorm" + axis;
    }
}
