package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;

/// Loops over contiguous runs of elements: what one step of a program, or one eager op, does between matrix products.
///
/// Offsets and counts are in elements. An operand's stride is 1 for a run or 0 for one number that all elements share.
/// Output may be the very run of an input (same segment, same offset); other overlaps are not allowed. All floating types
/// and integers are accepted; F32 is the one that must be fast.
///
/// ```java
/// var x = MemorySegment.ofArray(new float[] {1, 2, 3});
/// var y = MemorySegment.ofArray(new float[3]);
/// Loops.plain().unary(UnaryFn.SQUARE, DType.F32, x, 0, y, 0, 3);     // 1, 4, 9
/// ```
public interface Loops {
    /// y[i] = fn(x[i]); `NOT` and `NOT_FINITE` write BOOL, everything else the input's type.
    void unary(UnaryFn fn, DType dtype, MemorySegment x, long xo, MemorySegment y, long yo, long n);

    /// y[i] = fn(a[i·as], b[i·bs]); predicates write BOOL, everything else the inputs' type.
    void binary(BinaryFn fn, DType dtype, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n);

    /// y[i] = c[i·cs] ? a[i·as] : b[i·bs], with c of type BOOL.
    void select(DType dtype, MemorySegment c, long co, int cs, MemorySegment a, long ao, int as,
            MemorySegment b, long bo, int bs, MemorySegment y, long yo, long n);

    /// y[i] = x[i] converted; floats to integers are cut towards zero, anything to BOOL is `!= 0`.
    void cast(DType from, MemorySegment x, long xo, DType to, MemorySegment y, long yo, long n);

    /// y[i] = x[i·xs], a copy or a fill.
    void copy(DType dtype, MemorySegment x, long xo, int xs, MemorySegment y, long yo, long n);

    /// Reduces the middle axis of x [outer, middle, inner] into y [outer, inner]. Sums of F32 are accumulated in several
    /// lanes or in double, so that a million terms keep a relative error near 1e-6; the order is fixed.
    void reduce(ReduceFn fn, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner);

    /// The index along the middle axis of the first largest (or smallest) element, as I64 [outer, inner]; NaN counts as largest.
    void argReduce(boolean largest, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner);

    /// The plain Java loops: the oracle, and what runs where the vector module is absent.
    static Loops plain() {
        return PlainLoops.INSTANCE;
    }
}
