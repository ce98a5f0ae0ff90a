package dev.caviar.engine.kernel;

/// Loops of [Functions] over F32 in native memory, made by whoever can compile them: found as a service, so that this package need
/// not know who that is. They give the bits of [Lanes#scalar].
///
/// Addresses are in bytes and lie at multiples of 4. The output may be the very run of an input.
///
/// ```java
/// static final class OneByOne implements FunctionLoops {
///     @Override
///     public void unary(UnaryFn fn, long x, long y, long n) {
///         var all = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
///         for (long i = 0; i < n; i++) {
///             all.set(ValueLayout.JAVA_FLOAT, y + 4 * i, Functions.unary(fn, Lanes.scalar(), all.get(ValueLayout.JAVA_FLOAT, x + 4 * i)));
///         }
///     }
///
///     @Override
///     public void binary(BinaryFn fn, long a, int as, long b, int bs, long y, long n) {
///         throw new UnsupportedOperationException();
///     }
/// }
/// ```
public interface FunctionLoops {
    /// y[i] = fn(x[i]), for functions whose result is a number.
    void unary(UnaryFn fn, long x, long y, long n);

    /// y[i] = fn(a[i·as], b[i·bs]), for functions whose result is a number; of the strides, which are 1 or 0, one is 1.
    void binary(BinaryFn fn, long a, int as, long b, int bs, long y, long n);
}
