package dev.caviar.engine.kernel;

/// Transposition of matrices in native memory, made by whoever can compile it: found as a service, like [FunctionLoops].
///
/// Addresses and distances are in bytes.
///
/// ```java
/// static final class None implements TransposeLoops {
///     @Override
///     public boolean supported() {
///         return false;
///     }
///
///     @Override
///     public void turn(long x, long step, long y, long row, long columns) {
///         throw new UnsupportedOperationException();
///     }
/// }
/// ```
public interface TransposeLoops {
    /// Rows that are made at a time, and what columns come in multiples of.
    int LANES = 8;

    /// Whether there is such code here.
    boolean supported();

    /// Makes 8 rows of `columns` numbers of 4 bytes: y[i, j] = x[j, i], where x[j + 1] begins `step` bytes behind x[j] and y[i + 1] `row`
    /// bytes behind y[i]. `columns` is a multiple of 8.
    void turn(long x, long step, long y, long row, long columns);
}
