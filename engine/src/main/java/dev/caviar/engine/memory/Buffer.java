package dev.caviar.engine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A tensor's elements in native memory, row-major without gaps, 64-byte aligned, in the machine's byte order.
///
/// The memory belongs to whoever made it: a [Pool], or a program's arena.
///
/// ```java
/// Buffer zeros = Buffer.allocate(Type.of(DType.F32, 2, 3));
/// ```
public record Buffer(MemorySegment memory, Type type) {
    /// From this size on, memory is counted, and too much of it makes the collector look for what is no longer in use.
    private static final long COUNTED = 1 << 16;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE;

    /// A buffer of zeros that lives as long as something refers to it.
    public static Buffer allocate(Type type) {
        if (type.bytes() >= COUNTED) {
            return Pool.shared().zeros(type);
        }
        var memory = java.lang.foreign.Arena.ofAuto().allocate(Math.max(64, type.bytes()), 64);
        return new Buffer(memory, type);
    }

    /// The same memory, read as another type of at most the same size.
    public Buffer as(Type other) {
        return new Buffer(memory, other);
    }

    /// The number of elements.
    public long size() {
        return type.shape().size();
    }

    /// Element `i` in row-major order as a double: exact for every type but I64 past 2⁵³.
    public double at(long i) {
        return switch (type.dtype()) {
            case F32 -> memory.getAtIndex(F32, i);
            case F64 -> memory.getAtIndex(F64, i);
            case BF16 -> Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, i));
            case I64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, i);
            case I32 -> memory.getAtIndex(ValueLayout.JAVA_INT, i);
            case U8, BOOL -> memory.get(ValueLayout.JAVA_BYTE, i) & 0xff;
        };
    }

    /// Element `i` of an integer or boolean buffer; floats are cut towards zero.
    public long longAt(long i) {
        return type.dtype() == DType.I64 ? memory.getAtIndex(ValueLayout.JAVA_LONG, i) : (long) at(i);
    }

    /// Sets element `i`, rounded to the nearest value of the type; integers are cut towards zero.
    public void set(long i, double value) {
        switch (type.dtype()) {
            case F32 -> memory.setAtIndex(F32, i, (float) value);
            case F64 -> memory.setAtIndex(F64, i, value);
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, bfloat((float) value));
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16((float) value));
            case I64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, i, (long) value);
            case I32 -> memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
            case U8 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) value);
            case BOOL -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) (value != 0 ? 1 : 0));
        }
    }

    /// Sets element `i` of an integer buffer without passing through a double.
    public void setLong(long i, long value) {
        if (type.dtype() == DType.I64) {
            memory.setAtIndex(ValueLayout.JAVA_LONG, i, value);
        } else {
            set(i, value);
        }
    }

    /// Copies all elements from a buffer of the same type.
    public void copyFrom(Buffer other) {
        if (!other.type.equals(type)) {
            throw new IllegalArgumentException("copyFrom: this buffer is " + type + ", the other " + other.type + ".");
        }
        MemorySegment.copy(other.memory, 0, memory, 0, type.bytes());
    }

    /// Round to nearest even, as the hardware does; NaN stays NaN.
    private static short bfloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
