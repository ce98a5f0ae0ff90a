package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.Elements.F32;
import static dev.caviar.engine.kernel.Elements.F64;
import static dev.caviar.engine.kernel.Elements.I8;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;

/// The loops in plain Java: floats through double precision and one rounding, integers through long.
///
/// For the four operations and the square root that gives the same bits as float arithmetic (Figueroa, "When is double
/// rounding innocuous?", 1995), so the direct F32 loops below and the general ones agree.
final class PlainLoops implements Loops {
    static final PlainLoops INSTANCE = new PlainLoops();

    private PlainLoops() {}

    @Override
    public void unary(UnaryFn fn, DType dtype, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        if (fn == UnaryFn.NOT || fn == UnaryFn.NOT_FINITE) {
            for (long i = 0; i < n; i++) {
                y.set(I8, yo + i, (byte) fn.apply(Elements.get(dtype, x, xo + i)));
            }
        } else if (dtype == DType.F32) {
            unaryF32(fn, x, xo, y, yo, n);
        } else if (dtype.isFloat()) {
            for (long i = 0; i < n; i++) {
                Elements.set(dtype, y, yo + i, fn.apply(Elements.get(dtype, x, xo + i)));
            }
        } else {
            for (long i = 0; i < n; i++) {
                unaryLong(fn, dtype, x, xo + i, y, yo + i);
            }
        }
    }

