package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;

/// Routines that go where indices point: gathering and adding rows, one-hot rows, sorting.
///
/// Indices are I32 or I64 and count from 0; one outside its bound throws [IndexOutOfBoundsException] that names the index,
/// where it stands and the bound. Offsets and counts are in elements.
///
/// ```java
/// var labels = MemorySegment.ofArray(new int[] {2, 0});
/// var rows = MemorySegment.ofArray(new float[6]);
/// Indexing.oneHot(DType.I32, labels, 0, 2, 3, DType.F32, rows, 0);     // 0 0 1 | 1 0 0
/// ```
public final class Indexing {
    private Indexing() {}

    /// y[i, :] = x[index[i], :], where x has `bound` rows of `row` elements.
    public static void gatherRows(DType dtype, MemorySegment x, long xo, long bound, long row,
            DType indexType, MemorySegment index, long io, long n, MemorySegment y, long yo) {
        int bytes = dtype.bytes();
        for (long i = 0; i < n; i++) {
            long at = index("gather", indexType, index, io, i, bound);
            if (row == 1) {
                PlainLoops.move(bytes, x, xo + at, y, yo + i);
            } else {
                MemorySegment.copy(x, (xo + at * row) * bytes, y, (yo + i * row) * bytes, row * bytes);
            }
        }
    }

    /// y[index[i], :] += x[i, :] in the order of i, so that the result does not depend on threads; y has `bound` rows.
    public static void scatterAddRows(DType dtype, MemorySegment x, long xo, DType indexType, MemorySegment index, long io, long n,
            MemorySegment y, long yo, long bound, long row) {
        var loops = Provider.best().loops();
        for (long i = 0; i < n; i++) {
            long to = yo + index("scatter-add", indexType, index, io, i, bound) * row;
            if (row == 1 && dtype == DType.F32) {
                y.setAtIndex(Elements.F32, to, y.getAtIndex(Elements.F32, to) + x.getAtIndex(Elements.F32, xo + i));
            } else {
                loops.binary(BinaryFn.ADD, dtype, y, to, 1, x, xo + i * row, 1, y, to, row);
            }
        }
    }

    /// y[i, j] = 1 where index[i] = j, else 0, with rows of `depth` elements.
    public static void oneHot(DType indexType, MemorySegment index, long io, long n, long depth,
            DType dtype, MemorySegment y, long yo) {
        int bytes = dtype.bytes();
        long length = n * depth * bytes;
        (yo == 0 && y.byteSize() == length ? y : y.asSlice(yo * bytes, length)).fill((byte) 0);
        for (long i = 0; i < n; i++) {
            Elements.set(dtype, y, yo + i * depth + index("one-hot", indexType, index, io, i, depth), 1);
        }
    }

    /// Per row of x [rows, n] the indices that sort it, as I64: equal elements keep their order, NaN comes last either way.
    public static void argsort(boolean descending, DType dtype, MemorySegment x, long xo, MemorySegment y, long yo, long rows, long n) {
        int length = Math.toIntExact(n);
        var keys = new long[length];
        var order = new int[length];
        var scratch = new int[length];
        for (long r = 0; r < rows; r++) {
            for (int i = 0; i < length; i++) {
                keys[i] = key(descending, dtype, x, xo + r * n + i);
                order[i] = i;
            }
            int[] sorted = mergeSort(keys, order, scratch);
            for (int i = 0; i < length; i++) {
                y.setAtIndex(Elements.I64, yo + r * n + i, sorted[i]);
            }
        }
    }

    private static long index(String operation, DType indexType, MemorySegment index, long io, long i, long bound) {
        long at = indexType == DType.I32 ? index.getAtIndex(Elements.I32, io + i) : Elements.getLong(indexType, index, io + i);
        if (at < 0 || at >= bound) {
            throw new IndexOutOfBoundsException(operation + ": index " + at + " at position " + i + " is outside [0, " + bound + ")."
                    + "\nMaybe what is numbered from 1 should be numbered from 0, or there is more of it than there are rows to choose from.");
        }
        return at;
    }

    /// A long that sorts as the element does.
    private static long key(boolean descending, DType dtype, MemorySegment x, long i) {
        if (!dtype.isFloat()) {
            long v = Elements.getLong(dtype, x, i);
            return descending ? ~v : v;
        }
        double v = Elements.get(dtype, x, i);
        if (Double.isNaN(v)) {
            return Long.MAX_VALUE;
        }
        // Adding 0 makes -0 into 0, which must compare equal; then the sign flips the order of the other bits.
        long bits = Double.doubleToRawLongBits(v + 0.0);
        long key = bits ^ (bits >> 63 & Long.MAX_VALUE);
        return descending ? ~key : key;
    }

    private static int[] mergeSort(long[] keys, int[] order, int[] scratch) {
        int n = order.length;
        int[] from = order;
        int[] to = scratch;
        for (int width = 1; width > 0 && width < n; width *= 2) {
            for (int low = 0; low < n; low += 2 * width) {
                int middle = Math.min(low + width, n);
                merge(keys, from, to, low, middle, Math.min(middle + width, n));
                if (low > n - 2 * width) {
                    break;
                }
            }
            var swap = from;
            from = to;
            to = swap;
        }
        return from;
    }

    private static void merge(long[] keys, int[] from, int[] to, int low, int middle, int high) {
        int left = low;
        int right = middle;
        for (int out = low; out < high; out++) {
            boolean takeLeft = left < middle && (right >= high || keys[from[left]] <= keys[from[right]]);
            to[out] = takeLeft ? from[left++] : from[right++];
        }
    }
}
