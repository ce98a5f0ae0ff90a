package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.NumPy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSourceTest {
    @TempDir
    Path folder;

    private DataSource offline(String spec) {
        return DataSource.of(spec).withPlaces(new Places(null, folder.resolve("cache"), folder.resolve("system"))).withMirrors(List.of());
    }

    private static Path shared(String name) {
        var path = Path.of(System.getProperty("caviar.shared", "none"), "data", name);
        if (!Files.exists(path)) {
            System.out.println("skipped: no reference data at " + path);
            Assumptions.abort();
        }
        return path;
    }

    private static void images(Path file, int n, int side) throws IOException {
        var bytes = ByteBuffer.allocate(16 + n * side * side).putInt(0x803).putInt(n).putInt(side).putInt(side);
        IntStream.range(0, n * side * side).forEach(i -> bytes.put((byte) i));
        Files.write(file, bytes.array());
    }

    private static void labels(Path file, int n) throws IOException {
        var bytes = ByteBuffer.allocate(8 + n).putInt(0x801).putInt(n);
        IntStream.range(0, n).forEach(i -> bytes.put((byte) (i % 3)));
        Files.write(file, bytes.array());
    }

    private Path four(String name) throws IOException {
        var place = Files.createDirectories(folder.resolve(name));
        images(place.resolve(IdxFolder.TRAIN_IMAGES), 6, 4);
        labels(place.resolve(IdxFolder.TRAIN_LABELS), 6);
        images(place.resolve(IdxFolder.TEST_IMAGES), 3, 4);
        labels(place.resolve(IdxFolder.TEST_LABELS), 3);
        return place;
    }

    @Test
    void digitsShipWithTheLibrary() {
        var digits = offline("digits").load();
        assertThat(digits.train().size()).isEqualTo(1437);
        assertThat(digits.test().size()).isEqualTo(360);
        assertThat(digits.inputShape()).isEqualTo(Shape.of(8, 8));
        assertThat(digits.train().x().type().dtype()).isEqualTo(DType.U8);
        assertThat(digits.classes()).hasSize(10);
        assertThat(digits.provenance().sha256()).isEqualTo("6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8");
        for (int c = 0; c < 10; c++) {
            int digit = c;
            assertThat(IntStream.range(0, 360).filter(i -> digits.test().label(i) == digit).count()).isBetween(25L, 50L);
        }
        assertThat(digits.train().x().at(2)).isEqualTo(5);
        assertThat(getClass().getResource("digits.txt")).isNotNull();
    }

    @Test
    void theTestPartOfDigitsIsFixed() {
        assertThat(offline("digits").load().test().sha256())
                .isEqualTo("62d3ea5319fab749b6245a374fe9c5856c1e143e6829a275ff7c77fca0860d71");
    }

    @Test
    void aFolderOfFourIdxFilesIsADataSet() throws IOException {
        var data = offline(four("mine").toString()).load();
        assertThat(data.name()).isEqualTo("mine");
        assertThat(data.train().size()).isEqualTo(6);
        assertThat(data.test().size()).isEqualTo(3);
        assertThat(data.classes()).containsExactly("0", "1", "2");
        assertThat(data.inputShape()).isEqualTo(Shape.of(4, 4));
        assertThat(data.train().label(4)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist", "mnist/raw", "", "raw"})
    void aGivenFolderMayBeTheDataSetsOrHoldIt(String below) throws IOException {
        four(below.isEmpty() ? "." : below);
        assertThat(offline("mnist").withFolder(folder).load().train().size()).isEqualTo(6);
        assertThat(new DataSource("mnist", null, Table.of(), new Places(folder, folder.resolve("c"), folder.resolve("s")), List.of(),
                Duration.ofSeconds(1), Progress.NONE).load().classes()).hasSize(10);
    }

    @Test
    void aGivenFolderIsTheOnlyPlaceLookedIn() throws IOException {
        four("system/mnist");
        assertThat(offline("mnist").load().train().size()).isEqualTo(6);
        var empty = Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> offline("mnist").withFolder(empty).load()).isInstanceOf(DataException.class)
                .hasMessageContaining("Data mnist is not in " + empty).hasMessageContaining("\nMaybe put")
                .hasMessageContaining("train-images-idx3-ubyte.gz");
    }

    @Test
    void withoutNetworkTheErrorSaysWhatToPutWhere() {
        assertThatThrownBy(() -> offline("fashion-mnist").load()).isInstanceOf(DataException.class)
                .hasMessageContaining("fashion-mnist").hasMessageContaining("could not be downloaded")
                .hasMessageContaining("train-images-idx3-ubyte.gz").hasMessageContaining("train-labels-idx1-ubyte.gz")
                .hasMessageContaining("t10k-images-idx3-ubyte.gz").hasMessageContaining("t10k-labels-idx1-ubyte.gz")
                .hasMessageContaining(folder.resolve("cache/data/fashion-mnist").toString())
                .hasMessageContaining(folder.resolve("system/fashion-mnist").toString());
        // Port 1 of this machine answers nobody.
        assertThatThrownBy(() -> offline("mnist").withMirrors(List.of(URI.create("http://localhost:1/"))).load())
                .hasMessageContaining("http://localhost:1/train-images-idx3-ubyte.gz: ").hasMessageContaining("\nMaybe put");
    }

    @ParameterizedTest
    @CsvSource({"imagenet, misspelt", "no/such/folder, path is wrong", "none.csv, path is wrong"})
    void anUnknownNameGetsTheChoices(String spec, String advice) {
        assertThatThrownBy(() -> offline(spec).load()).isInstanceOf(DataException.class)
                .hasMessageContaining("digits, mnist, fashion-mnist, a folder, or a .csv file").hasMessageContaining(advice);
    }

    @Test
    void faultyIdxFilesAreNamed() throws IOException {
        var mine = four("mine");
        var source = offline(mine.toString());
        labels(mine.resolve(IdxFolder.TRAIN_LABELS), 5);
        assertThatThrownBy(source::load).isInstanceOf(DataException.class).hasMessageContaining("Labels and images are of different length")
                .hasMessageContaining("6 images").hasMessageContaining("5 labels").hasMessageContaining("\nMaybe ");
        Files.delete(mine.resolve(IdxFolder.TRAIN_LABELS));
        assertThatThrownBy(source::load).hasMessageContaining("has no train-labels-idx1-ubyte").hasMessageContaining("\nMaybe ");
        images(mine.resolve(IdxFolder.TRAIN_LABELS), 6, 4);
        assertThatThrownBy(source::load).hasMessageContaining("no labels");
        labels(mine.resolve(IdxFolder.TRAIN_LABELS), 6);
        var whole = Files.readAllBytes(mine.resolve(IdxFolder.TRAIN_IMAGES));
        Files.write(mine.resolve(IdxFolder.TRAIN_IMAGES), Arrays.copyOf(whole, 100));
        assertThatThrownBy(source::load).hasMessageContaining("train-images-idx3-ubyte").hasMessageContaining("needs 112 bytes, found 100");
        images(mine.resolve(IdxFolder.TRAIN_IMAGES), 6, 5);
        assertThatThrownBy(source::load).hasMessageContaining("[5, 5]").hasMessageContaining("[4, 4]");
    }

    private static void image(Path file, int width, int height, int type, int rgb) throws IOException {
        var image = new BufferedImage(width, height, type);
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                if (type == BufferedImage.TYPE_BYTE_GRAY) {
                    image.getRaster().setSample(x, y, 0, rgb & 0xff);
                } else {
                    image.setRGB(x, y, rgb);
                }
            }
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }

    @Test
    void subFoldersOfImagesAreClasses() throws IOException {
        for (int i = 0; i < 5; i++) {
            image(folder.resolve("pets/dog/" + i + ".png"), 3, 2, BufferedImage.TYPE_BYTE_GRAY, 100 + i);
            image(folder.resolve("pets/cat/" + i + ".PNG"), 3, 2, BufferedImage.TYPE_INT_RGB, 0x070707 * (i + 1));
        }
        Files.writeString(folder.resolve("pets/cat/.hidden"), "");
        var pets = offline(folder.resolve("pets").toString()).load();
        assertThat(pets.classes()).containsExactly("cat", "dog");
        assertThat(pets.inputShape()).isEqualTo(Shape.of(2, 3));
        assertThat(pets.train().size()).isEqualTo(8);
        assertThat(pets.test().size()).isEqualTo(2);
        // In the order of names: five cats, five dogs, their grey values untouched.
        assertThat(IntStream.range(0, 10).mapToDouble(i -> pets.train().x().at(6L * i)).toArray())
                .containsExactly(7, 14, 21, 28, 35, 100, 101, 102, 103, 104);
        image(folder.resolve("pets/cat/9.png"), 3, 2, BufferedImage.TYPE_INT_RGB, 0x112233);
        var coloured = offline(folder.resolve("pets").toString()).load();
        assertThat(coloured.inputShape()).isEqualTo(Shape.of(2, 3, 3));
        assertThat(IntStream.range(90, 93).mapToDouble(coloured.train().x()::at).toArray()).containsExactly(0x11, 0x22, 0x33);
        assertThat(coloured.provenance().sha256()).isNotEqualTo(pets.provenance().sha256());
    }

    @Test
    void faultyImagesAreNamed() throws IOException {
        for (int i = 0; i < 3; i++) {
            image(folder.resolve("p/a/" + i + ".png"), 3, 2, BufferedImage.TYPE_BYTE_GRAY, i);
            image(folder.resolve("p/b/" + i + ".png"), i == 2 ? 4 : 3, 2, BufferedImage.TYPE_BYTE_GRAY, i);
        }
        var source = offline(folder.resolve("p").toString());
        assertThatThrownBy(source::load).isInstanceOf(DataException.class).hasMessageContaining("2.png has 4 × 2 pixels")
                .hasMessageContaining("3 × 2");
        Files.writeString(folder.resolve("p/b/2.png"), "no image");
        assertThatThrownBy(source::load).isInstanceOf(DataException.class).hasMessageContaining("2.png");
        Files.createDirectories(folder.resolve("p/a0"));
        assertThatThrownBy(source::load).hasMessageContaining("a0 has no image");
        Files.createDirectories(folder.resolve("q/only"));
        image(folder.resolve("q/only/1.png"), 3, 2, BufferedImage.TYPE_BYTE_GRAY, 1);
        assertThatThrownBy(() -> offline(folder.resolve("q").toString()).load()).hasMessageContaining("one class");
        Files.createDirectories(folder.resolve("r"));
        assertThatThrownBy(() -> offline(folder.resolve("r").toString()).load()).hasMessageContaining("neither IDX files nor");
        Files.writeString(folder.resolve("r/t.csv"), "");
        assertThatThrownBy(() -> offline(folder.resolve("r").toString()).load()).hasMessageContaining("--data " + folder.resolve("r/t.csv"));
    }

    @Test
    void aTableIsFoundAsGivenOrInTheFolder() throws IOException {
        Files.writeString(folder.resolve("t.csv"), "a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n");
        assertThat(offline(folder.resolve("t.csv").toString()).load().name()).isEqualTo("t");
        assertThat(offline("t.csv").withFolder(folder).load().classes()).containsExactly("x", "y");
        Files.writeString(folder.resolve("t.bin"), "");
        assertThatThrownBy(() -> offline(folder.resolve("t.bin").toString()).load()).hasMessageContaining("no table");
    }

    /// The arrays of an archive, each of `n` rows counted from 0.
    private Path archive(Map<String, Type> arrays) throws IOException {
        var file = folder.resolve("arrays.npz");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var array : arrays.entrySet()) {
                var buffer = Buffer.allocate(array.getValue());
                for (int i = 0; i < buffer.size(); i++) {
                    buffer.set(i, i);
                }
                NumPy.write(folder.resolve("one.npy"), buffer);
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(Files.readAllBytes(folder.resolve("one.npy")));
                zip.closeEntry();
            }
        }
        return file;
    }

    @Test
    void anArchiveOfArraysIsADataSet() throws IOException {
        var parted = offline(archive(Map.of("x_train", Type.of(DType.U8, 6, 2, 2), "y_train", Type.of(DType.U8, 6),
                "x_test", Type.of(DType.U8, 3, 2, 2), "y_test", Type.of(DType.U8, 3, 1))).toString());
        assertThat(parted.load().train().size()).isEqualTo(6);
        assertThat(parted.load().test().label(2)).isEqualTo(2);
        assertThat(parted.load().classes()).hasSize(6);
        var values = offline(archive(Map.of("x", Type.of(DType.F64, 10, 2), "y", Type.of(DType.F64, 10))).toString()).load();
        assertThat(values.task()).isEqualTo(new Task.Regression());
        assertThat(values.train().y().type()).isEqualTo(Type.of(DType.F32, 10, 1));
        assertThat(values.test().size()).isEqualTo(2);
        var classes = offline(archive(Map.of("x", Type.of(DType.F32, 10, 2), "y", Type.of(DType.I64, 10, 1))).toString()).load();
        assertThat(classes.classes()).hasSize(10);
        assertThat(classes.name()).isEqualTo("arrays");
        assertThatThrownBy(() -> offline(archive(Map.of("x", Type.of(DType.F32, 10, 2))).toString()).load())
                .isInstanceOf(DataException.class).hasMessageContaining("no array \"y\" among [x]");
    }

    @Test
    void theEnvironmentNamesTheUsersFolder() {
        assertThat(Places.of(Map.of("CAVIAR_DATA", "/somewhere")).user()).isEqualTo(Path.of("/somewhere"));
        assertThat(Places.of(Map.of("CAVIAR_DATA", "")).user()).isNull();
    }

    @ParameterizedTest
    @Tag("shared")
    @ValueSource(strings = {"mnist", "fashion-mnist"})
    void theRealImagesAreRead(String name) {
        var data = offline(name).withFolder(shared("")).load();
        assertThat(data.train().size()).isEqualTo(60_000);
        assertThat(data.test().size()).isEqualTo(10_000);
        assertThat(data.inputShape()).isEqualTo(Shape.of(28, 28));
        assertThat(data.classes()).hasSize(10);
        assertThat(data.test().label(0)).isEqualTo(name.equals("mnist") ? 7 : 9);
        assertThat(data.train().label(0)).isEqualTo(name.equals("mnist") ? 5 : 9);
    }

    @Test
    @Tag("shared")
    void anotherDataSetsFilesAreRecognised() {
        assertThatThrownBy(() -> offline("mnist").withFolder(shared("fashion-mnist")).load()).isInstanceOf(DataException.class)
                .hasMessageContaining("fashion-mnist's");
    }
}
