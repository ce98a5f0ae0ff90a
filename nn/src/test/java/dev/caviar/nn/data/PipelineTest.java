package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.NumPy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineTest {
    private static Pipeline numbers(int n) {
        var x = Buffer.allocate(Type.of(DType.F32, n));
        IntStream.range(0, n).forEach(i -> x.set(i, i));
        return Pipeline.of(x);
    }

    /// All numbers of a pass, batches one after another.
    private static List<Integer> all(Pipeline pipeline, long epoch) {
        try (var pass = pipeline.open(epoch)) {
            return rest(pass);
        }
    }

    private static List<Integer> rest(Pass pass) {
        var all = new ArrayList<Integer>();
        pass.forEachRemaining(item -> {
            for (float value : item.x().toFloats()) {
                all.add((int) value);
            }
        });
        return all;
    }

    private static Integer[] upTo(int n) {
        return IntStream.range(0, n).boxed().toArray(Integer[]::new);
    }

    // ---- sources

    @Test
    void examplesAreFeaturesAndLabelsInTheirOrder() {
        var examples = Examples.of(new float[][] {{1, 2}, {3, 4}, {5, 6}}, new int[] {7, 8, 9}).select(2, 0);
        try (var pass = Pipeline.of(examples).open(0)) {
            var first = pass.next();
            assertThat(first.x().toFloats()).containsExactly(5, 6);
            assertThat(first.y().type()).isEqualTo(Type.of(DType.I64));
            assertThat(first.y().toLongs()).containsExactly(9);
            assertThat(pass.next().x().toFloats()).containsExactly(1, 2);
            assertThat(pass.hasNext()).isFalse();
        }
        assertThat(Pipeline.of(examples).batch(5 - 3).examples().sha256()).isEqualTo(examples.sha256());
        assertThat(Pipeline.of(examples).examples().sha256()).isEqualTo(examples.sha256());
    }

    @Test
    void generatorsBeginAnewWithEachPass() {
        var passes = new AtomicInteger();
        var pipeline = Pipeline.generate(() -> {
            passes.incrementAndGet();
            return LongStream.iterate(0, i -> i + 1).mapToObj(i -> Item.of(Tensor.scalar(i))).iterator();
        });
        assertThat(pipeline.size()).isEmpty();
        assertThat(all(pipeline.take(5), 0)).containsExactly(upTo(5));
        assertThat(all(pipeline.skip(2).take(2), 1)).containsExactly(2, 3);
        assertThat(passes).hasValue(2);
        assertThat(all(Pipeline.of(4, i -> Item.of(Tensor.scalar(i * i))), 0)).containsExactly(0, 1, 4, 9);
    }

    @Test
    void filesOfEachKind(@TempDir Path folder) throws IOException {
        var csv = folder.resolve("rows.csv");
        Files.writeString(csv, "a,b,kind\n" + "1,2,x\n3,4,y\n".repeat(5));
        var rows = Pipeline.csv(csv, Table.of());
        assertThat(rows.size()).hasValue(10);
        try (var pass = rows.skip(1).open(0)) {
            var item = pass.next();
            assertThat(item.x().toFloats()).containsExactly(3, 4);
            assertThat(item.y().toLongs()).containsExactly(1);
        }
        var idx = folder.resolve("idx");
        Files.write(idx, new byte[] {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6});
        var labels = folder.resolve("labels");
        Files.write(labels, new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 1, 0});
        try (var pass = Pipeline.idx(idx, labels).open(0)) {
            var item = pass.next();
            assertThat(item.x().type()).isEqualTo(Type.of(DType.U8, 3));
            assertThat(item.y().type()).isEqualTo(Type.of(DType.I64));
        }
        var npy = folder.resolve("x.npy");
        NumPy.write(npy, Tensor.of(4f, 5f, 6f).array().buffer());
        assertThat(all(Pipeline.npy(npy, npy), 0)).containsExactly(4, 5, 6);
        assertThatThrownBy(() -> Pipeline.npz(Path.of("../shared/none.npz"), "x")).isInstanceOf(DataException.class);
    }

    @Test
    void imagesAreReadWhenTheirTurnComesAndBroughtToOneSize(@TempDir Path folder) throws IOException {
        for (var name : List.of("cat/a.png", "dog/b.png", "dog/c.png")) {
            var image = new BufferedImage(name.startsWith("cat") ? 4 : 8, 4, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < image.getWidth() * 4; i++) {
                image.setRGB(i / 4, i % 4, name.startsWith("cat") ? 0x102030 : 0xffffff);
            }
            Files.createDirectories(folder.resolve(name).getParent());
            ImageIO.write(image, "png", folder.resolve(name).toFile());
        }
        var pipeline = Pipeline.images(folder, 2, 3, 3);
        assertThat(pipeline.size()).hasValue(3);
        Files.writeString(folder.resolve("dog/c.png"), "no image");
        try (var pass = pipeline.open(0)) {
            var cat = pass.next();
            assertThat(cat.x().type()).isEqualTo(Type.of(DType.U8, 2, 3, 3));
            assertThat(Arrays.copyOf(cat.x().toLongs(), 3)).containsExactly(0x10, 0x20, 0x30);
            assertThat(pass.next().y().toLongs()).containsExactly(1);
            assertThatThrownBy(pass::next).isInstanceOf(DataException.class).hasMessageContaining("c.png");
        }
        try (var pass = Pipeline.images(folder, 4, 4, 1).open(0)) {
            assertThat(pass.next().x().toLongs()).containsOnly(Math.round(0.299 * 0x10 + 0.587 * 0x20 + 0.114 * 0x30));
        }
        assertThatThrownBy(() -> Pipeline.images(folder.resolve("cats"), 4, 4, 1)).isInstanceOf(DataException.class)
                .hasMessageContaining("cats: there is no such folder.\nMaybe ");
        assertThatThrownBy(() -> Pipeline.images(folder.resolve("cat"), 4, 4, 1)).isInstanceOf(DataException.class)
                .hasMessageContaining("cat: it has no sub-folders.\nMaybe the images stand in it directly");
    }

    // ---- stages

    @Test
    void aWholeShuffleIsTheOrderThatFitDraws() {
        var batches = Batches.of(Examples.of(new float[50][1], new int[50]), 50).shuffled(7);
        batches.start(3);
        var order = IntStream.range(0, 50).map(i -> batches.position(0, i)).boxed().toList();
        assertThat(all(numbers(50).shuffle(7), 3)).isEqualTo(order);
        assertThat(all(numbers(50).shuffle(7), 2)).isNotEqualTo(order).containsExactlyInAnyOrder(upTo(50));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 49, 50, 1000})
    void aBufferedShuffleGivesEachElementOnceAndNoneTooEarly(int buffer) {
        var order = all(numbers(50).shuffle(buffer, 7), 0);
        assertThat(order).containsExactlyInAnyOrder(upTo(50));
        for (int i = 0; i < 50; i++) {
            assertThat(order.get(i)).isLessThan(i + buffer);
        }
        assertThat(order.equals(List.of(upTo(50)))).isEqualTo(buffer == 1);
        assertThat(all(numbers(50).shuffle(buffer, 7), 0)).isEqualTo(order);
    }

    @ParameterizedTest
    @CsvSource({"10, 5, false, 2, 5", "11, 5, false, 3, 1", "11, 5, true, 2, 5", "5, 5, true, 1, 5", "3, 2, true, 1, 2"})
    void batches(int n, int size, boolean drop, int count, int last) {
        var pipeline = numbers(n).batch(size, drop);
        assertThat(pipeline.size()).hasValue(count);
        try (var pass = pipeline.open(0)) {
            var items = new ArrayList<Item>();
            pass.forEachRemaining(items::add);
            assertThat(items).hasSize(count);
            assertThat(items.getLast().x().shape().dim(0)).isEqualTo(last);
        }
    }

    @Test
    void skipTakeRepeatAndZip() {
        assertThat(all(numbers(10).skip(3).take(4), 0)).containsExactly(3, 4, 5, 6);
        assertThat(numbers(10).skip(3).take(4).size()).hasValue(4);
        assertThat(numbers(10).take(4).skip(8).size()).hasValue(0);
        assertThat(all(numbers(3).skip(5), 0)).isEmpty();
        assertThat(all(numbers(3).repeat(2), 0)).containsExactly(0, 1, 2, 0, 1, 2);
        assertThat(numbers(3).repeat(2).size()).hasValue(6);
        assertThat(all(numbers(3).repeat().take(7), 0)).containsExactly(0, 1, 2, 0, 1, 2, 0);
        var shuffled = numbers(20).shuffle(1);
        var twice = new ArrayList<>(all(shuffled, 2));
        twice.addAll(all(shuffled, 3));
        assertThat(all(shuffled.repeat(2), 1)).as("passes 2 and 3").isEqualTo(twice);
        try (var pass = Pipeline.zip(numbers(3), numbers(5).map(item -> item.withX(item.x().mul(10)))).open(0)) {
            pass.next();
            var second = pass.next();
            assertThat(second.x().item()).isEqualTo(1);
            assertThat(second.y().item()).isEqualTo(10);
            pass.next();
            assertThat(pass.hasNext()).isFalse();
        }
    }

    @Test
    void noElementWandersBetweenThePartsOfASplit() {
        var parts = numbers(50).shuffle(3).split(0.22, 5);
        var kept = new HashSet<Integer>();
        var held = new HashSet<Integer>();
        for (int epoch = 0; epoch < 3; epoch++) {
            kept.addAll(all(parts.kept().shuffle(1), epoch));
            held.addAll(all(parts.held(), epoch));
        }
        assertThat(held).hasSize(11);
        assertThat(kept).hasSize(39).doesNotContainAnyElementsOf(held);
        assertThat(parts.kept().size()).hasValue(39);
        assertThatThrownBy(() -> numbers(3).split(1, 1)).hasMessageContaining("leaves one side empty").hasMessageContaining("\nMaybe");
    }

    // ---- threads

    /// With chance, order and work in it.
    private static Pipeline busy() {
        return numbers(100).shuffle(30, 4).map((item, random) -> item.withX(item.x().mul(1000).add(random.nextInt(1000))), 9);
    }

    static List<Pipeline> variants() {
        return List.of(busy().parallel(1).batch(7), busy().parallel(4).batch(7), busy().batch(7).parallel(3), busy().parallel().batch(7).prefetch(2),
                busy().batch(7).parallel().prefetch(1), busy().prefetch(5).batch(7).parallel(2), busy().parallel(2).cache().batch(7));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void theNumberOfThreadsChangesNothing(Pipeline pipeline) {
        for (int epoch = 0; epoch < 3; epoch++) {
            assertThat(all(pipeline, pipeline.toString().contains("cache") ? 0 : epoch))
                    .isEqualTo(all(busy().batch(7), pipeline.toString().contains("cache") ? 0 : epoch));
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void anyPlaceIsFoundAgain(Pipeline pipeline) {
        var whole = all(pipeline, 1);
        for (int delivered : new int[] {0, 1, 6, 14, 15}) {
            Position position;
            try (var pass = pipeline.open(1)) {
                for (int i = 0; i < delivered; i++) {
                    pass.next();
                }
                position = Position.fromJson(pass.position().toJson());
            }
            assertThat(position.delivered()).isEqualTo(delivered);
            try (var pass = pipeline.open(position)) {
                assertThat(rest(pass)).isEqualTo(whole.subList(Math.min(100, 7 * delivered), 100));
                assertThat(pass.position().delivered()).isEqualTo(15);
            }
        }
    }

    @Test
    void whatIsPassedOverIsNotMade() {
        var made = new AtomicInteger();
        var pipeline = numbers(100).map(item -> {
            made.incrementAndGet();
            return item;
        }).parallel(2).shuffle(8, 1).batch(10).prefetch(2);
        try (var pass = pipeline.open(new Position(0, 9, pipeline.toString()))) {
            assertThat(rest(pass)).hasSize(10);
        }
        assertThat(made).hasValue(10);
    }

    @Test
    void severalThreadsWorkAtOnce() throws InterruptedException {
        var both = new CountDownLatch(2);
        var pipeline = numbers(2).map(item -> {
            both.countDown();
            try {
                both.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return item;
        });
        assertThat(all(pipeline.parallel(2), 0)).containsExactly(0, 1);
    }

    @Test
    void aMapThatThrowsIsNamedWithItsElement() {
        for (var pipeline : List.of(numbers(9), numbers(9).parallel(2), numbers(9).prefetch(1))) {
            var broken = pipeline.map(item -> {
                if (item.x().item() == 5) {
                    throw new IllegalStateException("five");
                }
                return item;
            });
            for (var threaded : List.of(broken, broken.parallel(3), broken.batch(2).prefetch(2))) {
                assertThatThrownBy(() -> all(threaded, 0)).isInstanceOf(DataException.class).hasMessageContaining("element 5")
                        .hasMessageContaining("five").hasMessageContaining("\nMaybe");
            }
        }
    }

    @Test
    void whatASourceThrowsOrLeavesOutIsNamedWithItsElement() {
        Supplier<Iterator<Item>> breaking = () -> new Iterator<>() {
            private int i;

            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public Item next() {
                if (i == 3) {
                    throw new IllegalStateException("three");
                }
                return Item.of(Tensor.scalar(i++));
            }
        };
        for (var pipeline : List.of(Pipeline.generate(breaking), Pipeline.generate(breaking).prefetch(2), Pipeline.generate(breaking).parallel(2))) {
            assertThatThrownBy(() -> all(pipeline, 0)).isInstanceOf(DataException.class).hasMessageContaining("element 3").hasMessageContaining("three");
        }
        Item none = null;
        for (var pipeline : List.of(numbers(4).map(_ -> none), Pipeline.of(4, _ -> none))) {
            assertThatThrownBy(() -> all(pipeline, 0)).isInstanceOf(DataException.class).hasMessageContaining("element 0").hasMessageContaining("is null");
        }
        assertThatThrownBy(() -> all(Pipeline.generate(() -> null), 0)).isInstanceOf(DataException.class).hasMessageContaining("no iterator for pass 0");
    }

    // ---- caches

    @Test
    void aCacheInMemoryMakesEachElementOnce() {
        var made = new AtomicInteger();
        var pipeline = numbers(10).map(item -> {
            made.incrementAndGet();
            return item;
        }).cache();
        try (var pass = pipeline.open(0)) {
            pass.next();
        }
        assertThat(all(pipeline.shuffle(1), 0)).containsExactlyInAnyOrder(upTo(10));
        assertThat(all(pipeline, 5)).containsExactly(upTo(10));
        assertThat(made).hasValue(10);
    }

    @Test
    void aCacheOnDiskIsWholeCheckedAndReadByOthers(@TempDir Path folder) throws IOException {
        var file = folder.resolve("deep/cache");
        var made = new AtomicInteger();
        var source = Pipeline.of(Examples.of(new float[][] {{1, 2}, {3, 4}, {5, 6}}, new int[] {7, 8, 9})).map(item -> {
            made.incrementAndGet();
            return item;
        });
        var wanted = source.examples().sha256();
        made.set(0);
        assertThat(source.cache(file).batch(2).parallel(2).examples().sha256()).isEqualTo(wanted);
        assertThat(source.cache(file).examples().sha256()).isEqualTo(wanted);
        assertThat(made).hasValue(3);
        assertThatThrownBy(() -> source.take(2).cache(file).examples()).hasMessageContaining("another pipeline").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> Pipeline.of(new float[][] {{1, 2}, {3, 4}, {5, 7}}, new int[] {7, 8, 9}).map(item -> item).cache(file).examples())
                .as("other data of the same size").hasMessageContaining("another pipeline");

        var bytes = Files.readAllBytes(file);
        for (int at : new int[] {70, 64 + 3, bytes.length - 1, bytes.length - 20, bytes.length - 40}) {
            var changed = bytes.clone();
            changed[at] ^= 1;
            Files.write(file, changed);
            assertThatThrownBy(() -> source.cache(file).examples()).as("byte %d", at).isInstanceOf(DataException.class).hasMessageContaining("damaged")
                    .hasMessageContaining("\nMaybe delete it");
        }
        for (int length : new int[] {0, 10, bytes.length / 2, bytes.length - 1}) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> source.cache(file).examples()).as("%d bytes", length).isInstanceOf(DataException.class).hasMessageContaining("damaged");
        }
        Files.delete(file);
        var broken = source.map(item -> {
            throw new IllegalStateException("no");
        });
        assertThatThrownBy(() -> broken.cache(file).examples()).hasMessageContaining("no");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).as("nothing half-written is left").isEmpty();
        }
    }

    // ---- errors

    @Test
    void whatCannotBeIsRefusedWithAdvice() {
        assertThatThrownBy(() -> Pipeline.of(Examples.of(new float[0][0], new int[0]))).hasMessageContaining("no elements");
        assertThatThrownBy(() -> numbers(5).batch(6)).hasMessage("Pipeline.batch(6): a batch is larger than the data, which has 5 elements.\n"
                + "Maybe use batch(5), or repeat() first.");
        assertThatThrownBy(() -> all(Pipeline.generate(() -> List.of(Item.of(Tensor.scalar(1))).iterator()).batch(2, true), 0))
                .hasMessageContaining("larger than the data");
        assertThatThrownBy(() -> numbers(5).repeat().shuffle(1)).hasMessageContaining("without end").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> numbers(5).open(new Position(0, 1, "slices(6)"))).hasMessageContaining("slices(6), not in slices(5)");
        assertThatThrownBy(() -> Position.fromJson("{\"epoch\":1}")).isInstanceOf(DataException.class);
        var uneven = Pipeline.of(4, i -> Item.of(Tensor.zeros(i + 1)));
        assertThatThrownBy(() -> all(uneven.batch(2), 0)).hasMessageContaining("f32[2], of the first f32[1]").hasMessageContaining("\nMaybe");
    }
}
