package dev.caviar.nn.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes of a file are, it is read or refused: no other exception, and no memory that the file does not fill.
class MutationTest {
    @TempDir
    Path folder;

    private void mutate(String name, byte[] valid, Consumer<Path> read) throws IOException {
        var random = new Random(name.hashCode());
        var file = folder.resolve(name);
        int refused = 0;
        for (int k = 0; k < 600; k++) {
            var bytes = valid.clone();
            for (int m = random.nextInt(3); m >= 0; m--) {
                // Headers decide most, so most changes are there.
                int at = random.nextBoolean() ? random.nextInt(Math.min(bytes.length, 160)) : random.nextInt(bytes.length);
                bytes[at] = switch (random.nextInt(4)) {
                    case 0 -> (byte) random.nextInt(256);
                    case 1 -> (byte) ('0' + random.nextInt(10));
                    case 2 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
                    default -> (byte) -random.nextInt(2);
                };
            }
            Files.write(file, bytes);
            try {
                read.accept(file);
            } catch (DataException e) {
                assertThat(e).hasMessageContaining(name).hasMessageContaining("\nMaybe ");
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    private static Buffer counted(long... dims) {
        var buffer = Buffer.allocate(Type.of(DType.F32, dims));
        for (int i = 0; i < buffer.size(); i++) {
            buffer.set(i, i);
        }
        return buffer;
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void numpy() throws IOException {
        NumPy.write(folder.resolve("valid"), counted(3, 4));
        var valid = Files.readAllBytes(folder.resolve("valid"));
        mutate("x.npy", valid, NumPy::read);
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            for (var name : new String[] {"a.npy", "b.npy"}) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(valid);
                zip.closeEntry();
            }
        }
        mutate("x.npz", out.toByteArray(), NumPy::readArchive);
    }

    @Test
    void safetensors() throws IOException {
        var tensors = new LinkedHashMap<String, Buffer>();
        tensors.put("a", counted(2, 3));
        tensors.put("b", counted(5));
        Safetensors.of(tensors).withMetadata("k", "v").write(folder.resolve("valid"));
        mutate("x.safetensors", Files.readAllBytes(folder.resolve("valid")), Safetensors::read);
    }

    @Test
    void idx() throws IOException {
        var valid = new byte[16 + 24];
        System.arraycopy(new byte[] {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}, 0, valid, 0, 16);
        mutate("x-idx3-ubyte", valid, Idx::read);
        mutate("x-idx3-ubyte.gz", gzip(valid), Idx::read);
    }

    @Test
    void csv() throws IOException {
        var valid = "a,b,c\n1,\"x, \"\"y\"\"\",3\n4,z,6\n7,,9\n".getBytes();
        mutate("x.csv", valid, Csv::read);
        mutate("x.csv.gz", gzip(valid), Csv::read);
    }
}
