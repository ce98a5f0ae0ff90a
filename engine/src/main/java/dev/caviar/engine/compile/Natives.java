package dev.caviar.engine.compile;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// What compiled kernels call for one element; addresses are in bytes.
///
/// All of memory is one constant segment: a load through a segment that the compiler knows costs its address, through one that
/// it does not, several times that.
final class Natives {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfLong BYTES = I64.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long EACH = 0x0101010101010101L;
    private static final long LOW7 = 0x7f7f7f7f7f7f7f7fL;
    private static final long DIAGONAL = 0x8040201008040201L;
    private static final long GATHER = 0x0102040810204080L;

    private Natives() {}

    static float f32(long at) {
        return ALL.get(F32, at);
    }

    static float bf16(long at) {
        return Float.intBitsToFloat(ALL.get(I16, at) << 16);
    }

    static float f16(long at) {
        return Float.float16ToFloat(ALL.get(I16, at));
    }

    static double f64(long at) {
        return ALL.get(F64, at);
    }

    static long i64(long at) {
        return ALL.get(I64, at);
    }

    static int i32(long at) {
        return ALL.get(I32, at);
    }

    static int u8(long at) {
        return ALL.get(I8, at) & 0xff;
    }

    static int bool(long at) {
        return ALL.get(I8, at) == 0 ? 0 : 1;
    }

    static void f32(long at, float value) {
        ALL.set(F32, at, value);
    }

    /// For a value that is rounded to 16 bits already.
    static void bf16(long at, float value) {
        ALL.set(I16, at, (short) (Float.floatToRawIntBits(value) >>> 16));
    }

    static void f16(long at, float value) {
        ALL.set(I16, at, Float.floatToFloat16(value));
    }

    static void f64(long at, double value) {
        ALL.set(F64, at, value);
    }

    static void i64(long at, long value) {
        ALL.set(I64, at, value);
    }

    static void i32(long at, int value) {
        ALL.set(I32, at, value);
    }

    static void u8(long at, int value) {
        ALL.set(I8, at, (byte) value);
    }

    /// Eight bytes as eight bits, set where a byte is not 0.
    static long bits(long at) {
        long bytes = ALL.get(BYTES, at);
        long ones = ((bytes & LOW7) + LOW7 | bytes) >>> 7 & EACH;
        return ones * GATHER >>> 56;
    }

    /// Eight bits as eight bytes: each byte keeps the bit of its own number, and adding 127 carries it to the top.
    static void bits(long at, long bits) {
        ALL.set(BYTES, at, (((bits & 0xff) * EACH & DIAGONAL) + LOW7) >>> 7 & EACH);
    }

    /// A number whose exponent is below that of normal ones becomes zero of its sign.
    static float flushed(float value) {
        return Math.abs(value) < Float.MIN_NORMAL ? Float.intBitsToFloat(Float.floatToRawIntBits(value) & Integer.MIN_VALUE) : value;
    }

    static float half(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }

    /// Whether `v` is the new largest, for which NaN counts; of equals the first one stays.
    static boolean above(float v, float best) {
        return v > best || v != v && best == best;
    }

    static boolean above(double v, double best) {
        return v > best || v != v && best == best;
    }

    static boolean above(long v, long best) {
        return v > best;
    }

    /// Whether `v` is the new smallest; any number is below NaN.
    static boolean below(float v, float best) {
        return v < best || best != best && v == v;
    }

    static boolean below(double v, double best) {
        return v < best || best != best && v == v;
    }

    static boolean below(long v, long best) {
        return v < best;
    }

    /// Whole numbers divided; by 0 what their quotient as floats is cut to.
    static int quotient(int a, int b) {
        return b == 0 ? (int) ((double) a / b) : a / b;
    }

    static long quotient(long a, long b) {
        return b == 0 ? (long) ((double) a / b) : a / b;
    }

    static int power(int base, int exponent) {
        return exponent < 0 ? (int) Math.pow(base, exponent) : (int) power((long) base, exponent);
    }

    static long power(long base, long exponent) {
        if (exponent < 0) {
            return (long) Math.pow(base, exponent);
        }
        long result = 1;
        for (long e = exponent, b = base; e != 0; e >>= 1, b *= b) {
            if ((e & 1) != 0) {
                result *= b;
            }
        }
        return result;
    }
}
