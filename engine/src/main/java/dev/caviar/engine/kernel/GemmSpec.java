package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import org.jspecify.annotations.Nullable;

/// What a matrix product is, all but its addresses: for each of `batch` slices C[m, n] = act(A[m, k] · B[k, n] + bias[n] + add·C).
///
/// A and B are of type `dtype`, C of type `out`: the same one, or F32 for BF16 and F16, whose products are summed in F32 and
/// rounded once. Every operand has its own strides in elements (batch, row, column), so a transpose is a stride and a part of
/// a matrix is a smaller spec with an offset. C's column stride is 1. The bias, of the type `bias` where there is one, is
/// shared by rows and slices; it is of C's type or F32. With `accumulate` the old content of C is added.
///
/// ```java
/// var spec = GemmSpec.of(DType.F32, 64, 256, 784);      // row-major A[64, 784] · B[784, 256]
/// ```
public record GemmSpec(DType dtype, DType out, long batch, long m, long n, long k, Strides a, Strides b, Strides c,
        @Nullable DType bias, boolean accumulate, Activation activation) {
    public GemmSpec {
        boolean half = dtype == DType.BF16 || dtype == DType.F16;
        if (out != dtype && !(half && out == DType.F32) || bias != null && bias != out && !(half && bias == DType.F32)) {
            throw new IllegalArgumentException("A product of " + dtype + " gives " + dtype + (half ? " or F32" : "") + ", not " + out
                    + (bias == null ? "" : " with a bias of " + bias) + ".");
        }
    }

    /// Distances in elements between slices, rows and columns.
    public record Strides(long batch, long row, long column) {}

    /// What is applied to each element of the result.
    public enum Activation { NONE, RELU }

    /// One product of row-major matrices without gaps.
    public static GemmSpec of(DType dtype, long m, long n, long k) {
        return new GemmSpec(dtype, dtype, 1, m, n, k, new Strides(m * k, k, 1), new Strides(k * n, n, 1),
                new Strides(m * n, n, 1), null, false, Activation.NONE);
    }

    /// This product with a bias per column of C's type, or without.
    public GemmSpec withBias(boolean bias) {
        return withBias(bias ? out : null);
    }

    /// This product with a bias per column of this type, or without.
    public GemmSpec withBias(@Nullable DType bias) {
        return new GemmSpec(dtype, out, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }

    /// This product with an activation at its end.
    public GemmSpec withActivation(Activation activation) {
        return new GemmSpec(dtype, out, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }

    /// This product with its result in another type.
    public GemmSpec withOut(DType out) {
        return new GemmSpec(dtype, out, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }

    /// This product with one matrix A (or B) for all slices.
    public GemmSpec withShared(boolean left) {
        return new GemmSpec(dtype, out, batch, m, n, k, left ? new Strides(0, a.row, a.column) : a, left ? b : new Strides(0, b.row, b.column), c, bias,
                accumulate, activation);
    }

    /// As many rows and columns of each slice as these, at the same strides.
    public GemmSpec withSize(long m, long n) {
        return new GemmSpec(dtype, out, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }
}
