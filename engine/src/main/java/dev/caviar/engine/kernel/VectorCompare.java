package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// From comparisons to bytes of 0 and 1, and from such bytes to a choice; a byte per lane goes through one long.
final class VectorCompare {
    /// The tricks below move eight lanes at a time.
    static final boolean FITS = LANES == 8 || LANES == 16;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
    private static final long EACH = 0x0101010101010101L;
    private static final long LOW7 = 0x7f7f7f7f7f7f7f7fL;
    private static final long DIAGONAL = 0x8040201008040201L;
    private static final long GATHER = 0x0102040810204080L;

    private VectorCompare() {}

    static boolean run(BinaryFn fn, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        if (!FITS) {
            return false;
        }
        switch (fn) {
            case EQ -> eq(a, ao, b, bo, y, yo, n);
            case NE -> ne(a, ao, b, bo, y, yo, n);
            case LT -> lt(a, ao, b, bo, y, yo, n);
            case LE -> le(a, ao, b, bo, y, yo, n);
            case GT -> lt(b, bo, a, ao, y, yo, n);
            case GE -> le(b, bo, a, ao, y, yo, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// fn(a[i], s).
    static boolean runRight(BinaryFn fn, MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        if (!FITS) {
            return false;
        }
        switch (fn) {
            case EQ -> eqScalar(a, ao, s, y, yo, n);
            case NE -> neScalar(a, ao, s, y, yo, n);
            case LT -> ltScalar(a, ao, s, y, yo, n);
            case LE -> leScalar(a, ao, s, y, yo, n);
            case GT -> gtScalar(a, ao, s, y, yo, n);
            case GE -> geScalar(a, ao, s, y, yo, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void eq(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.EQ, load(b, bo + i)).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) == b.getAtIndex(Elements.F32, bo + i) ? 1 : 0));
        }
    }

    private static void ne(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.NE, load(b, bo + i)).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) != b.getAtIndex(Elements.F32, bo + i) ? 1 : 0));
        }
    }

    private static void lt(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.LT, load(b, bo + i)).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) < b.getAtIndex(Elements.F32, bo + i) ? 1 : 0));
        }
    }

    private static void le(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.LE, load(b, bo + i)).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) <= b.getAtIndex(Elements.F32, bo + i) ? 1 : 0));
        }
    }

    private static void eqScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.EQ, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) == s ? 1 : 0));
        }
    }

    private static void neScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.NE, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) != s ? 1 : 0));
        }
    }

    private static void ltScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.LT, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) < s ? 1 : 0));
        }
    }

    private static void leScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.LE, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) <= s ? 1 : 0));
        }
    }

    private static void gtScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.GT, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) > s ? 1 : 0));
        }
    }

    private static void geScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            write(load(a, ao + i).compare(VectorOperators.GE, s).toLong(), y, yo + i);
        }
        for (; i < n; i++) {
            y.set(Elements.I8, yo + i, (byte) (a.getAtIndex(Elements.F32, ao + i) >= s ? 1 : 0));
        }
    }

    private static void write(long bits, MemorySegment y, long at) {
        y.set(LONG, at, spread(bits & 0xff));
        if (LANES == 16) {
            y.set(LONG, at + 8, spread(bits >>> 8 & 0xff));
        }
    }

    /// Eight bits to eight bytes: each byte keeps the bit of its own number, and adding 127 carries it to the top.
    static long spread(long bits) {
        return ((bits * EACH & DIAGONAL) + LOW7) >>> 7 & EACH;
    }

    /// Eight bytes to eight bits, set where a byte is not 0.
    static long collect(long bytes) {
        long ones = ((bytes & LOW7) + LOW7 | bytes) >>> 7 & EACH;
        return ones * GATHER >>> 56;
    }

    private static VectorMask<Float> mask(MemorySegment c, long at) {
        long bits = collect(c.get(LONG, at));
        if (LANES == 16) {
            bits |= collect(c.get(LONG, at + 8)) << 8;
        }
        return VectorMask.fromLong(SPECIES, bits);
    }

    /// Chooses between words of 32 bits, whatever they mean. Each way of broadcasting is a loop of its own.
    static void select(MemorySegment c, long co, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        long whole = n / LANES * LANES;
        if (as == 1 && bs == 1) {
            both(c, co, a, ao, b, bo, y, yo, whole);
        } else if (as == 1) {
            left(c, co, a, ao, b.getAtIndex(Elements.F32, bo), y, yo, whole);
        } else if (bs == 1) {
            right(c, co, a.getAtIndex(Elements.F32, ao), b, bo, y, yo, whole);
        } else {
            neither(c, co, a.getAtIndex(Elements.F32, ao), b.getAtIndex(Elements.F32, bo), y, yo, whole);
        }
        for (long i = whole; i < n; i++) {
            boolean first = c.get(Elements.I8, co + i) != 0;
            PlainLoops.move(4, first ? a : b, first ? ao + i * as : bo + i * bs, y, yo + i);
        }
    }

    private static void both(MemorySegment c, long co, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(b, bo + i).blend(load(a, ao + i), mask(c, co + i)), y, yo + i);
        }
    }

    private static void left(MemorySegment c, long co, MemorySegment a, long ao, float b, MemorySegment y, long yo, long n) {
        var other = FloatVector.broadcast(SPECIES, b);
        for (long i = 0; i < n; i += LANES) {
            store(other.blend(load(a, ao + i), mask(c, co + i)), y, yo + i);
        }
    }

    private static void right(MemorySegment c, long co, float a, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        var other = FloatVector.broadcast(SPECIES, a);
        for (long i = 0; i < n; i += LANES) {
            store(load(b, bo + i).blend(other, mask(c, co + i)), y, yo + i);
        }
    }

    private static void neither(MemorySegment c, long co, float a, float b, MemorySegment y, long yo, long n) {
        var p = FloatVector.broadcast(SPECIES, a);
        var q = FloatVector.broadcast(SPECIES, b);
        for (long i = 0; i < n; i += LANES) {
            store(q.blend(p, mask(c, co + i)), y, yo + i);
        }
    }
}
