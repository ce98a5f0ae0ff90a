package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One element of any type, read and written as a double or as a long: the slow path that every type has.
final class Elements {
    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE;
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT;
    static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    private Elements() {}

    static double get(DType dtype, MemorySegment s, long i) {
        return switch (dtype) {
            case F32 -> s.getAtIndex(F32, i);
            case F64 -> s.getAtIndex(F64, i);
            case BF16 -> Float.intBitsToFloat(s.getAtIndex(I16, i) << 16);
            case F16 -> Float.float16ToFloat(s.getAtIndex(I16, i));
            case I64 -> s.getAtIndex(I64, i);
            case I32 -> s.getAtIndex(I32, i);
            case U8, BOOL -> s.get(I8, i) & 0xff;
        };
    }

    /// Floats are rounded to the nearest value, integers cut towards zero; U8 keeps the low bits of the integer.
    static void set(DType dtype, MemorySegment s, long i, double value) {
        switch (dtype) {
            case F32 -> s.setAtIndex(F32, i, (float) value);
            case F64 -> s.setAtIndex(F64, i, value);
            case BF16 -> s.setAtIndex(I16, i, bfloat((float) value));
            case F16 -> s.setAtIndex(I16, i, Float.floatToFloat16((float) value));
            case I64 -> s.setAtIndex(I64, i, (long) value);
            case I32 -> s.setAtIndex(I32, i, (int) value);
            case U8 -> s.set(I8, i, (byte) value);
            case BOOL -> s.set(I8, i, (byte) (value != 0 ? 1 : 0));
        }
    }

    static long getLong(DType dtype, MemorySegment s, long i) {
        return switch (dtype) {
            case I64 -> s.getAtIndex(I64, i);
            case I32 -> s.getAtIndex(I32, i);
            case U8, BOOL -> s.get(I8, i) & 0xff;
            case F32, F64, BF16, F16 -> (long) get(dtype, s, i);
        };
    }

    /// Narrow integers keep the low bits, as Java's arithmetic does.
    static void setLong(DType dtype, MemorySegment s, long i, long value) {
        switch (dtype) {
            case I64 -> s.setAtIndex(I64, i, value);
            case I32 -> s.setAtIndex(I32, i, (int) value);
            case U8 -> s.set(I8, i, (byte) value);
            case BOOL -> s.set(I8, i, (byte) (value != 0 ? 1 : 0));
            case F32, F64, BF16, F16 -> set(dtype, s, i, value);
        }
    }

    /// Rounds to nearest even, as the hardware does; NaN stays NaN.
    static short bfloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
