package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;
import static dev.caviar.engine.kernel.VectorLoops.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// Sums and extremes of F32, in an order that is fixed: lanes are folded in halves, never by an operation that may choose.
final class VectorReduce {
    /// So many terms go into a float before the sum moves on into a wider one: the error stays near that of a short sum.
    private static final int BLOCK = 128;
    private static final VectorShuffle<Float> BY_8 = half(8);
    private static final VectorShuffle<Float> BY_4 = half(4);
    private static final VectorShuffle<Float> BY_2 = half(2);
    private static final VectorShuffle<Float> BY_1 = half(1);

    private VectorReduce() {}

    private static VectorShuffle<Float> half(int distance) {
        return VectorShuffle.fromOp(SPECIES, i -> (i + distance) % LANES);
    }

    /// Reduces each row of x [outer, middle].
    static void rows(ReduceFn fn, MemorySegment x, MemorySegment y, long outer, long middle) {
        for (long o = 0; o < outer; o++) {
            y.setAtIndex(Elements.F32, o, switch (fn) {
                case SUM -> sum(x, o * middle, middle);
                case MAX -> max(x, o * middle, middle);
                case MIN -> min(x, o * middle, middle);
                case PROD -> throw new AssertionError("products are plain");
            });
        }
    }

    private static float sum(MemorySegment x, long from, long n) {
        double total = 0;
        long i = 0;
        for (; i <= n - BLOCK * 4; i += BLOCK * 4) {
            total += block(x, from + i);
        }
        return (float) (total + rest(x, from + i, n - i));
    }

    /// 512 terms in four accumulators.
    private static float block(MemorySegment x, long from) {
        var a = FloatVector.zero(SPECIES);
        var b = a;
        var c = a;
        var d = a;
        for (int i = 0; i < BLOCK * 4; i += 4 * LANES) {
            a = a.add(load(x, from + i));
            b = b.add(load(x, from + i + LANES));
            c = c.add(load(x, from + i + 2 * LANES));
            d = d.add(load(x, from + i + 3 * LANES));
        }
        return foldSum(a.add(b).add(c.add(d)));
    }

    private static float rest(MemorySegment x, long from, long n) {
        var a = FloatVector.zero(SPECIES);
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            a = a.add(load(x, from + i));
        }
        if (i < n) {
            a = a.add(load(x, from + i, tail(i, n)));
        }
        return foldSum(a);
    }

    private static float foldSum(FloatVector v) {
        if (LANES >= 16) {
            v = v.add(v.rearrange(BY_8));
        }
        if (LANES >= 8) {
            v = v.add(v.rearrange(BY_4));
        }
        if (LANES >= 4) {
            v = v.add(v.rearrange(BY_2));
        }
        return v.add(v.rearrange(BY_1)).lane(0);
    }

    private static float max(MemorySegment x, long from, long n) {
        var a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            a = a.max(load(x, from + i));
        }
        if (i < n) {
            var m = tail(i, n);
            a = a.max(FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY).blend(load(x, from + i, m), m));
        }
        return a.reduceLanes(VectorOperators.MAX);
    }

    private static float min(MemorySegment x, long from, long n) {
        var a = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            a = a.min(load(x, from + i));
        }
        if (i < n) {
            var m = tail(i, n);
            a = a.min(FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY).blend(load(x, from + i, m), m));
        }
        return a.reduceLanes(VectorOperators.MIN);
    }

    /// Reduces the middle axis of x [outer, middle, inner]: rows run under each other, a vector of columns at a time.
    static void columns(ReduceFn fn, MemorySegment x, MemorySegment y, long outer, long middle, long inner) {
        for (long o = 0; o < outer; o++) {
            long from = o * middle * inner;
            long j = 0;
            for (; j <= inner - LANES; j += LANES) {
                column(fn, x, from + j, middle, inner, y, o * inner + j);
            }
            if (j < inner) {
                column(fn, x, from + j, middle, inner, y, o * inner + j, tail(j, inner));
            }
        }
    }

    private static void column(ReduceFn fn, MemorySegment x, long from, long n, long step, MemorySegment y, long to) {
        switch (fn) {
            case SUM -> sumColumn(x, from, n, step, y, to);
            case MAX -> maxColumn(x, from, n, step, y, to);
            case MIN -> minColumn(x, from, n, step, y, to);
            case PROD -> throw new AssertionError("products are plain");
        }
    }

    private static void column(ReduceFn fn, MemorySegment x, long from, long n, long step, MemorySegment y, long to, VectorMask<Float> m) {
        switch (fn) {
            case SUM -> sumColumn(x, from, n, step, y, to, m);
            case MAX -> maxColumn(x, from, n, step, y, to, m);
            case MIN -> minColumn(x, from, n, step, y, to, m);
            case PROD -> throw new AssertionError("products are plain");
        }
    }

    /// Blocks are added up with Kahan's compensation, lane by lane.
    private static void sumColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to) {
        var total = FloatVector.zero(SPECIES);
        var lost = total;
        for (long k = 0; k < n; k += BLOCK) {
            var sum = FloatVector.zero(SPECIES);
            long end = Math.min(n, k + BLOCK);
            for (long i = k; i < end; i++) {
                sum = sum.add(load(x, from + i * step));
            }
            var part = sum.sub(lost);
            var next = total.add(part);
            lost = finite(next.sub(total).sub(part));
            total = next;
        }
        store(total, y, to);
    }

    private static void sumColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to, VectorMask<Float> m) {
        var total = FloatVector.zero(SPECIES);
        var lost = total;
        for (long k = 0; k < n; k += BLOCK) {
            var sum = FloatVector.zero(SPECIES);
            long end = Math.min(n, k + BLOCK);
            for (long i = k; i < end; i++) {
                sum = sum.add(load(x, from + i * step, m));
            }
            var part = sum.sub(lost);
            var next = total.add(part);
            lost = finite(next.sub(total).sub(part));
            total = next;
        }
        store(total, y, to, m);
    }

    /// Past infinity there is nothing to compensate.
    private static FloatVector finite(FloatVector lost) {
        return lost.blend(0f, lost.test(VectorOperators.IS_NAN));
    }

    private static void maxColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to) {
        var a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (long i = 0; i < n; i++) {
            a = a.max(load(x, from + i * step));
        }
        store(a, y, to);
    }

    private static void maxColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to, VectorMask<Float> m) {
        var a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (long i = 0; i < n; i++) {
            a = a.max(load(x, from + i * step, m));
        }
        store(a, y, to, m);
    }

    private static void minColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to) {
        var a = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
        for (long i = 0; i < n; i++) {
            a = a.min(load(x, from + i * step));
        }
        store(a, y, to);
    }

    private static void minColumn(MemorySegment x, long from, long n, long step, MemorySegment y, long to, VectorMask<Float> m) {
        var a = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
        for (long i = 0; i < n; i++) {
            a = a.min(load(x, from + i * step, m));
        }
        store(a, y, to, m);
    }
}
