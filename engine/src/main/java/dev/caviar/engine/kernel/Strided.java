package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A copy between two arrays of any strides, worked out once and run again and again without allocation.
///
/// Strides and offsets are in elements; a stride may be negative (a flip), and the source's may be 0 (an expansion). Axes
/// that lie one behind the other on both sides become one; what is left runs as blocks of memory, fills, transposes in
/// squares (machine code where there is any), or a plain strided loop. Source and destination must not overlap.
///
/// ```java
/// var transpose = Strided.of(DType.F32, new long[] {1, 3}, new long[] {2, 1}, new long[] {3, 2});
/// transpose.run(MemorySegment.ofArray(new float[6]), 0, MemorySegment.ofArray(new float[6]), 0);
/// ```
public final class Strided {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt HALF = ValueLayout.JAVA_INT_UNALIGNED;
    private static final long LOW = 0xffffffffL;
    /// Whether the first of two elements is the lower half of their word.
    private static final boolean PAIRED = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int TILE = 32;
    /// So many lines of the source stay in the first-level cache until the next rows take the rest of what was fetched.
    private static final long STRIP = 256;
    private static final @Nullable TransposeLoops COMPILED = ServiceLoader.load(TransposeLoops.class, Strided.class.getClassLoader()).findFirst()
            .filter(TransposeLoops::supported).orElse(null);
    /// Below this many elements a loop beats the call that copies a block.
    private static final long SHORT = 16;

    private final int bytes;
    private final long[] from;
    private final long[] to;
    private final long[] dims;
    private final boolean empty;