    private static void unaryF32(UnaryFn fn, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        switch (fn) {
            case NEG -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, -x.getAtIndex(F32, xo + i));
                }
            }
            case SQUARE -> {
                for (long i = 0; i < n; i++) {
                    float v = x.getAtIndex(F32, xo + i);
                    y.setAtIndex(F32, yo + i, v * v);
                }
            }
            case SQRT -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, (float) Math.sqrt(x.getAtIndex(F32, xo + i)));
                }
            }
            case RELU -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, Math.max(x.getAtIndex(F32, xo + i), 0f));
                }
            }
            case EXP -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, (float) Math.exp(x.getAtIndex(F32, xo + i)));
                }
            }
            default -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, (float) fn.apply(x.getAtIndex(F32, xo + i)));
                }
            }
        }
    }

    private static void unaryLong(UnaryFn fn, DType dtype, MemorySegment x, long i, MemorySegment y, long j) {
        long v = Elements.getLong(dtype, x, i);
        switch (fn) {
            case NEG -> Elements.setLong(dtype, y, j, -v);
            case ABS -> Elements.setLong(dtype, y, j, Math.abs(v));
            case SIGN -> Elements.setLong(dtype, y, j, Long.signum(v));
            case SQUARE -> Elements.setLong(dtype, y, j, v * v);
            case RELU -> Elements.setLong(dtype, y, j, Math.max(v, 0));
            case FLOOR, CEIL, ROUND -> Elements.setLong(dtype, y, j, v);
            default -> Elements.set(dtype, y, j, fn.apply(v));
        }
    }

    @Override
    public void binary(BinaryFn fn, DType dtype, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        if (!dtype.isFloat()) {
            var out = fn.isPredicate() ? DType.BOOL : dtype;
            for (long i = 0; i < n; i++) {
                binaryLong(fn, dtype, a, ao + i * as, b, bo + i * bs, out, y, yo + i);
            }
        } else if (fn.isPredicate()) {
            for (long i = 0; i < n; i++) {
                y.set(I8, yo + i, (byte) fn.apply(Elements.get(dtype, a, ao + i * as), Elements.get(dtype, b, bo + i * bs)));
            }
        } else if (dtype == DType.F32) {
            binaryF32(fn, a, ao, as, b, bo, bs, y, yo, n);
        } else {
            for (long i = 0; i < n; i++) {
                Elements.set(dtype, y, yo + i,
                        fn.apply(Elements.get(dtype, a, ao + i * as), Elements.get(dtype, b, bo + i * bs)));
            }
        }
    }

    private static void binaryF32(BinaryFn fn, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs,
            MemorySegment y, long yo, long n) {
        switch (fn) {
            case ADD -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, a.getAtIndex(F32, ao + i * as) + b.getAtIndex(F32, bo + i * bs));
                }
            }
            case SUB -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, a.getAtIndex(F32, ao + i * as) - b.getAtIndex(F32, bo + i * bs));
                }
            }
            case MUL -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, a.getAtIndex(F32, ao + i * as) * b.getAtIndex(F32, bo + i * bs));
                }
            }
            case DIV -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i, a.getAtIndex(F32, ao + i * as) / b.getAtIndex(F32, bo + i * bs));
                }
            }
            default -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F32, yo + i,
                            (float) fn.apply(a.getAtIndex(F32, ao + i * as), b.getAtIndex(F32, bo + i * bs)));
                }
            }
        }
    }

    private static void binaryLong(BinaryFn fn, DType dtype, MemorySegment a, long ai, MemorySegment b, long bi,
            DType out, MemorySegment y, long yi) {
        long p = Elements.getLong(dtype, a, ai);
        long q = Elements.getLong(dtype, b, bi);
        if (fn == BinaryFn.DIV && q == 0 || fn == BinaryFn.POW && q < 0) {
            // What has no integer value is what a double cut to the type would be.
            Elements.set(out, y, yi, fn.apply(p, q));
            return;
        }
        long r = switch (fn) {
            case ADD -> p + q;
            case SUB -> p - q;
            case MUL -> p * q;
            case DIV -> p / q;
            case POW -> power(p, q);
            case MAX -> Math.max(p, q);
            case MIN -> Math.min(p, q);
            case EQ -> p == q ? 1 : 0;
            case NE -> p != q ? 1 : 0;
            case LT -> p < q ? 1 : 0;
            case LE -> p <= q ? 1 : 0;
            case GT -> p > q ? 1 : 0;
            case GE -> p >= q ? 1 : 0;
            case AND -> p != 0 && q != 0 ? 1 : 0;
            case OR -> p != 0 || q != 0 ? 1 : 0;
        };
        Elements.setLong(out, y, yi, r);
    }

    private static long power(long base, long exponent) {
        long result = 1;
        for (long e = exponent, b = base; e != 0; e >>= 1, b *= b) {
            if ((e & 1) != 0) {
                result *= b;
            }
        }
        return result;
    }

    @Override
    public void select(DType dtype, MemorySegment c, long co, int cs, MemorySegment a, long ao, int as,
            MemorySegment b, long bo, int bs, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i++) {
            boolean first = c.get(I8, co + i * cs) != 0;
            move(dtype.bytes(), first ? a : b, first ? ao + i * as : bo + i * bs, y, yo + i);
        }
    }

    /// Moves one element without looking at its value.
    static void move(int bytes, MemorySegment x, long i, MemorySegment y, long j) {
        switch (bytes) {
            case 8 -> y.setAtIndex(Elements.I64, j, x.getAtIndex(Elements.I64, i));
            case 4 -> y.setAtIndex(Elements.I32, j, x.getAtIndex(Elements.I32, i));
            case 2 -> y.setAtIndex(Elements.I16, j, x.getAtIndex(Elements.I16, i));
            default -> y.set(I8, j, x.get(I8, i));
        }
    }

    @Override
    public void cast(DType from, MemorySegment x, long xo, DType to, MemorySegment y, long yo, long n) {
        if (from == to) {
            copy(from, x, xo, 1, y, yo, n);
        } else if (from.isFloat() || to.isFloat()) {
            for (long i = 0; i < n; i++) {
                Elements.set(to, y, yo + i, Elements.get(from, x, xo + i));
            }
        } else {
            for (long i = 0; i < n; i++) {
                Elements.setLong(to, y, yo + i, Elements.getLong(from, x, xo + i));
            }
        }
    }

    @Override
    public void copy(DType dtype, MemorySegment x, long xo, int xs, MemorySegment y, long yo, long n) {
        int bytes = dtype.bytes();
        if (xs == 1) {
            MemorySegment.copy(x, xo * bytes, y, yo * bytes, n * bytes);
            return;
        }
        for (long i = 0; i < n; i++) {
            move(bytes, x, xo, y, yo + i);
        }
    }

    @Override
    public void reduce(ReduceFn fn, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner) {
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < inner; i++) {
                long from = o * middle * inner + i;
                long to = o * inner + i;
                if (dtype == DType.F32 && fn == ReduceFn.SUM) {
                    y.setAtIndex(F32, to, (float) sumF32(x, from, middle, inner));
                } else if (dtype == DType.F64 && fn == ReduceFn.SUM) {
                    y.setAtIndex(F64, to, sumF64(x, from, middle, inner));
                } else if (dtype.isFloat()) {
                    Elements.set(dtype, y, to, reduceFloat(fn, dtype, x, from, middle, inner));
                } else {
                    Elements.setLong(dtype, y, to, reduceLong(fn, dtype, x, from, middle, inner));
                }
            }
        }
    }

    private static long argF32(boolean largest, MemorySegment x, long from, long count, long step) {
        long best = 0;
        float value = x.getAtIndex(F32, from);
        for (long k = 1, at = from + step; k < count; k++, at += step) {
            float v = x.getAtIndex(F32, at);
            boolean better = largest ? v > value || v != v && value == value : v < value || value != value && v == v;
            if (better) {
                best = k;
                value = v;
            }
        }
        return best;
    }

    private static double sumF32(MemorySegment x, long from, long count, long step) {
        double sum = 0;
        for (long k = 0, at = from; k < count; k++, at += step) {
            sum += x.getAtIndex(F32, at);
        }
        return sum;
    }

    /// Neumaier's compensated sum, so that the oracle is better than what it judges; infinite terms need the plain sum.
    private static double sumF64(MemorySegment x, long from, long count, long step) {
        double sum = 0;
        double lost = 0;
        for (long k = 0, at = from; k < count; k++, at += step) {
            double v = x.getAtIndex(F64, at);
            double next = sum + v;
            lost += Math.abs(sum) >= Math.abs(v) ? (sum - next) + v : (v - next) + sum;
            sum = next;
        }
        return Double.isFinite(lost) ? sum + lost : sum;
    }

    private static double reduceFloat(ReduceFn fn, DType dtype, MemorySegment x, long from, long count, long step) {
        double value = switch (fn) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
        };
        for (long k = 0, at = from; k < count; k++, at += step) {
            double v = Elements.get(dtype, x, at);
            value = switch (fn) {
                case SUM -> value + v;
                case PROD -> value * v;
                case MAX -> Math.max(value, v);
                case MIN -> Math.min(value, v);
            };
        }
        return value;
    }

    private static long reduceLong(ReduceFn fn, DType dtype, MemorySegment x, long from, long count, long step) {
        long value = switch (fn) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> least(dtype);
            case MIN -> most(dtype);
        };
        for (long k = 0, at = from; k < count; k++, at += step) {
            long v = Elements.getLong(dtype, x, at);
            value = switch (fn) {
                case SUM -> value + v;
                case PROD -> value * v;
                case MAX -> Math.max(value, v);
                case MIN -> Math.min(value, v);
            };
        }
        return value;
    }

    private static long least(DType dtype) {
        return dtype == DType.I64 ? Long.MIN_VALUE : dtype == DType.I32 ? Integer.MIN_VALUE : 0;
    }

    private static long most(DType dtype) {
        return dtype == DType.I64 ? Long.MAX_VALUE : dtype == DType.I32 ? Integer.MAX_VALUE : dtype == DType.U8 ? 255 : 1;
    }

    @Override
    public void argReduce(boolean largest, DType dtype, MemorySegment x, MemorySegment y, long outer, long middle, long inner) {
        if (middle == 0 && outer * inner > 0) {
            throw new IllegalArgumentException("argReduce over an axis of length 0: there is no element to point at.");
        }
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < inner; i++) {
                long from = o * middle * inner + i;
                y.setAtIndex(Elements.I64, o * inner + i, dtype == DType.F32
                        ? argF32(largest, x, from, middle, inner)
                        : dtype.isFloat() ? argFloat(largest, dtype, x, from, middle, inner)
                        : argLong(largest, dtype, x, from, middle, inner));
            }
        }
    }

    private static long argFloat(boolean largest, DType dtype, MemorySegment x, long from, long count, long step) {
        long best = 0;
        double value = Elements.get(dtype, x, from);
        for (long k = 1, at = from + step; k < count; k++, at += step) {
            double v = Elements.get(dtype, x, at);
            // NaN is above every number, and the first NaN stays.
            boolean better = largest ? v > value || v != v && value == value : v < value || value != value && v == v;
            if (better) {
                best = k;
                value = v;
            }
        }
        return best;
    }

    private static long argLong(boolean largest, DType dtype, MemorySegment x, long from, long count, long step) {
        long best = 0;
        long value = Elements.getLong(dtype, x, from);
        for (long k = 1, at = from + step; k < count; k++, at += step) {
            long v = Elements.getLong(dtype, x, at);
            if (largest ? v > value : v < value) {
                best = k;
                value = v;
            }
        }
        return best;
    }
}
