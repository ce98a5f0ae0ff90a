package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StridedTest {
    /// Random permutations, flips, expansions, gaps and lengths against the definition.
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"U8", "BF16", "F32", "F64"})
    void copiesWhatTheStridesSay(DType dtype) {
        var random = new Random(1);
        for (int round = 0; round < 400; round++) {
            int rank = random.nextInt(6);
            var dims = new long[rank];
            for (int a = 0; a < rank; a++) {
                dims[a] = random.nextInt(20) == 0 ? 0 : rank < 3 ? 1 + random.nextInt(90) : 1 + random.nextInt(9);
            }
            check(dtype, dims, random);
        }
    }

    @Test
    void transposesLargeMatrices() {
        check(DType.F32, new long[] {130, 257}, new long[] {1, 130}, new long[] {257, 1}, 0, 0, 130 * 257, 130 * 257);
        check(DType.F32, new long[] {3, 50, 40}, new long[] {1, 3, 150}, new long[] {2000, 40, 1}, 0, 0, 6000, 6000);
    }

    @Test
    void refusesDestinationsThatRepeat() {
        assertThatThrownBy(() -> Strided.of(DType.F32, new long[] {1}, new long[] {0}, new long[] {3}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("axis 0");
        assertThatThrownBy(() -> Strided.of(DType.F32, new long[] {1}, new long[] {0, 1}, new long[] {3, 4}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("[3, 4]");
    }

    private static void check(DType dtype, long[] dims, Random random) {
        long[] src = strides(dims, random, true);
        long[] dst = strides(dims, random, false);
        long srcOffset = negative(src, dims);
        long dstOffset = negative(dst, dims);
        check(dtype, dims, src, dst, srcOffset, dstOffset, reach(src, dims) + 1, reach(dst, dims) + 1);
    }

    private static void check(DType dtype, long[] dims, long[] src, long[] dst, long srcOffset, long dstOffset, long srcSize, long dstSize) {
        var x = segment(dtype, srcSize);
        var y = segment(dtype, dstSize);
        var wanted = segment(dtype, dstSize);
        for (long i = 0; i < srcSize; i++) {
            Elements.set(dtype, x, i, 1 + i % 120);
        }
        slow(dtype, 0, dims, x, srcOffset, src, wanted, dstOffset, dst);
        Strided.copy(dtype, x, srcOffset, src, y, dstOffset, dst, dims);
        assertThat(y.mismatch(wanted)).as("%s %s %s %s", dtype, Arrays.toString(dims), Arrays.toString(src), Arrays.toString(dst)).isEqualTo(-1);
        var outside = Arena.ofAuto().allocate(y.byteSize(), 8);
        Strided.copy(dtype, Arena.ofAuto().allocate(x.byteSize(), 8).copyFrom(x), srcOffset, src, outside, dstOffset, dst, dims);
        assertThat(outside.mismatch(wanted)).as("native %s %s %s %s", dtype, Arrays.toString(dims), Arrays.toString(src), Arrays.toString(dst)).isEqualTo(-1);
    }

    private static MemorySegment segment(DType dtype, long n) {
        return MemorySegment.ofArray(new long[(int) (n * dtype.bytes() / 8 + 1)]);
    }

    private static void slow(DType dtype, int axis, long[] dims, MemorySegment x, long so, long[] src, MemorySegment y, long go, long[] dst) {
        if (axis == dims.length) {
            Elements.set(dtype, y, go, Elements.get(dtype, x, so));
            return;
        }
        for (long i = 0; i < dims[axis]; i++) {
            slow(dtype, axis + 1, dims, x, so + i * src[axis], src, y, go + i * dst[axis], dst);
        }
    }

    private static long[] strides(long[] dims, Random random, boolean source) {
        var axes = new ArrayList<Integer>();
        for (int a = 0; a < dims.length; a++) {
            axes.add(a);
        }
        if (random.nextBoolean()) {
            Collections.shuffle(axes, random);
        }
        var strides = new long[dims.length];
        long step = random.nextInt(4) == 0 ? 2 : 1;
        for (int a : axes.reversed()) {
            boolean expanded = source && random.nextInt(5) == 0;
            strides[a] = expanded ? 0 : random.nextInt(5) == 0 ? -step : step;
            if (!expanded) {
                step = step * Math.max(1, dims[a]) + (random.nextInt(4) == 0 ? 3 : 0);
            }
        }
        return strides;
    }

    private static long negative(long[] strides, long[] dims) {
        long sum = 0;
        for (int a = 0; a < dims.length; a++) {
            sum -= Math.min(0, strides[a] * (dims[a] - 1));
        }
        return sum;
    }

    private static long reach(long[] strides, long[] dims) {
        long sum = 0;
        for (int a = 0; a < dims.length; a++) {
            sum += Math.abs(strides[a] * Math.max(0, dims[a] - 1));
        }
        return sum;
    }
}
