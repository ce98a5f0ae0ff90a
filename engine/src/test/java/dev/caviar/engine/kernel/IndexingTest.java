package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexingTest {
    private static final MemorySegment INDEX = MemorySegment.ofArray(new int[] {9, 2, 0, 2, 3});

    @ParameterizedTest
    @EnumSource(DType.class)
    void gathersRowsOfAnyType(DType dtype) {
        for (int row : new int[] {0, 1, 3, 40}) {
            var x = counting(dtype, 4 * row + 1);
            var y = counting(dtype, 4 * row + 2);
            Indexing.gatherRows(dtype, x, 1, 4, row, DType.I32, INDEX, 1, 4, y, 2);
            for (int i = 0; i < 4 * row; i++) {
                int from = INDEX.getAtIndex(Elements.I32, 1 + i / row);
                double wanted = Elements.get(dtype, x, 1 + from * row + i % row);
                assertThat(Elements.get(dtype, y, 2 + i)).isEqualTo(wanted);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = "BOOL", mode = EnumSource.Mode.EXCLUDE)
    void addsRowsThatMeet(DType dtype) {
        for (int row : new int[] {1, 3, 40}) {
            var x = counting(dtype, 4 * row);
            var y = segment(dtype, 4 * row);
            Indexing.scatterAddRows(dtype, x, 0, DType.I32, INDEX, 1, 4, y, 0, 4, row);
            for (int j = 0; j < row; j++) {
                assertThat(Elements.get(dtype, y, j)).isEqualTo(at(dtype, x, row + j));
                assertThat(Elements.get(dtype, y, row + j)).isZero();
                assertThat(Elements.get(dtype, y, 2 * row + j)).isEqualTo(at(dtype, x, j) + at(dtype, x, 2 * row + j));
                assertThat(Elements.get(dtype, y, 3 * row + j)).isEqualTo(at(dtype, x, 3 * row + j));
            }
        }
    }

    @Test
    void marksOneColumnPerRow() {
        var y = counting(DType.F32, 20);
        Indexing.oneHot(DType.I64, MemorySegment.ofArray(new long[] {1, 3}), 0, 2, 4, DType.F32, y, 5);
        assertThat(y.asSlice(5 * 4, 8 * 4).toArray(Elements.F32)).containsExactly(0, 1, 0, 0, 0, 0, 0, 1);
    }

    @Test
    void namesTheIndexThatIsOutside() {
        var x = counting(DType.F32, 8);
        assertThatThrownBy(() -> Indexing.gatherRows(DType.F32, x, 0, 4, 2, DType.I32, INDEX, 0, 2, x, 0))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageStartingWith("gather: index 9 at position 0 is outside [0, 4).\nMaybe");
        var negative = MemorySegment.ofArray(new long[] {0, -1});
        assertThatThrownBy(() -> Indexing.oneHot(DType.I64, negative, 0, 2, 4, DType.F32, x, 0))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageStartingWith("one-hot: index -1 at position 1 is outside [0, 4).\nMaybe");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sortsStablyWithNaNLast(boolean descending) {
        var random = new Random(3);
        for (int n : new int[] {0, 1, 2, 3, 17, 64, 1000}) {
            var values = new float[n];
            for (int i = 0; i < n; i++) {
                values[i] = switch (random.nextInt(8)) {
                    case 0 -> Float.NaN;
                    case 1 -> -0f;
                    case 2 -> Float.NEGATIVE_INFINITY;
                    default -> random.nextInt(-5, 6);
                };
            }
            var order = Comparator.<Integer, Boolean>comparing(i -> Float.isNaN(values[i])).thenComparing(
                    Comparator.comparing((Integer i) -> Float.isNaN(values[i]) ? 0f : values[i] + 0f,
                            descending ? Comparator.reverseOrder() : Comparator.naturalOrder()));
            var wanted = IntStream.range(0, n).boxed().sorted(order).mapToLong(i -> i).toArray();
            var y = MemorySegment.ofArray(new long[2 * n]);
            var rows = Arrays.copyOf(values, 2 * n);
            System.arraycopy(values, 0, rows, n, n);
            var twice = MemorySegment.ofArray(rows);
            Indexing.argsort(descending, DType.F32, twice, 0, y, 0, 2, n);
            assertThat(y.asSlice(0, 8L * n).toArray(Elements.I64)).containsExactly(wanted);
            assertThat(y.asSlice(8L * n).toArray(Elements.I64)).containsExactly(wanted);
        }
    }

    @Test
    void sortsLargeIntegersExactly() {
        var x = MemorySegment.ofArray(new long[] {1L << 60, (1L << 60) + 1, Long.MIN_VALUE, (1L << 60) - 1});
        var y = MemorySegment.ofArray(new long[4]);
        Indexing.argsort(false, DType.I64, x, 0, y, 0, 1, 4);
        assertThat(y.toArray(Elements.I64)).containsExactly(2, 3, 0, 1);
        Indexing.argsort(true, DType.I64, x, 0, y, 0, 1, 4);
        assertThat(y.toArray(Elements.I64)).containsExactly(1, 0, 3, 2);
    }

    private static double at(DType dtype, MemorySegment x, long i) {
        return Elements.get(dtype, x, i);
    }

    private static MemorySegment counting(DType dtype, int n) {
        var x = segment(dtype, n);
        for (int i = 0; i < n; i++) {
            Elements.set(dtype, x, i, dtype == DType.BOOL ? i % 3 % 2 : i % 60);
        }
        return x;
    }

    private static MemorySegment segment(DType dtype, int n) {
        return MemorySegment.ofArray(new long[n * dtype.bytes() / 8 + 1]);
    }
}
