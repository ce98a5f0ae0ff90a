package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Divides each example by its root mean square over some of its axes, then scales by a learnt factor (Zhang & Sennrich 2019): layer norm
/// without a mean. It does the same while training and at inference.
///
/// Shapes stay as they are; the parameter `scale` has the lengths of these axes.
///
/// ```java
/// var layer = RMSNorm.of();                // the last axis, ε 1e-6
/// ```
public record RMSNorm(List<Long> axis, double epsilon) implements UnaryLayer {
    public RMSNorm {
        axis = List.copyOf(axis);
        if (axis.isEmpty() || !(epsilon >= 0)) {
            throw new IllegalArgumentException("RMSNorm along the axes " + axis + " with epsilon " + epsilon
                    + ": there must be an axis, and epsilon be 0 or more.");
        }
    }

    /// Along the last axis.
    public static RMSNorm of() {
        return of(-1);
    }

    /// Along these axes, negative ones counted from the end.
    public static RMSNorm of(long... axis) {
        return new RMSNorm(Padding.each(axis.length, axis), 1e-6);
    }

    public RMSNorm withEpsilon(double epsilon) {
        return new RMSNorm(axis, epsilon);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var units = Units.of(given, axis);
        var x = given.cast(s.dtype());
        var wide = x.shape();
        for (int along : units.along()) {
            wide = wide.with(along, 1);
        }
        var mean = x.square().mean(units.along().stream().mapToInt(i -> i).toArray()).reshape(wide);
        return x.mul(mean.add(epsilon).rsqrt()).mul(units.spread(s.param("scale", units.lengths(), Init.ones())));
    }

    @Override
    public String toString() {
        return "RMSNorm" + axis;
    }
}
