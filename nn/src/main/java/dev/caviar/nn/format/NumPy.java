package dev.caviar.nn.format;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// NumPy's files: one array (`.npy`, versions 1 to 3) or a zip of named arrays (`.npz`).
///
/// Read are f2, f4, f8, i4, i8, u1 and b1 in either byte order and in C or Fortran order; written is version 1 in C order,
/// little-endian. Sizes are checked against the file before memory is asked for. Anything wrong is a [DataException].
/// Format: NumPy enhancement proposal 1.
///
/// ```java
/// NumPy.write(Path.of("x.npy"), Buffer.allocate(Type.of(DType.F32, 2, 3)));
/// Buffer x = NumPy.read(Path.of("x.npy"));
/// Map<String, Buffer> arrays = NumPy.readArchive(Path.of("mnist.npz"));
/// ```
public final class NumPy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int MOST_AXES = 64;
    private static final Pattern DESCR = Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]*)['\"]");
    private static final Pattern FORTRAN = Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([\\d\\sL,]*)\\)");

    private NumPy() {}

    private record Header(Type type, ByteOrder order, boolean fortran) {}

    /// The array of a `.npy` file.
    public static Buffer read(Path file) {
        try (var in = new BufferedInputStream(Files.newInputStream(file))) {
            return read(in, file.toString(), Files.size(file), Long.MAX_VALUE, false);
        } catch (IOException e) {
            throw DataException.unreadable("Reading", file, e);
        }
    }

    /// The arrays of a `.npz` file by name (without `.npy`), in the order of the file.
    public static Map<String, Buffer> readArchive(Path file) {
        return readArchive(file, Long.MAX_VALUE);
    }

    /// The same for a file that may come from anywhere: at most `most` bytes of memory are asked for.
    public static Map<String, Buffer> readArchive(Path file, long most) {
        try (var zip = new ZipFile(file.toFile())) {
            var arrays = new LinkedHashMap<String, Buffer>();
            long left = most;
            for (ZipEntry entry : zip.stream().toList()) {
                if (!entry.getName().endsWith(".npy")) {
                    continue;
                }
                var name = entry.getName().substring(0, entry.getName().length() - 4);
                long bound = entry.getMethod() == ZipEntry.STORED ? entry.getCompressedSize()
                        : Math.min(entry.getSize(), Bytes.DEFLATE_RATIO * entry.getCompressedSize());
                try (var in = new BufferedInputStream(zip.getInputStream(entry))) {
                    var array = read(in, file + "/" + entry.getName(), Math.min(bound, Files.size(file) * Bytes.DEFLATE_RATIO), left, true);
                    left -= array.type().bytes();
                    arrays.put(name, array);
                }
            }
            return arrays;
        } catch (IOException | IllegalArgumentException e) {
            if (!Files.exists(file)) {
                throw DataException.unreadable("Reading", file, new NoSuchFileException(file.toString()));
            }
            throw DataException.unreadable("Reading", file, e);
        }
    }

    /// Writes an array as a `.npy` file, all or nothing. NumPy has no bfloat16: such a buffer is refused.
    public static void write(Path file, Buffer array) {
        var type = array.type();
        var dims = type.shape().dims();
        var tuple = new StringBuilder();
        dims.forEach(dim -> tuple.append(dim).append(", "));
        if (dims.size() > 1) {
            tuple.setLength(tuple.length() - 2);
        }
        var text = "{'descr': '" + descr(type.dtype()) + "', 'fortran_order': False, 'shape': ("
                + tuple.toString().strip() + "), }";
        int padded = (10 + text.length() + 1 + 63) / 64 * 64;
        var header = ByteBuffer.allocate(padded).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (padded - 10));
        header.put(text.getBytes(StandardCharsets.US_ASCII));
        Arrays.fill(header.array(), header.position(), padded - 1, (byte) ' ');
        header.array()[padded - 1] = '\n';
        AtomicFile.write(file, out -> {
            Bytes.write(out, header.rewind());
            Bytes.write(out, array.memory(), type.bytes());
        });
    }

    private static String descr(DType dtype) {
        var order = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "<" : ">";
        return switch (dtype) {
            case F32 -> order + "f4";
            case F64 -> order + "f8";
            case F16 -> order + "f2";
            case I64 -> order + "i8";
            case I32 -> order + "i4";
            case U8 -> "|u1";
            case BOOL -> "|b1";
            case BF16 -> throw new DataException("NumPy has no type for " + dtype + ".", "Maybe convert it to F32 first.");
        };
    }

    /// Reads one array of a stream that holds at most `available` bytes, into at most `most`.
    private static Buffer read(InputStream in, String name, long available, long most, boolean archived) throws IOException {
        var prefix = in.readNBytes(8);
        if (prefix.length < 8 || !Arrays.equals(prefix, 0, 6, MAGIC, 0, 6)) {
            throw new DataException("Reading " + name + ": this is not a NumPy array, it does not begin with \\x93NUMPY.",
                    archived ? "Maybe the archive is damaged." : "Maybe it is a .npz archive, or a text file.");
        }
        int version = prefix[6];
        if (version < 1 || version > 3) {
            throw new DataException("Reading " + name + ": version " + version + " of the format is not known (1 to 3 are).",
                    "Maybe save it again with a current numpy.save.");
        }
        int lengthBytes = version == 1 ? 2 : 4;
        var lengthField = ByteBuffer.wrap(Arrays.copyOf(in.readNBytes(lengthBytes), 4)).order(ByteOrder.LITTLE_ENDIAN);
        long length = Integer.toUnsignedLong(lengthField.getInt());
        long start = 8 + lengthBytes + length;
        if (length > LONGEST_HEADER || start > available) {
            throw new DataException("Reading " + name + ": its header claims " + length + " bytes, the file has " + available
                    + ".", "Maybe the file is damaged or was cut off.");
        }
        var header = header(new String(in.readNBytes((int) length), StandardCharsets.UTF_8), name);
        if (header.type.bytes() > most) {
            throw new DataException("Reading " + name + ": its " + header.type + " needs " + header.type.bytes() + " bytes, only " + most
                    + " more are taken.", "Maybe the file is damaged.");
        }
        return body(in, name, available - start, header);
    }

    private static Buffer body(InputStream in, String name, long available, Header header) throws IOException {
        long expected = header.type.bytes();
        if (expected > available) {
            throw cutOff(name, header.type, expected, available);
        }
        var array = Buffer.allocate(header.type);
        long found = Bytes.fill(in, array.memory(), expected);
        if (found < expected) {
            throw cutOff(name, header.type, expected, found);
        }
        if (in.read() >= 0) {
            throw new DataException("Reading " + name + ": more bytes follow the " + expected + " of its " + header.type + ".",
                    "Maybe several arrays were saved into one file: save each into its own, or use numpy.savez.");
        }
        Bytes.order(array.memory(), array.size(), header.type.dtype().bytes(), header.order);
        return header.fortran && header.type.shape().rank() > 1 ? rowMajor(array) : array;
    }

    private static DataException cutOff(String name, Type type, long expected, long found) {
        return new DataException("Reading " + name + ": its " + type + " needs " + expected + " bytes, the file has "
                + found + ".", "Maybe the file was cut off while it was copied.");
    }

    private static Header header(String text, String name) {
        var descr = DESCR.matcher(text);
        var fortran = FORTRAN.matcher(text);
        var shape = SHAPE.matcher(text);
        if (!fortran.find() || !shape.find()) {
            throw new DataException("Reading " + name + ": its header is not understood: " + text.strip(),
                    "Maybe the file is damaged.");
        }
        if (!descr.find()) {
            throw new DataException("Reading " + name + ": arrays of records are not supported: " + text.strip(),
                    "Maybe save each field as an array of its own.");
        }
        var code = descr.group(1);
        var order = code.startsWith(">") ? ByteOrder.BIG_ENDIAN
                : code.startsWith("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.nativeOrder();
        var type = new Type(dtype(code, name), shape(shape.group(1), name));
        try {
            type.bytes();
        } catch (ArithmeticException e) {
            throw new DataException("Reading " + name + ": an array of shape " + type.shape() + " fits no memory.",
                    "Maybe the file is damaged.", e);
        }
        return new Header(type, order, fortran.group(1).equals("True"));
    }

    private static DType dtype(String code, String name) {
        return switch (code.isEmpty() ? code : code.substring(1)) {
            case "f4" -> DType.F32;
            case "f8" -> DType.F64;
            case "f2" -> DType.F16;
            case "i8" -> DType.I64;
            case "i4" -> DType.I32;
            case "u1" -> DType.U8;
            case "b1" -> DType.BOOL;
            default -> throw new DataException("Reading " + name + ": elements of type '" + code
                    + "' are not supported (f2, f4, f8, i4, i8, u1 and b1 are).",
                    "Maybe save it as array.astype(\"float32\"), or as int64 if it holds labels.");
        };
    }

    private static Shape shape(String tuple, String name) {
        var dims = new ArrayList<Long>();
        for (var part : tuple.split(",")) {
            var digits = part.strip().replace("L", "");
            if (digits.isEmpty()) {
                continue;
            }
            if (!digits.matches("\\d{1,18}") || dims.size() == MOST_AXES) {
                throw new DataException("Reading " + name + ": the shape (" + tuple + ") is not possible.",
                        "Maybe the file is damaged.");
            }
            dims.add(Long.parseLong(digits));
        }
        return new Shape(dims);
    }

    /// In Fortran order the first axis runs fastest.
    private static Buffer rowMajor(Buffer columns) {
        var dims = columns.type().shape().toArray();
        int width = columns.type().dtype().bytes();
        var steps = new long[dims.length];
        long step = 1;
        for (int axis = 0; axis < dims.length; axis++) {
            steps[axis] = step;
            step *= dims[axis];
        }
        var rows = Buffer.allocate(columns.type());
        var index = new long[dims.length];
        long from = 0;
        for (long to = 0; to < columns.size(); to++) {
            MemorySegment.copy(columns.memory(), from * width, rows.memory(), to * width, width);
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                from += steps[axis];
                if (++index[axis] < dims[axis]) {
                    break;
                }
                from -= steps[axis] * dims[axis];
                index[axis] = 0;
            }
        }
        return rows;
    }
}
