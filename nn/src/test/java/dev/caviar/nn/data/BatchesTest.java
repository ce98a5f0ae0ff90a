package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchesTest {
    /// Features of example i are (i, 10 i), its class is i.
    private static Examples numbered(int n) {
        var x = new float[n][];
        for (int i = 0; i < n; i++) {
            x[i] = new float[] {i, 10f * i};
        }
        return Examples.of(x, IntStream.range(0, n).toArray());
    }

    private static List<Integer> epoch(Batches batches, int epoch) {
        var seen = new ArrayList<Integer>();
        var x = Buffer.allocate(batches.xType(batches.size()));
        var y = Buffer.allocate(batches.yType(batches.size()));
        batches.start(epoch);
        for (int b = 0; b < batches.count(); b++) {
            int rows = batches.fill(b, x, y);
            for (int i = 0; i < rows; i++) {
                assertThat(x.at(2L * i)).isEqualTo(y.longAt(i));
                assertThat(x.at(2L * i + 1)).isEqualTo(10 * y.longAt(i));
                seen.add((int) y.longAt(i));
            }
        }
        return seen;
    }

    @ParameterizedTest
    @CsvSource({"1000, 100, 10, 100", "1000, 1000, 1, 1000", "1000, 1, 1000, 1", "1050, 100, 11, 50", "5, 64, 1, 5"})
    void anEpochIsCutIntoBatchesOfWhichTheLastMayBeShort(int examples, int size, int count, int last) {
        var batches = Batches.of(numbered(examples), size);
        assertThat(batches.count()).isEqualTo(count);
        assertThat(batches.rows(count - 1)).isEqualTo(last);
        assertThat(epoch(batches, 0)).isEqualTo(IntStream.range(0, examples).boxed().toList());
    }

    @Test
    void memoryThatCannotBeReadIsRefused() {
        var labels = Buffer.allocate(Type.of(DType.I64, 4));
        Examples gone;
        try (var arena = Arena.ofConfined()) {
            gone = Examples.of(new Buffer(arena.allocate(32, 64), Type.of(DType.F32, 4, 2)), labels);
            assertThat(Batches.of(gone, 2).count()).isEqualTo(2);
            var others = gone;
            assertThatThrownBy(() -> CompletableFuture.runAsync(() -> Batches.of(others, 2)).join()).hasMessageContaining("only another thread may use")
                    .hasMessageContaining("\nMaybe use Arena.ofShared()");
        }
        assertThatThrownBy(() -> Batches.of(gone, 2)).isInstanceOf(DataException.class).hasMessageContaining("the features f32[4, 2] lie in an arena that is closed")
                .hasMessageContaining("\nMaybe close it after the training");
    }

    @Test
    void aClosedPassSaysSo() {
        var pass = Pipeline.of(numbered(4)).batch(2).open(0);
        pass.next();
        pass.close();
        assertThat(pass.hasNext()).isFalse();
        assertThatThrownBy(pass::next).isInstanceOf(NoSuchElementException.class).hasMessageContaining("closed after 1 elements").hasMessageContaining("\nMaybe open another");
    }

    @Test
    void featuresAndLabelsAreShuffledTogetherAndNoneIsLost() {
        var seen = epoch(Batches.of(numbered(1050), 100).shuffled(3), 0);
        assertThat(seen).isNotEqualTo(IntStream.range(0, 1050).boxed().toList());
        assertThat(seen.stream().sorted().toList()).isEqualTo(IntStream.range(0, 1050).boxed().toList());
    }

    @Test
    void anEpochsOrderFollowsFromSeedAndEpochAlone() {
        var first = Batches.of(numbered(100), 32).shuffled(5);
        epoch(first, 0);
        epoch(first, 1);
        assertThat(epoch(first, 2)).isEqualTo(epoch(Batches.of(numbered(100), 32).shuffled(5), 2));
        assertThat(epoch(first, 0)).isNotEqualTo(epoch(first, 1));
        assertThat(epoch(first, 0)).isNotEqualTo(epoch(Batches.of(numbered(100), 32).shuffled(6), 0));
    }

    @Test
    void theOrderOfASeedNeverChanges() {
        assertThat(epoch(Batches.of(numbered(10), 4).shuffled(1), 0)).isEqualTo(List.of(ORDER));
    }

    /// From the published algorithms, worked out in Python.
    private static final Integer[] ORDER = {7, 2, 6, 8, 0, 1, 5, 9, 3, 4};

    @Test
    void eachPlaceIsEquallyLikely() {
        var counts = new int[5][5];
        var random = new SplitMix(9, 0);
        for (int k = 0; k < 20_000; k++) {
            var order = IntStream.range(0, 5).toArray();
            random.shuffle(order);
            for (int i = 0; i < 5; i++) {
                counts[i][order[i]]++;
            }
        }
        for (var row : counts) {
            for (int count : row) {
                assertThat(count).isBetween(3800, 4200);
            }
        }
    }

    @Test
    void bytesStayBytes() {
        var x = Buffer.allocate(Type.of(DType.U8, 3, 2, 2));
        for (int i = 0; i < 12; i++) {
            x.set(i, 20 * i);
        }
        var examples = Examples.of(x, Examples.of(new float[3][1], new int[] {0, 1, 2}).y());
        var batches = Batches.of(examples.select(2, 0), 2);
        var bx = Buffer.allocate(batches.xType(2));
        var by = Buffer.allocate(batches.yType(2));
        assertThat(bx.type()).isEqualTo(Type.of(DType.U8, 2, 2, 2));
        batches.fill(0, bx, by);
        assertThat(by.longAt(0)).isEqualTo(2);
        for (int i = 0; i < 4; i++) {
            assertThat(bx.at(i)).isEqualTo(20 * (8 + i));
            assertThat(bx.at(4 + i)).isEqualTo(20 * i);
        }
    }

    @Test
    void aBatchIsFilledWithoutAllocating() {
        var batches = Batches.of(numbered(1000), 100).shuffled(1);
        var x = Buffer.allocate(batches.xType(100));
        var y = Buffer.allocate(batches.yType(100));
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int epoch = 0; epoch < 20; epoch++) {
            batches.start(epoch);
            long before = thread.getCurrentThreadAllocatedBytes();
            for (int b = 0; b < batches.count(); b++) {
                batches.fill(b, x, y);
            }
            least = Math.min(least, thread.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isLessThan(1000);
    }

    @Test
    void aWrongBufferIsNamedWithBothTypes() {
        var batches = Batches.of(numbered(10), 4);
        var y = Buffer.allocate(batches.yType(4));
        assertThatThrownBy(() -> batches.fill(0, Buffer.allocate(Type.of(DType.F32, 3, 2)), y))
                .hasMessage("Batches.fill: x is f32[3, 2], the batch needs f32[4, 2].");
        assertThatThrownBy(() -> Batches.of(numbered(10), 0)).isInstanceOf(DataException.class).hasMessageContaining("0 examples");
        assertThatThrownBy(() -> batches.rows(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
