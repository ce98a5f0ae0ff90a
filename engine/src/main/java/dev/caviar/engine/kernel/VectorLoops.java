package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// The loops with the Vector API for F32 and what it is converted to and from; other types in plain Java.
///
/// The last elements of a run go through the same code under a mask, so an element's value does not depend on where in a
/// run it stands, nor on how a run is cut between threads.
final class VectorLoops implements Loops {
    static final VectorLoops INSTANCE = new VectorLoops();
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    static final ByteOrder ORDER = ByteOrder.nativeOrder();

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
        if (dtype != DType.F32 || !VectorUnary.run(fn, x, xo, y, yo, n)) {
            PLAIN.unary(fn, dtype, x, xo, y, yo, n);
        }
    }

    @Override
    public void binary(BinaryFn fn, DType dtype, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        if (dtype != DType.F32 || n == 0 || !floats(fn, a, ao, as, b, bo, bs, y, yo, n)) {
            PLAIN.binary(fn, dtype, a, ao, as, b, bo, bs, y, yo, n);
        }
    }

    private static boolean floats(BinaryFn fn, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        if (fn.isPredicate()) {
            return as == 1 && (bs == 1 ? VectorCompare.run(fn, a, ao, b, bo, y, yo, n)
                    : VectorCompare.runRight(fn, a, ao, b.getAtIndex(Elements.F32, bo), y, yo, n));
        }
        if (as == 1) {
            return bs == 1 ? VectorBinary.run(fn, a, ao, b, bo, y, yo, n)
                    : VectorBinary.runRight(fn, a, ao, b.getAtIndex(Elements.F32, bo), y, yo, n);
        }
        return bs == 1 && VectorBinary.runLeft(fn, a.getAtIndex(Elements.F32, ao), b, bo, y, yo, n);
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
