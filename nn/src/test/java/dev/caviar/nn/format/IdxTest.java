package dev.caviar.nn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdxTest {
    private static final byte[] BYTES = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, (byte) 250};

    @TempDir
    Path folder;

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("x-idx"), content);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void plainAndCompressedAreTheSame() throws IOException {
        var plain = Idx.read(file(BYTES));
        assertThat(plain.array().type()).isEqualTo(Type.of(DType.U8, 2, 3));
        assertThat(plain.array().at(5)).isEqualTo(250);
        var zipped = Idx.read(file(gzip(BYTES)));
        assertThat(zipped.array().at(5)).isEqualTo(250);
        assertThat(zipped.sha256()).isEqualTo(plain.sha256()).hasSize(64);
    }

    @ParameterizedTest
    @CsvSource({"9, 1, I32", "11, 2, I32", "12, 4, I32", "13, 4, F32", "14, 8, F64"})
    void otherTypesAreReadBigEndian(int code, int width, DType dtype) throws IOException {
        var content = ByteBuffer.allocate(8 + 2 * width).put(new byte[] {0, 0, (byte) code, 1, 0, 0, 0, 2});
        for (int value : new int[] {-3, 7}) {
            switch (code) {
                case 9 -> content.put((byte) value);
                case 11 -> content.putShort((short) value);
                case 12 -> content.putInt(value);
                case 13 -> content.putFloat(value);
                default -> content.putDouble(value);
            }
        }
        var array = Idx.read(file(content.array())).array();
        assertThat(array.type()).isEqualTo(Type.of(dtype, 2));
        assertThat(array.at(0)).isEqualTo(-3);
        assertThat(array.at(1)).isEqualTo(7);
    }

    @Test
    void aTruncatedFileIsNamedWithWhatWasExpectedAndFound() throws IOException {
        var cut = file(Arrays.copyOf(BYTES, 15));
        assertThatThrownBy(() -> Idx.read(cut)).isInstanceOf(DataException.class)
                .hasMessageContaining("x-idx").hasMessageContaining("needs 18 bytes, found 15").hasMessageContaining("\nMaybe ");
        var longer = file(Arrays.copyOf(BYTES, 19));
        assertThatThrownBy(() -> Idx.read(longer)).hasMessageContaining("more than the 18 bytes");
    }

    @Test
    void everyTruncationIsAnError() throws IOException {
        var noise = new byte[12 + 3000];
        new java.util.Random(1).nextBytes(noise);
        System.arraycopy(new byte[] {0, 0, 8, 2, 0, 0, 3, (byte) 0xe8, 0, 0, 0, 3}, 0, noise, 0, 12);
        var zipped = gzip(noise);
        assertThat(Idx.read(file(zipped)).array().type()).isEqualTo(Type.of(DType.U8, 1000, 3));
        for (int length = 0; length < zipped.length - 8; length += 7) {
            var file = file(Arrays.copyOf(zipped, length));
            assertThatThrownBy(() -> Idx.read(file)).isInstanceOf(DataException.class).hasMessageContaining("x-idx");
        }
        for (int length = 0; length < BYTES.length; length++) {
            var file = file(Arrays.copyOf(BYTES, length));
            assertThatThrownBy(() -> Idx.read(file)).isInstanceOf(DataException.class);
        }
    }

    @Test
    void aHugeClaimAsksForNoMemory() throws IOException {
        for (var dims : new byte[][] {{127, -1, -1, -1, 127, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1, -1}}) {
            var claim = ByteBuffer.allocate(20).put(new byte[] {0, 0, 14, 2}).put(dims).array();
            var plain = file(claim);
            assertThatThrownBy(() -> Idx.read(plain)).isInstanceOf(DataException.class);
            var zipped = file(gzip(claim));
            assertThatThrownBy(() -> Idx.read(zipped)).isInstanceOf(DataException.class);
        }
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        var page = file("<html>not found</html>".getBytes());
        assertThatThrownBy(() -> Idx.read(page)).hasMessageContaining("not an IDX file").hasMessageContaining("3c68746d");
        assertThatThrownBy(() -> Idx.read(folder.resolve("none"))).hasMessageContaining("no such file");
    }

    @Test
    @Tag("shared")
    void readsTheRealFiles() {
        var shared = Path.of(System.getProperty("caviar.shared", "none"), "data/mnist");
        if (!Files.isDirectory(shared)) {
            System.out.println("skipped: no reference data at " + shared);
            Assumptions.abort();
        }
        var images = Idx.read(shared.resolve("t10k-images-idx3-ubyte.gz"));
        assertThat(images.array().type()).isEqualTo(Type.of(DType.U8, 10000, 28, 28));
        assertThat(images.sha256()).isEqualTo("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");
        assertThat(Idx.read(shared.resolve("t10k-labels-idx1-ubyte.gz")).array().at(0)).isEqualTo(7);
    }
}
