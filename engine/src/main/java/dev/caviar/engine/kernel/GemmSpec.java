package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;

/// What a matrix product is, all but its addresses: for each of `batch` slices C[m, n] = act(A[m, k] · B[k, n] + bias[n] + add·C).
///
/// Every operand has its own strides in elements (batch, row, column), so a transpose is a stride and a part of a matrix
/// is a smaller spec with an offset. C's column stride is 1. The bias, where there is one, is shared by rows and slices.
/// With `accumulate` the old content of C is added.
///
/// ```java
/// var spec = GemmSpec.of(DType.F32, 64, 256, 784);      // row-major A[64, 784] · B[784, 256]
/// ```
public record GemmSpec(DType dtype, long batch, long m, long n, long k, Strides a, Strides b, Strides c,
        boolean bias, boolean accumulate, Activation activation) {

    /// Distances in elements between slices, rows and columns.
    public record Strides(long batch, long row, long column) {}

    /// What is applied to each element of the result.
    public enum Activation { NONE, RELU }

    /// One product of row-major matrices without gaps.
    public static GemmSpec of(DType dtype, long m, long n, long k) {
        return new GemmSpec(dtype, 1, m, n, k, new Strides(m * k, k, 1), new Strides(k * n, n, 1),
                new Strides(m * n, n, 1), false, false, Activation.NONE);
    }

    /// This product with a bias per column, or without.
    public GemmSpec withBias(boolean bias) {
        return new GemmSpec(dtype, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }

    /// This product with an activation at its end.
    public GemmSpec withActivation(Activation activation) {
        return new GemmSpec(dtype, batch, m, n, k, a, b, c, bias, accumulate, activation);
    }
}
