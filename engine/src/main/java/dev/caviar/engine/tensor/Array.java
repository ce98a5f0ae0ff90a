package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// A tensor that has a value: a buffer of native memory that nobody changes after it is made.
///
/// ```java
/// Array a = Tensor.of(1f, 2f, 3f).mul(2).array();
/// double[] values = a.toDoubleArray();     // 2, 4, 6
/// ```
public final class Array extends Tensor {
    private final Buffer buffer;
    private volatile @Nullable Watcher watcher;

    /// Who records what is done with an array; used to notice work on another thread, which a tape would lose.
    public interface Watcher {
        boolean active();

        Thread thread();
    }

    Array(Buffer buffer) {
        this.buffer = buffer;
    }

    static Array allocate(Type type) {
        return new Array(Pool.shared().allocate(type));
    }

    static Array of(Type type, float[] values) {
        var out = allocate(type);
        MemorySegment.copy(values, 0, out.buffer.memory(), ValueLayout.JAVA_FLOAT, 0, values.length);
        return out;
    }

    static Array of(Type type, double[] values) {
        var out = allocate(type);
        for (int i = 0; i < values.length; i++) {
            out.buffer.set(i, values[i]);
        }
        return out;
    }

    static Array of(Type type, long[] values) {
        var out = allocate(type);
        MemorySegment.copy(values, 0, out.buffer.memory(), ValueLayout.JAVA_LONG, 0, values.length);
        return out;
    }

    static Array of(Type type, boolean[] values) {
        var out = allocate(type);
        for (int i = 0; i < values.length; i++) {
            out.buffer.set(i, values[i] ? 1 : 0);
        }
        return out;
    }

    static Array rows(float[][] rows) {
        int width = rows.length == 0 ? 0 : rows[0].length;
        var out = allocate(Type.of(DType.F32, rows.length, width));
        for (int r = 0; r < rows.length; r++) {
            if (rows[r].length != width) {
                throw new ShapeException("Tensor.of: row " + r + " has " + rows[r].length + " numbers, row 0 has " + width + ".");
            }
            MemorySegment.copy(rows[r], 0, out.buffer.memory(), ValueLayout.JAVA_FLOAT, 4L * r * width, width);
        }
        return out;
    }

    static Array number(double value, DType dtype) {
        var out = allocate(new Type(dtype, Shape.SCALAR));
        out.buffer.set(0, value);
        return out;
    }

    @Override
    public Type type() {
        return buffer.type();
    }

    @Override
    public Array array() {
        return this;
    }

    /// The memory; read only.
    public Buffer buffer() {
        return buffer;
    }

    /// The elements in row-major order.
    public double[] toDoubleArray() {
        var out = new double[Math.toIntExact(buffer.size())];
        for (int i = 0; i < out.length; i++) {
            out[i] = buffer.at(i);
        }
        return out;
    }

    /// The elements of an integer tensor in row-major order; floats are cut towards zero.
    public long[] toLongArray() {
        var out = new long[Math.toIntExact(buffer.size())];
        for (int i = 0; i < out.length; i++) {
            out[i] = buffer.longAt(i);
        }
        return out;
    }

    /// Marks this array as recorded by a tape.
    public void watch(Watcher by) {
        watcher = by;
    }

    void checkThread(Op op) {
        var by = watcher;
        if (by != null && by.active() && by.thread() != Thread.currentThread()) {
            throw new TraceException(op.label() + " on a tensor that is watched by a gradient tape of thread \""
                    + by.thread().getName() + "\", called from thread \"" + Thread.currentThread().getName()
                    + "\": the tape would lose it.\nMaybe open a tape in each thread, or use stopGradient().");
        }
    }

    /// The type and, for up to 1,000 elements, the values; the first ones of more.
    @Override
    public String toString() {
        long shown = Math.min(buffer.size(), 1000);
        var out = new StringJoiner(", ", type() + " {", shown < buffer.size() ? ", …}" : "}");
        for (long i = 0; i < shown; i++) {
            out.add(switch (dtype()) {
                case F64 -> Double.toString(buffer.at(i));
                case F32, BF16, F16 -> Float.toString((float) buffer.at(i));
                case BOOL -> buffer.at(i) != 0 ? "true" : "false";
                default -> Long.toString(buffer.longAt(i));
            });
        }
        return out.toString();
    }
}
