package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Functions of one F32 number: one short loop per method, so that no vector is ever boxed.
///
/// The last elements are moved into a whole vector of their own and go through the same loop. Functions that the Vector API
/// takes from a library (logarithms, sines) are left out: they give other last digits before the loop is compiled than
/// after, and a training would depend on when that happens.
final class VectorUnary {
    private static final FloatVector ZERO = FloatVector.zero(SPECIES);
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);
    private static final ThreadLocal<MemorySegment> LAST = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(64, 64));

    private VectorUnary() {}

    /// Whether this function has a loop here.
    static boolean run(UnaryFn fn, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!whole(fn, x, xo, y, yo, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            MemorySegment.copy(x, (xo + whole) * 4, last, 0, rest * 4L);
            whole(fn, last, 0, last, 0, LANES);
            MemorySegment.copy(last, 0, y, (yo + whole) * 4, rest * 4L);
        }
        return true;
    }

    private static boolean whole(UnaryFn fn, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        switch (fn) {
            case NEG -> neg(x, xo, y, yo, n);
            case ABS -> abs(x, xo, y, yo, n);
            case EXP -> VectorExp.exp(x, xo, y, yo, n);
            case SQRT -> sqrt(x, xo, y, yo, n);
            case RSQRT -> rsqrt(x, xo, y, yo, n);
            case SQUARE -> square(x, xo, y, yo, n);
            case RECIPROCAL -> reciprocal(x, xo, y, yo, n);
            case TANH -> VectorExp.tanh(x, xo, y, yo, n);
            case SIGMOID -> VectorExp.sigmoid(x, xo, y, yo, n);
            case ERF -> VectorExp.erf(x, xo, y, yo, n);
            case RELU -> relu(x, xo, y, yo, n);
            case EXPM1, LOG, LOG1P, SIN, COS, SOFTPLUS, SIGN, FLOOR, CEIL, ROUND, NOT, NOT_FINITE -> {
                return false;
            }
        }
        return true;
    }

    private static void neg(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(v.neg(), y, yo + i);
        }
    }

    private static void abs(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(v.abs(), y, yo + i);
        }
    }

    private static void sqrt(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(v.sqrt(), y, yo + i);
        }
    }

    private static void rsqrt(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(ONE.div(v.sqrt()), y, yo + i);
        }
    }

    private static void square(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(v.mul(v), y, yo + i);
        }
    }

    private static void reciprocal(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(ONE.div(v), y, yo + i);
        }
    }

    private static void relu(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x, xo + i);
            store(v.max(ZERO), y, yo + i);
        }
    }
}