    private Strided(int bytes, long[] from, long[] to, long[] dims, boolean empty) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
        this.dims = dims;
        this.empty = empty;
    }

    /// Plans a copy of `dims` elements per axis. Throws [IllegalArgumentException] where the arrays differ in length or the
    /// destination repeats (a stride of 0 on an axis longer than 1).
    public static Strided of(DType dtype, long[] srcStrides, long[] dstStrides, long[] dims) {
        if (srcStrides.length != dims.length || dstStrides.length != dims.length) {
            throw new IllegalArgumentException("Strided.of: dims " + Arrays.toString(dims) + " need as many strides, source has "
                    + Arrays.toString(srcStrides) + ", destination " + Arrays.toString(dstStrides) + ".");
        }
        for (int axis = 0; axis < dims.length; axis++) {
            if (dims[axis] > 1 && dstStrides[axis] == 0) {
                throw new IllegalArgumentException("Strided.of: axis " + axis + " of " + Arrays.toString(dims)
                        + " has stride 0 in the destination " + Arrays.toString(dstStrides) + ".");
            }
        }
        boolean empty = Arrays.stream(dims).anyMatch(d -> d == 0);
        // Outermost first by the destination, so that writes run forward through memory.
        int[] order = IntStream.range(0, dims.length).filter(a -> dims[a] != 1).boxed()
                .sorted(Comparator.comparingLong((Integer a) -> -Math.abs(dstStrides[a])))
                .mapToInt(Integer::intValue).toArray();
        return collapse(dtype.bytes(), order, srcStrides, dstStrides, dims, empty);
    }

    /// Copies once; for repeated copies of one form, keep the plan.
    public static void copy(DType dtype, MemorySegment src, long srcOffset, long[] srcStrides,
            MemorySegment dst, long dstOffset, long[] dstStrides, long[] dims) {
        of(dtype, srcStrides, dstStrides, dims).run(src, srcOffset, dst, dstOffset);
    }

    private static Strided collapse(int bytes, int[] order, long[] src, long[] dst, long[] dims, boolean empty) {
        var from = new long[order.length];
        var to = new long[order.length];
        var size = new long[order.length];
        int rank = 0;
        for (int axis : order) {
            if (rank > 0 && from[rank - 1] == src[axis] * dims[axis] && to[rank - 1] == dst[axis] * dims[axis]) {
                from[rank - 1] = src[axis];
                to[rank - 1] = dst[axis];
                size[rank - 1] *= dims[axis];
            } else {
                from[rank] = src[axis];
                to[rank] = dst[axis];
                size[rank++] = dims[axis];
            }
        }
        return new Strided(bytes, Arrays.copyOf(from, rank), Arrays.copyOf(to, rank), Arrays.copyOf(size, rank), empty)
                .tiled();
    }

    /// Where the source is contiguous along another axis than the destination, those two become the innermost.
    private Strided tiled() {
        int last = dims.length - 1;
        if (last > 0 && Math.abs(from[last]) > 1) {
            for (int axis = last - 2; axis >= 0; axis--) {
                if (Math.abs(from[axis]) == 1) {
                    for (long[] values : new long[][] {from, to, dims}) {
                        long moved = values[axis];
                        System.arraycopy(values, axis + 1, values, axis, last - 1 - axis);
                        values[last - 1] = moved;
                    }
                    break;
                }
            }
        }
        return this;
    }

    /// Copies; offsets are of the element at index 0 of every axis.
    public void run(MemorySegment src, long srcOffset, MemorySegment dst, long dstOffset) {
        if (empty) {
            return;
        }
        switch (dims.length) {
            case 0 -> loop(src, srcOffset, 0, 0, dst, dstOffset, 0, 0, 1, 1);
            case 1 -> inner(src, srcOffset, dst, dstOffset, 0);
            default -> nest(0, src, srcOffset, dst, dstOffset);
        }
    }

    private void nest(int axis, MemorySegment src, long so, MemorySegment dst, long go) {
        if (axis == dims.length - 2) {
            plane(axis, src, so, dst, go);
            return;
        }
        for (long i = 0; i < dims[axis]; i++) {
            nest(axis + 1, src, so + i * from[axis], dst, go + i * to[axis]);
        }
    }

    private void plane(int axis, MemorySegment src, long so, MemorySegment dst, long go) {
        int last = axis + 1;
        // A source that stands still is repeated line by line, not turned.
        if (from[axis] != 0 && Math.abs(from[axis]) < Math.abs(from[last])) {
            tiles(src, so, dst, go, axis);
        } else if (dims[last] < SHORT) {
            loop(src, so, from[axis], from[last], dst, go, to[axis], to[last], dims[axis], dims[last]);
        } else {
            for (long i = 0; i < dims[axis]; i++) {
                inner(src, so + i * from[axis], dst, go + i * to[axis], last);
            }
        }
    }

    private void tiles(MemorySegment src, long so, MemorySegment dst, long go, int axis) {
        long rows = dims[axis];
        long columns = dims[axis + 1];
        if (COMPILED != null && turns(src, from[axis], from[axis + 1], dst, to[axis], to[axis + 1])) {
            check(src, so, from[axis + 1], dst, go, to[axis], rows, columns);
            turned(COMPILED, src.address() + 4 * so, 4 * from[axis + 1], dst.address() + 4 * go, 4 * to[axis], rows, columns);
            Reference.reachabilityFence(src);
            Reference.reachabilityFence(dst);
            return;
        }
        for (long i = 0; i < rows; i += TILE) {
            long height = Math.min(TILE, rows - i);
            for (long j = 0; j < columns; j += TILE) {
                loop(src, so + i * from[axis] + j * from[axis + 1], from[axis], from[axis + 1],
                        dst, go + i * to[axis] + j * to[axis + 1], to[axis], to[axis + 1],
                        height, Math.min(TILE, columns - j));
            }
        }
    }

    private void inner(MemorySegment src, long so, MemorySegment dst, long go, int axis) {
        if (from[axis] == 1 && to[axis] == 1 && dims[axis] >= SHORT) {
            MemorySegment.copy(src, so * bytes, dst, go * bytes, dims[axis] * bytes);
        } else {
            loop(src, so, 0, from[axis], dst, go, 0, to[axis], 1, dims[axis]);
        }
    }

    /// Two nested loops, for each size of element its own code.
    private void loop(MemorySegment src, long so, long si, long sj, MemorySegment dst, long go, long gi, long gj, long m, long n) {
        if (turns(src, si, sj, dst, gi, gj)) {
            check(src, so, sj, dst, go, gi, m, n);
            turned4(src.address() + 4 * so, 4 * sj, dst.address() + 4 * go, 4 * gi, m, n);
            Reference.reachabilityFence(src);
            Reference.reachabilityFence(dst);
            return;
        }
        for (long i = 0; i < m; i++) {
            long s = so + i * si;
            long g = go + i * gi;
            switch (bytes) {
                case 8 -> line8(src, s, sj, dst, g, gj, n);
                case 4 -> line4(src, s, sj, dst, g, gj, n);
                case 2 -> line2(src, s, sj, dst, g, gj, n);
                default -> line1(src, s, sj, dst, g, gj, n);
            }
        }
    }

    /// Whether a plane of numbers of 4 bytes is a transposition in native memory.
    private boolean turns(MemorySegment src, long si, long sj, MemorySegment dst, long gi, long gj) {
        return bytes == 4 && si == 1 && gj == 1 && sj > 0 && gi > 0 && src.isNative() && dst.isNative();
    }

    private static void check(MemorySegment src, long so, long sj, MemorySegment dst, long go, long gi, long m, long n) {
        Objects.checkFromIndexSize(4 * so, 4 * (m + (n - 1) * sj), src.byteSize());
        Objects.checkFromIndexSize(4 * go, 4 * (n + (m - 1) * gi), dst.byteSize());
    }

    /// By squares in machine code; what they leave at the edges two by two. Distances are in bytes.
    private static void turned(TransposeLoops loops, long src, long sj, long dst, long gi, long m, long n) {
        long rows = m & -TransposeLoops.LANES;
        long columns = n & -TransposeLoops.LANES;
        for (long j = 0; j < columns; j += STRIP) {
            for (long i = 0; i < rows; i += TransposeLoops.LANES) {
                loops.turn(src + 4 * i + j * sj, sj, dst + i * gi + 4 * j, gi, Math.min(STRIP, columns - j));
            }
        }
        turned4(src + columns * sj, sj, dst + 4 * columns, gi, rows, n - columns);
        turned4(src + 4 * rows, sj, dst + rows * gi, gi, m - rows, n);
    }

    /// Rows of the source are columns here, two by two in a word each. Addresses are in bytes: a segment that the JVM knows costs its
    /// address, another several times that.
    private static void turned4(long src, long sj, long dst, long gi, long m, long n) {
        long pairs = PAIRED ? m & -2 : 0;
        long ends = n & -2;
        for (long i = 0; i < pairs; i += 2) {
            long s = src + 4 * i;
            long g = dst + i * gi;
            for (long j = 0; j < ends; j += 2) {
                long a = ALL.get(WORD, s);
                long b = ALL.get(WORD, s + sj);
                ALL.set(WORD, g, a & LOW | b << 32);
                ALL.set(WORD, g + gi, a >>> 32 | b & ~LOW);
                s += 2 * sj;
                g += 8;
            }
            if (ends < n) {
                long a = ALL.get(WORD, s);
                ALL.set(HALF, g, (int) a);
                ALL.set(HALF, g + gi, (int) (a >>> 32));
            }
        }
        for (long i = pairs; i < m; i++) {
            for (long j = 0; j < n; j++) {
                ALL.set(HALF, dst + i * gi + 4 * j, ALL.get(HALF, src + 4 * i + j * sj));
            }
        }
    }

    private static void line8(MemorySegment src, long s, long sj, MemorySegment dst, long g, long gj, long n) {
        for (long j = 0; j < n; j++) {
            dst.setAtIndex(Elements.I64, g + j * gj, src.getAtIndex(Elements.I64, s + j * sj));
        }
    }

    private static void line4(MemorySegment src, long s, long sj, MemorySegment dst, long g, long gj, long n) {
        for (long j = 0; j < n; j++) {
            dst.setAtIndex(Elements.I32, g + j * gj, src.getAtIndex(Elements.I32, s + j * sj));
        }
    }

    private static void line2(MemorySegment src, long s, long sj, MemorySegment dst, long g, long gj, long n) {
        for (long j = 0; j < n; j++) {
            dst.setAtIndex(Elements.I16, g + j * gj, src.getAtIndex(Elements.I16, s + j * sj));
        }
    }

    private static void line1(MemorySegment src, long s, long sj, MemorySegment dst, long g, long gj, long n) {
        for (long j = 0; j < n; j++) {
            dst.set(Elements.I8, g + j * gj, src.get(Elements.I8, s + j * sj));
        }
    }
}
