package dev.caviar.engine.kernel;

/// Loops of [Philox] over native memory, made by whoever can compile them: found as a service, like [FunctionLoops]. Each does the
/// first part of what is asked for, says how much that was (maybe nothing), and gives the bits of Philox.
///
/// Addresses are in bytes and lie at multiples of the size of an element.
///
/// ```java
/// static final class None implements RandomLoops {
///     @Override
///     public long groups(long key, long stream, long group, long y, long groups) {
///         return 0;
///     }
///
///     @Override
///     public long uniform(long y, long n) {
///         return 0;
///     }
///
///     @Override
///     public long normal(long y, long n) {
///         return 0;
///     }
///
///     @Override
///     public long below(long x, int limit, long y, long n) {
///         return 0;
///     }
/// }
/// ```
public interface RandomLoops {
    /// Fills groups of 64 words at `y`, of which the first has the number `group`.
    long groups(long key, long stream, long group, long y, long groups);

    /// Words at `y` become F32 in [0, 1): their upper 24 bits.
    long uniform(long y, long n);

    /// Groups of words at `y` become standard normal numbers, as [Philox#normal] says; `n` is a multiple of 32. Either all or nothing.
    long normal(long y, long n);

    /// y[i] = 1 where the number of 16 bits x[i] is below `limit`, which is 1 to 65535, else 0; y has bytes.
    long below(long x, int limit, long y, long n);
}
