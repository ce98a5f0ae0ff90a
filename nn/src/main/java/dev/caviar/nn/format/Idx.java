package dev.caviar.nn.format;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/// An array of an IDX file, the format of MNIST, with the SHA-256 of the file's uncompressed content.
///
/// The file may be compressed by gzip, whatever its name. Unsigned bytes become U8; signed bytes and shorts become I32;
/// ints, floats and doubles keep their type. A file that is shorter or longer than its header says is a [DataException]
/// that names it with the bytes expected and found. Format: LeCun, Cortes, Burges, "The MNIST database", 1998.
///
/// ```java
/// Idx images = Idx.read(Path.of("train-images-idx3-ubyte.gz"));
/// Type type = images.array().type();          // u8[60000, 28, 28]
/// ```
public record Idx(Buffer array, String sha256) {
    private static final int MOST_AXES = 8;

    /// The array of a file.
    public static Idx read(Path file) {
        try (var raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            raw.mark(2);
            boolean compressed = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            long bound = Files.size(file) * (compressed ? Bytes.DEFLATE_RATIO : 1);
            var digest = MessageDigest.getInstance("SHA-256");
            try (var in = new DigestInputStream(compressed ? new GZIPInputStream(raw, 1 << 16) : raw, digest)) {
                var array = read(in, file, bound);
                return new Idx(array, HexFormat.of().formatHex(digest.digest()));
            }
        } catch (EOFException e) {
            throw new DataException("Reading " + file + ": the file is empty or was cut off within its first bytes.",
                    "Maybe copy or download it again.", e);
        } catch (IOException e) {
            throw DataException.unreadable("Reading", file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Buffer read(InputStream in, Path file, long bound) throws IOException {
        var magic = in.readNBytes(4);
        if (magic.length < 4 || magic[0] != 0 || magic[1] != 0 || magic[3] < 1 || magic[3] > MOST_AXES) {
            throw new DataException("Reading " + file + ": this is not an IDX file, it begins with 0x"
                    + HexFormat.of().formatHex(magic) + ".", "Maybe it is another format, or the download was a web page.");
        }
        int width = width(magic[2], file);
        int rank = magic[3];
        var lengths = in.readNBytes(4 * rank);
        if (lengths.length < 4 * rank) {
            throw cutOff(file, "header of " + (4 + 4 * rank) + " bytes", 4L + 4 * rank, 4L + lengths.length);
        }
        var dims = new ArrayList<Long>();
        var reader = ByteBuffer.wrap(lengths);
        for (int axis = 0; axis < rank; axis++) {
            dims.add(Integer.toUnsignedLong(reader.getInt()));
        }
        var shape = new Shape(dims);
        long head = 4L + 4 * rank;
        long bytes = bytes(shape, width, file);
        if (head + bytes > bound) {
            throw cutOff(file, "content of shape " + shape, head + bytes, head + drain(in));
        }
        return body(in, file, new Type(dtype(magic[2]), shape), width, head);
    }

    private static Buffer body(InputStream in, Path file, Type type, int width, long head) throws IOException {
        var array = Buffer.allocate(type);
        long bytes = type.shape().size() * width;
        long found = fill(in, array, bytes);
        if (found < bytes) {
            throw cutOff(file, "content of shape " + type.shape(), head + bytes, head + found);
        }
        if (in.read() >= 0) {
            throw new DataException("Reading " + file + ": more than the " + (head + bytes)
                    + " bytes that its shape " + type.shape() + " says.", "Maybe two files were joined, or the header is damaged.");
        }
        Bytes.order(array.memory(), array.size(), width, ByteOrder.BIG_ENDIAN);
        return width < type.dtype().bytes() ? widen(array, width) : array;
    }

    /// A gzip stream that ends early throws instead of returning what it had.
    private static long fill(InputStream in, Buffer array, long bytes) throws IOException {
        var counted = new Counted(in);
        try {
            return Bytes.fill(counted, array.memory(), bytes);
        } catch (EOFException e) {
            return counted.count;
        }
    }

    private static final class Counted extends FilterInputStream {
        private long count;

        private Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = super.read(target, offset, length);
            count += Math.max(0, read);
            return read;
        }
    }

    private static long drain(InputStream in) throws IOException {
        long count = 0;
        var chunk = new byte[1 << 16];
        try {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                count += read;
            }
        } catch (EOFException e) {
            return count;
        }
        return count;
    }

    private static long bytes(Shape shape, int width, Path file) {
        try {
            return Math.multiplyExact(Math.multiplyExact(shape.size(), 8L), 8L) / 64 * width;
        } catch (ArithmeticException e) {
            throw new DataException("Reading " + file + ": an array of shape " + shape + " fits no memory.",
                    "Maybe the header is damaged.", e);
        }
    }

    private static DataException cutOff(Path file, String what, long expected, long found) {
        return new DataException("Reading " + file + ": its " + what + " needs " + expected + " bytes, found " + found
                + " (uncompressed).", "Maybe the file was cut off: copy or download it again.");
    }

    private static int width(byte code, Path file) {
        return switch (code) {
            case 0x08, 0x09 -> 1;
            case 0x0B -> 2;
            case 0x0C, 0x0D -> 4;
            case 0x0E -> 8;
            default -> throw new DataException("Reading " + file + ": the element type 0x"
                    + HexFormat.of().toHexDigits(code) + " is not one of IDX (08, 09, 0b, 0c, 0d, 0e).",
                    "Maybe the file is damaged.");
        };
    }

    private static DType dtype(byte code) {
        return switch (code) {
            case 0x08 -> DType.U8;
            case 0x0D -> DType.F32;
            case 0x0E -> DType.F64;
            default -> DType.I32;
        };
    }

    /// Bytes and shorts stand at the front of the memory: taken from the back, none is overwritten before it is read.
    private static Buffer widen(Buffer narrow, int width) {
        var memory = narrow.memory();
        for (long i = narrow.size() - 1; i >= 0; i--) {
            int value = width == 1 ? memory.get(ValueLayout.JAVA_BYTE, i)
                    : memory.getAtIndex(ValueLayout.JAVA_SHORT, i);
            memory.setAtIndex(ValueLayout.JAVA_INT, i, value);
        }
        return narrow;
    }
}
