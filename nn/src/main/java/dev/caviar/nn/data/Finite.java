package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.function.LongFunction;

/// Looks for numbers that are none.
final class Finite {
    private static final int EXPONENT = 0x7f800000;

    private Finite() {}

    /// Throws [DataException] that names row and column where an F32 buffer has NaN or an infinity in its first axis' rows.
    static void check(Buffer buffer, String what, LongFunction<String> row) {
        long n = buffer.size();
        if (largest(buffer, 0, n) < EXPONENT) {
            return;
        }
        long width = n / buffer.type().shape().dim(0);
        for (long i = 0; i < n; i++) {
            if (largest(buffer, i, i + 1) >= EXPONENT) {
                throw at(buffer, i, what, row.apply(i / width));
            }
        }
    }

    /// The same for some rows only, by their places among these; other types have no such numbers.
    static void check(Buffer buffer, int[] rows, String what) {
        if (buffer.type().dtype() != DType.F32) {
            return;
        }
        long width = Examples.rowBytes(buffer) / Float.BYTES;
        for (int i = 0; i < rows.length; i++) {
            long from = rows[i] * width;
            if (largest(buffer, from, from + width) < EXPONENT) {
                continue;
            }
            for (long j = from; j < from + width; j++) {
                if (largest(buffer, j, j + 1) >= EXPONENT) {
                    throw at(buffer, j, what, "example " + i + (rows[i] == i ? "" : " (row " + rows[i] + ")"));
                }
            }
        }
    }

    /// The largest magnitude as its bits, which are in the order of the numbers, infinity and NaN last.
    private static int largest(Buffer buffer, long from, long to) {
        var memory = buffer.memory();
        int most = 0;
        for (long i = from; i < to; i++) {
            most = Math.max(most, memory.getAtIndex(ValueLayout.JAVA_INT, i) & 0x7fffffff);
        }
        return most;
    }

    private static DataException at(Buffer buffer, long i, String what, String row) {
        var shape = buffer.type().shape();
        return new DataException("The " + what + " of " + row + " have " + (float) buffer.at(i) + (shape.rank() == 1 ? "" : " in "
                + (shape.rank() == 2 ? "column " + i % shape.dim(1) : "place " + place(shape, i))) + ".",
                "Maybe a cell was empty or a division by zero made it: fill it in, or leave the row out.");
    }

    private static Shape place(Shape shape, long i) {
        var place = new ArrayList<Long>();
        for (int axis = shape.rank() - 1; axis > 0; axis--) {
            place.addFirst(i % shape.dim(axis));
            i /= shape.dim(axis);
        }
        return new Shape(place);
    }
}
