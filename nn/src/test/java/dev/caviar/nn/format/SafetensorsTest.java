package dev.caviar.nn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    // Written by Hugging Face's library: b = [1.5, 2] f32, a = [[1], [2]] i64, u = [9] u8, metadata k = v.
    private static final String THEIRS = "wAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJrIjoidiJ9LCJhIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyLDFdLCJkYXRhX29mZnNldHMiOlswLDE2XX0sImIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlsxNiwyNF19LCJ1Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlsyNCwyNV19fSABAAAAAAAAAAIAAAAAAAAAAADAPwAAAEAJ";

    @TempDir
    Path folder;

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("m.safetensors"), content);
    }

    private static byte[] content(String header, int data) {
        var text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text).array();
    }

    private static Buffer counted(DType dtype, long... dims) {
        var buffer = Buffer.allocate(Type.of(dtype, dims));
        for (int i = 0; i < buffer.size(); i++) {
            buffer.set(i, dtype == DType.BOOL ? i % 2 : i + 1);
        }
        return buffer;
    }

    @Test
    void readsWhatTheReferenceWrote() throws IOException {
        var read = Safetensors.read(file(Base64.getDecoder().decode(THEIRS)));
        assertThat(read.tensors().keySet()).containsExactly("a", "b", "u");
        assertThat(read.metadata()).containsExactly(Map.entry("k", "v"));
        assertThat(read.tensors().get("a").type()).isEqualTo(Type.of(DType.I64, 2, 1));
        assertThat(read.tensors().get("a").longAt(1)).isEqualTo(2);
        assertThat(read.tensors().get("b").at(0)).isEqualTo(1.5);
        assertThat(read.tensors().get("u").at(0)).isEqualTo(9);
    }

    @Test
    void writesTheBytesThatTheReferenceWrites() throws IOException {
        var theirs = Base64.getDecoder().decode(THEIRS);
        var ours = folder.resolve("ours");
        Safetensors.read(file(theirs)).write(ours);
        assertThat(Files.readAllBytes(ours)).isEqualTo(theirs);
    }

    @Test
    void everyTypeComesBackInOrder() {
        var tensors = new LinkedHashMap<String, Buffer>();
        for (var dtype : DType.values()) {
            tensors.put("z" + (9 - dtype.ordinal()) + "/" + dtype, counted(dtype, 3));
        }
        tensors.put("empty", counted(DType.F32, 0, 4));
        tensors.put("scalar \"ü\"", counted(DType.BF16));
        var file = folder.resolve("deep/er/all.safetensors");
        Safetensors.of(tensors).withMetadata("b", "1").withMetadata("a", "2").write(file);
        var back = Safetensors.read(file);
        assertThat(back.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
        assertThat(back.metadata().keySet()).containsExactly("b", "a");
        tensors.forEach((name, buffer) -> {
            assertThat(back.tensors().get(name).type()).isEqualTo(buffer.type());
            for (int i = 0; i < buffer.size(); i++) {
                assertThat(back.tensors().get(name).at(i)).isEqualTo(buffer.at(i));
            }
        });
    }

    @Test
    void aWrittenFileIsAsReadableAsAnyOther() throws IOException {
        Files.writeString(folder.resolve("plain"), "x");
        AtomicFile.write(folder.resolve("atomic"), out -> out.write(ByteBuffer.wrap(new byte[1])));
        Assumptions.assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"));
        assertThat(Files.getPosixFilePermissions(folder.resolve("atomic")))
                .isEqualTo(Files.getPosixFilePermissions(folder.resolve("plain")));
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        var file = folder.resolve("old");
        Files.writeString(file, "old");
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
            out.write(ByteBuffer.wrap(new byte[100]));
            throw new IOException("disk full");
        })).isInstanceOf(DataException.class).hasMessageContaining("disk full");
        assertThat(file).hasContent("old");
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,1e30]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}",
        "{\"a\":7}", "[]", "{", "{}"})
    void aFalseHeaderIsAnError(String header) throws IOException {
        var file = file(content(header, 8));
        assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(DataException.class)
                .hasMessageContaining("m.safetensors").hasMessageContaining("\nMaybe ");
    }

    @Test
    void aHeaderLongerThanTheFileIsRefusedUnread() throws IOException {
        for (long length : new long[] {-1, Long.MIN_VALUE, 1, 90_000_000, 200_000_000, Long.MAX_VALUE}) {
            var file = file(ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
            assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(DataException.class)
                    .hasMessageContaining(Long.toUnsignedString(length));
        }
    }

    @Test
    void everyTruncationIsAnError() throws IOException {
        var whole = Base64.getDecoder().decode(THEIRS);
        for (int length = 0; length < whole.length; length++) {
            var file = file(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(DataException.class);
        }
        var longer = file(Arrays.copyOf(whole, whole.length + 1));
        assertThatThrownBy(() -> Safetensors.read(longer)).isInstanceOf(DataException.class);
    }
}
