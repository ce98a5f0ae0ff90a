package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// The loops with the Vector API for F32 and what it is converted to and from; other types in plain Java.
///
/// The last elements of a run go through the same code, in a whole vector or under a mask, so an element's value does not depend on where in a
/// run it stands, nor on how a run is cut between threads.
final class VectorLoops implements Loops {
    static final VectorLoops INSTANCE = new VectorLoops();
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /// All of native memory. A load through a segment that the compiler knows costs its address; through one that it does not,
    /// several times that once other kinds of segments are about. Bounds are checked before, once for each run.
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final Loops PLAIN = PlainLoops.INSTANCE;
    /// The mask of the first i lanes, for i below the number of lanes.
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static final VectorMask<Float>[] TAILS = new VectorMask[LANES];

    static {
        for (int i = 0; i < LANES; i++) {
            TAILS[i] = VectorMask.fromLong(SPECIES, (1L << i) - 1);
        }
    }

    private VectorLoops() {}

    /// The vector that begins at a number of F32 from address 0.
    static FloatVector load(long i) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, i * 4, ORDER);
    }

    static void store(FloatVector v, long i) {
        v.intoMemorySegment(ALL, i * 4, ORDER);
    }

    /// The address of element `offset` of `x`; throws where `n` elements from there leave the segment.
    static long address(MemorySegment x, long offset, long n) {
        Objects.checkFromIndexSize(offset * 4, n * 4, x.byteSize());
        return x.address() + offset * 4;
    }

    /// Whether a segment may be addressed directly: native, open, and with numbers at multiples of their size.
    private static boolean direct(MemorySegment x) {
        return x.isNative() && x.scope().isAlive() && x.address() % 4 == 0;
    }

    static FloatVector load(MemorySegment x, long i) {
        return FloatVector.fromMemorySegment(SPECIES, x, i * 4, ORDER);
    }

    static FloatVector load(MemorySegment x, long i, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, x, i * 4, ORDER, mask);
    }

    static void store(FloatVector v, MemorySegment y, long i) {
        v.intoMemorySegment(y, i * 4, ORDER);
    }

    static void store(FloatVector v, MemorySegment y, long i, VectorMask<Float> mask) {
        v.intoMemorySegment(y, i * 4, ORDER, mask);
    }

    /// The lanes of elements i to n, fewer than a whole vector.
    static VectorMask<Float> tail(long i, long n) {
        return TAILS[(int) (n - i)];
    }

    @Override
    public void unary(UnaryFn fn, DType dtype, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        boolean floats = n > 0 && dtype == DType.F32 && fn != UnaryFn.NOT && fn != UnaryFn.NOT_FINITE && direct(x) && direct(y);
        if (floats) {
            Tiers.unary(fn, x, xo, y, yo, n);
        } else {
            PLAIN.unary(fn, dtype, x, xo, y, yo, n);
        }
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(y);
    }

    @Override
    public void binary(BinaryFn fn, DType dtype, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        if (dtype != DType.F32 || n == 0 || !floats(fn, a, ao, as, b, bo, bs, y, yo, n)) {
            PLAIN.binary(fn, dtype, a, ao, as, b, bo, bs, y, yo, n);
        }
        Reference.reachabilityFence(a);
        Reference.reachabilityFence(b);
        Reference.reachabilityFence(y);
    }

    private static boolean floats(BinaryFn fn, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        if (fn.isPredicate()) {
            return as == 1 && (bs == 1 ? VectorCompare.run(fn, a, ao, b, bo, y, yo, n)
                    : VectorCompare.runRight(fn, a, ao, b.getAtIndex(Elements.F32, bo), y, yo, n));
        }
        if (!direct(a) || !direct(b) || !direct(y)) {
            return false;
        }
        Tiers.binary(fn, a, ao, as, b, bo, bs, y, yo, n);
        return true;
    }

    @Override
    public void select(DType dtype, MemorySegment c, long co, int cs, MemorySegment a, long ao, int as,
            MemorySegment b, long bo, int bs, MemorySegment y, long yo, long n) {
        if (n > 0 && cs == 0) {
            boolean first = c.get(Elements.I8, co) != 0;
            copy(dtype, first ? a : b, first ? ao : bo, first ? as : bs, y, yo, n);
        } else if (n == 0 || dtype.bytes() != 4 || !VectorCompare.FITS) {
            PLAIN.select(dtype, c, co, cs, a, ao, as, b, bo, bs, y, yo, n);
        } else {
            VectorCompare.select(c, co, a, ao, as, b, bo, bs, y, yo, n);
        }
    }

    @Override
    public void cast(DType from, MemorySegment x, long xo, DType to, MemorySegment y, long yo, long n) {
        if (!VectorCast.run(from, x, xo, to, y, yo, n)) {
            PLAIN.cast(from, x, xo, to, y, yo, n);
        }
    }

    @Override
    public void copy(DType dtype, MemorySegment x, long xo, int xs, MemorySegment y, long yo, long n) {
        if (xs == 0 && dtype.bytes() == 4 && n > 0) {
            fill(x.getAtIndex(Elements.I32, xo), y, yo, n);
        } else {
            PLAIN.copy(dtype, x, xo, xs, y, yo, n);
        }
    }

    private static void fill(int bits, MemorySegment y, long yo, long n) {
        var v = IntVector.broadcast(INTS, bits);
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            v.intoMemorySegment(y, (yo + i) * 4, ORDER);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.I32, yo + i, bits);
        }
    }

    @Override
    public void reduce(ReduceFn fn, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner) {
        if (dtype != DType.F32 || fn == ReduceFn.PROD) {
            PLAIN.reduce(fn, dtype, x, y, outer, middle, inner);
        } else if (inner == 1) {
            VectorReduce.rows(fn, x, y, outer, middle);
        } else {
            VectorReduce.columns(fn, x, y, outer, middle, inner);
        }
    }

    @Override
    public void argReduce(boolean largest, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner) {
        PLAIN.argReduce(largest, dtype, x, y, outer, middle, inner);
    }
}
