package dev.caviar.engine.memory;

/// The type of a tensor's elements.
///
/// Promotion between two types takes the first of this order that either has: F64, F32, BF16/F16 (their mix is F32),
/// I64, I32, U8, BOOL.
///
/// ```java
/// long bytes = 10 * DType.F32.bytes();     // 40
/// ```
public enum DType {
    F32(4), F64(8), BF16(2), F16(2), I64(8), I32(4), U8(1), BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// The size of one element in bytes.
    public int bytes() {
        return bytes;
    }

    /// Whether values of this type have a fraction; only such tensors have gradients.
    public boolean isFloat() {
        return switch (this) {
            case F32, F64, BF16, F16 -> true;
            case I64, I32, U8, BOOL -> false;
        };
    }

    /// The type that holds values of both.
    public DType promote(DType other) {
        if (this == other) {
            return this;
        }
        if (isFloat() && other.isFloat()) {
            return this == F64 || other == F64 ? F64 : F32;
        }
        if (isFloat() || other.isFloat()) {
            return isFloat() ? this : other;
        }
        return ordinal() < other.ordinal() ? this : other;
    }
}
