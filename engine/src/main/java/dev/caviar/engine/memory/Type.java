package dev.caviar.engine.memory;

import java.util.Locale;

/// All that is static about a tensor: what its elements are and how many lie along each axis.
///
/// ```java
/// var type = Type.of(DType.F32, 32, 10);   // prints f32[32, 10]
/// ```
public record Type(DType dtype, Shape shape) {
    /// A type of these axis lengths.
    public static Type of(DType dtype, long... dims) {
        return new Type(dtype, Shape.of(dims));
    }

    /// The memory that such a tensor takes, in bytes.
    public long bytes() {
        return Math.multiplyExact(shape.size(), (long) dtype.bytes());
    }

    /// This type with another shape.
    public Type withShape(Shape other) {
        return new Type(dtype, other);
    }

    /// This type with other elements.
    public Type withDType(DType other) {
        return new Type(other, shape);
    }

    @Override
    public String toString() {
        return dtype.name().toLowerCase(Locale.ROOT) + shape;
    }
}
