package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.ALL;
import static dev.caviar.engine.kernel.VectorLoops.INTS;
import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

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
    static boolean run(UnaryFn fn, long x, long y, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!whole(fn, x, y, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            long at = last.address() / 4;
            MemorySegment.copy(ALL, (x + whole) * 4, last, 0, rest * 4L);
            whole(fn, at, at, LANES);
            MemorySegment.copy(last, 0, ALL, (y + whole) * 4, rest * 4L);
        }
        return true;
    }

    private static boolean whole(UnaryFn fn, long x, long y, long n) {
        switch (fn) {
            case NEG -> neg(x, y, n);
            case ABS -> abs(x, y, n);
            case EXP -> VectorExp.exp(x, y, n);
            case SQRT -> sqrt(x, y, n);
            case RSQRT -> rsqrt(x, y, n);
            case SQUARE -> square(x, y, n);
            case RECIPROCAL -> reciprocal(x, y, n);
            case TANH -> VectorExp.tanh(x, y, n);
            case SIGMOID -> VectorExp.sigmoid(x, y, n);
            case ERF -> VectorExp.erf(x, y, n);
            case RELU -> relu(x, y, n);
            case ROUND_BF16 -> roundBrain(x, y, n);
            case ROUND_F16 -> roundHalf(x, y, n);
            case EXPM1, LOG, LOG1P, SIN, COS, SOFTPLUS, SIGN, FLOOR, CEIL, ROUND, NOT, NOT_FINITE -> {
                return false;
            }
        }
        return true;
    }

    private static void neg(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(v.neg(), y + i);
        }
    }

    private static void abs(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(v.abs(), y + i);
        }
    }

    private static void sqrt(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(v.sqrt(), y + i);
        }
    }

    private static void rsqrt(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(ONE.div(v.sqrt()), y + i);
        }
    }

    private static void square(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(v.mul(v), y + i);
        }
    }

    private static void reciprocal(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(ONE.div(v), y + i);
        }
    }

    /// To nearest even by adding just under half of the last place, or half where that is odd; NaN gets its quiet bit.
    private static void roundBrain(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var bits = v.reinterpretAsInts();
            var rounded = bits.add(bits.lanewise(VectorOperators.LSHR, 16).and(1)).add(0x7fff);
            var nan = v.test(VectorOperators.IS_NAN).cast(INTS);
            store(rounded.blend(bits.or(0x400000), nan).and(0xffff0000).reinterpretAsFloats(), y + i);
        }
    }

    /// As above; numbers below 2⁻¹⁴ are rounded to multiples of 2⁻²⁴, which is what the last place of a half is.
    private static void roundHalf(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var size = v.abs();
            var bits = size.reinterpretAsInts();
            var normal = bits.add(bits.lanewise(VectorOperators.LSHR, 13).and(1)).add(0xfff).and(~0x1fff).reinterpretAsFloats();
            var small = size.add(0.5f).sub(0.5f);
            var rounded = normal.blend(Float.POSITIVE_INFINITY, normal.compare(VectorOperators.GT, 65504f))
                    .blend(small, size.compare(VectorOperators.LT, 0x1p-14f)).reinterpretAsInts();
            var sign = v.reinterpretAsInts().and(0x80000000);
            store(rounded.or(sign).reinterpretAsFloats().blend(v, v.test(VectorOperators.IS_NAN)), y + i);
        }
    }

    private static void relu(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            store(v.max(ZERO), y + i);
        }
    }
}
