package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever happens to the bytes of a saved model or a checkpoint, it is refused in words, or nothing of it is lost.
class DamageTest {
    private static final Examples DATA = Examples.of(new float[][] {{1, 2}, {3, 4}, {5, 6}, {7, 9}}, new int[] {0, 1, 0, 1});

    @TempDir
    Path folder;

    private static Model model(long seed) {
        return Model.of(Dense.of(3, "relu"), BatchNorm.of(), Dense.of(2, "softmax")).withSeed(seed).withClasses(List.of("a", "b"))
                .withNotes(Map.of("rate", "0.25")).compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }

    private static Fit quiet() {
        return Fit.of().withBatch(2).withVerbosity(Verbosity.SILENT);
    }

    /// All that a model consists of, to be compared.
    private static Object all(Model model) {
        return List.of(model.settings(), String.valueOf(model.recipe()), numbers(model.weights()));
    }

    private static Map<String, List<Double>> numbers(Map<String, Buffer> weights) {
        var out = new LinkedHashMap<String, List<Double>>();
        weights.forEach((name, buffer) -> out.put(name, Arrays.stream(Tensor.wrap(buffer).toDoubles()).boxed().toList()));
        return out;
    }

    private static byte[] damaged(byte[] whole, Random random) {
        var bytes = whole.clone();
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] += (byte) (1 + random.nextInt(255));
            case 2 -> bytes[at] = (byte) (bytes[at] == '7' ? '8' : '7');
            default -> bytes = Arrays.copyOf(bytes, random.nextBoolean() ? at : bytes.length - 1 - random.nextInt(8));
        }
        return bytes;
    }

    /// Damages the file again and again; returns how often that was refused.
    private static int damage(Path file, int times, Supplier<Object> read) throws IOException {
        var whole = Files.readAllBytes(file);
        var expected = read.get();
        var random = new Random(file.getFileName().hashCode());
        int refused = 0;
        for (int k = 0; k < times; k++) {
            Files.write(file, damaged(whole, random));
            try {
                assertThat(read.get()).isEqualTo(expected);
            } catch (DataException e) {
                assertThat(e).hasMessageContaining("\nMaybe ").hasMessageContaining(file.getParent().toString());
                refused++;
            }
        }
        Files.write(file, whole);
        assertThat(read.get()).isEqualTo(expected);
        return refused;
    }

    @Test
    void noByteOfASavedModelChangesUnseen() throws IOException {
        var model = model(1);
        model.fit(DATA, quiet());
        model.save(folder);
        assertThat(damage(folder.resolve("model.safetensors"), 300, () -> all(Model.load(folder)))).isEqualTo(300);
        // White space between words means nothing.
        assertThat(damage(folder.resolve("model.json"), 500, () -> all(Model.load(folder)))).isGreaterThan(300);
    }

    @Test
    void noByteOfACheckpointChangesUnseen() throws IOException {
        model(1).fit(DATA, quiet().withCheckpoints(Checkpoints.of(folder).withKept(1)).withCallbacks(EarlyStopping.of("loss", 2)));
        var file = Checkpoint.all(folder).getFirst();
        assertThat(damage(file, 500, () -> {
            var read = Checkpoint.read(file);
            return List.of(read.run(), numbers(read.tensors()));
        })).isGreaterThan(490);     // the header ends in a few spaces
    }

    @Test
    void whoReadsWhileAnotherSavesGetsOneOfTheTwo() throws Exception {
        var models = List.of(model(1).build(2), Model.of(Dense.of(5), Dense.of(2)).withSeed(3).build(2));
        var known = models.stream().map(DamageTest::all).toList();
        models.getFirst().save(folder);
        together(() -> {
            for (int i = 0; i < 12; i++) {
                models.get(i % 2).save(folder);
            }
        }, () -> {
            for (int i = 0; i < 25; i++) {
                assertThat(known).contains(all(Model.load(folder)));
            }
        });
    }

    @Test
    void ofManyWhoSaveToOneFolderOneIsThereWhole() throws Exception {
        var models = List.of(model(1).build(2), model(2).build(2), Model.of(Dense.of(5), Dense.of(2)).withSeed(3).build(2));
        together(models.stream().map(model -> (Runnable) () -> {
            for (int i = 0; i < 8; i++) {
                model.save(folder);
            }
        }).toArray(Runnable[]::new));
        assertThat(models.stream().map(DamageTest::all)).contains(all(Model.load(folder)));
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("model.json", "model.safetensors");
        }
    }

    private static void together(Runnable... tasks) throws Exception {
        try (var pool = Executors.newFixedThreadPool(tasks.length)) {
            for (var done : pool.invokeAll(Arrays.stream(tasks).map(Executors::callable).toList())) {
                done.get();
            }
        }
    }
}
