package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;
import static dev.caviar.engine.kernel.VectorLoops.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Functions of one F32 number: a loop and its masked tail per method, small enough that no vector is ever boxed.
final class VectorUnary {
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);

    private VectorUnary() {}

    /// Whether this function has a loop here.
    static boolean run(UnaryFn fn, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        switch (fn) {
            case NEG -> neg(x, xo, y, yo, n);
            case ABS -> abs(x, xo, y, yo, n);
            case EXP -> exp(x, xo, y, yo, n);
            case EXPM1 -> expm1(x, xo, y, yo, n);
            case LOG -> log(x, xo, y, yo, n);
            case LOG1P -> log1p(x, xo, y, yo, n);
            case SQRT -> sqrt(x, xo, y, yo, n);
            case RSQRT -> rsqrt(x, xo, y, yo, n);
            case SQUARE -> square(x, xo, y, yo, n);
            case RECIPROCAL -> reciprocal(x, xo, y, yo, n);
            case SIN -> sin(x, xo, y, yo, n);
            case COS -> cos(x, xo, y, yo, n);
            case TANH -> tanh(x, xo, y, yo, n);
            case SIGMOID -> sigmoid(x, xo, y, yo, n);
            case SOFTPLUS -> softplus(x, xo, y, yo, n);
            case ERF -> erf(x, xo, y, yo, n);
            case RELU -> relu(x, xo, y, yo, n);
            case SIGN, FLOOR, CEIL, ROUND, NOT, NOT_FINITE -> {
                return false;
            }
        }
        return true;
    }

    private static void neg(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.neg(), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.neg(), y, yo + i, m);
        }
    }

    private static void abs(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.abs(), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.abs(), y, yo + i, m);
        }
    }

    private static void exp(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(VectorMath.exp(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(VectorMath.exp(v), y, yo + i, m);
        }
    }

    private static void expm1(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.lanewise(VectorOperators.EXPM1), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.lanewise(VectorOperators.EXPM1), y, yo + i, m);
        }
    }

    private static void log(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.lanewise(VectorOperators.LOG), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.lanewise(VectorOperators.LOG), y, yo + i, m);
        }
    }

    private static void log1p(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.lanewise(VectorOperators.LOG1P), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.lanewise(VectorOperators.LOG1P), y, yo + i, m);
        }
    }

    private static void sqrt(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.sqrt(), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.sqrt(), y, yo + i, m);
        }
    }

    private static void rsqrt(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(ONE.div(v.sqrt()), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(ONE.div(v.sqrt()), y, yo + i, m);
        }
    }

    private static void square(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.mul(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.mul(v), y, yo + i, m);
        }
    }

    private static void reciprocal(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(ONE.div(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(ONE.div(v), y, yo + i, m);
        }
    }

    private static void sin(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.lanewise(VectorOperators.SIN), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.lanewise(VectorOperators.SIN), y, yo + i, m);
        }
    }

    private static void cos(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.lanewise(VectorOperators.COS), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.lanewise(VectorOperators.COS), y, yo + i, m);
        }
    }

    private static void tanh(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(VectorMath.tanh(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(VectorMath.tanh(v), y, yo + i, m);
        }
    }

    private static void sigmoid(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(VectorMath.sigmoid(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(VectorMath.sigmoid(v), y, yo + i, m);
        }
    }

    private static void softplus(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(VectorMath.softplus(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(VectorMath.softplus(v), y, yo + i, m);
        }
    }

    private static void erf(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(VectorMath.erf(v), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(VectorMath.erf(v), y, yo + i, m);
        }
    }

    private static void relu(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            store(v.max(0f), y, yo + i);
        }
        if (i < n) {
            var m = tail(i, n);
            var v = load(x, xo + i, m);
            store(v.max(0f), y, yo + i, m);
        }
    }
}
