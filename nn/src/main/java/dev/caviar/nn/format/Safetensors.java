package dev.caviar.nn.format;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Named tensors in order, with free text beside them: the content of a safetensors file.
///
/// All our element types are kept as they are. Reading checks the header before it asks for memory: at most 100 MB of it,
/// no name twice, every range inside the file, of its shape's size, without holes or overlap; else [DataException].
/// Writing is all or nothing, to the same bytes for the same content. Format: huggingface/safetensors, README.
///
/// ```java
/// var weights = new LinkedHashMap<String, Buffer>();
/// weights.put("dense/kernel", Buffer.allocate(Type.of(DType.F32, 784, 10)));
/// Safetensors.of(weights).withMetadata("created by", "me").write(Path.of("model.safetensors"));
/// Buffer kernel = Safetensors.read(Path.of("model.safetensors")).tensors().get("dense/kernel");
/// ```
public record Safetensors(Map<String, Buffer> tensors, Map<String, String> metadata) {
    private static final long LONGEST_HEADER = 100_000_000;
    private static final int MOST_AXES = 64;
    private static final String METADATA = "__metadata__";
    private static final String CHECKSUM = "sha256";
    private static final JsonMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    public Safetensors {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        if (tensors.containsKey(METADATA)) {
            throw new DataException("Safetensors: no tensor can be named " + METADATA + ".", "Maybe give it another name.");
        }
    }

    private record Entry(String name, Type type, long begin, long end) {}

    /// These tensors, without metadata.
    public static Safetensors of(Map<String, Buffer> tensors) {
        return new Safetensors(tensors, Map.of());
    }

    /// This content with one more text beside the tensors.
    public Safetensors withMetadata(String key, String value) {
        var more = new LinkedHashMap<>(metadata);
        more.put(key, value);
        return new Safetensors(tensors, more);
    }

    /// The content of a file, tensors in the order of its header.
    public static Safetensors read(Path file) {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return read(in, file, Files.size(file));
        } catch (IOException e) {
            throw DataException.unreadable("Reading", file, e);
        }
    }

    private static Safetensors read(InputStream in, Path file, long size) throws IOException {
        var field = in.readNBytes(8);
        long length = ByteBuffer.wrap(Arrays.copyOf(field, 8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (field.length < 8 || length < 2 || length > LONGEST_HEADER || length > size - 8) {
            throw damaged(file, "a header of " + Long.toUnsignedString(length) + " bytes cannot be in a file of " + size);
        }
        var metadata = new LinkedHashMap<String, String>();
        var entries = entries(in.readNBytes((int) length), file, metadata);
        var byPlace = new ArrayList<>(entries);
        byPlace.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (var entry : byPlace) {
            if (entry.begin != end) {
                throw damaged(file, "\"" + entry.name + "\" begins at byte " + entry.begin + ", the tensor before it ends at "
                        + end);
            }
            end = entry.end;
        }
        if (end != size - 8 - length) {
            throw damaged(file, "its tensors take " + end + " bytes, the file has " + (size - 8 - length) + " for them");
        }
        var found = new LinkedHashMap<String, Buffer>();
        for (var entry : byPlace) {
            found.put(entry.name, load(in, file, entry));
        }
        var tensors = new LinkedHashMap<String, Buffer>();
        entries.forEach(entry -> tensors.put(entry.name, found.get(entry.name)));
        return new Safetensors(tensors, metadata);
    }

    private static Buffer load(InputStream in, Path file, Entry entry) throws IOException {
        var buffer = Buffer.allocate(entry.type);
        long read = Bytes.fill(in, buffer.memory(), entry.type.bytes());
        if (read < entry.type.bytes()) {
            throw damaged(file, "\"" + entry.name + "\" has " + read + " of its " + entry.type.bytes() + " bytes");
        }
        Bytes.order(buffer.memory(), buffer.size(), entry.type.dtype().bytes(), ByteOrder.LITTLE_ENDIAN);
        return buffer;
    }

    private static List<Entry> entries(byte[] header, Path file, Map<String, String> metadata) {
        JsonNode root;
        try {
            root = JSON.readTree(header);
        } catch (JacksonException e) {
            throw new DataException("Reading " + file + ": its header is not valid JSON: " + e.getOriginalMessage(),
                    "Maybe it is not a safetensors file.", e);
        }
        if (!root.isObject()) {
            throw damaged(file, "its header is not a JSON object");
        }
        var entries = new ArrayList<Entry>();
        for (var property : root.properties()) {
            if (property.getKey().equals(METADATA)) {
                for (var text : property.getValue().properties()) {
                    metadata.put(text.getKey(), text.getValue().asString());
                }
            } else {
                entries.add(entry(property.getKey(), property.getValue(), file));
            }
        }
        return entries;
    }

    private static Entry entry(String name, JsonNode node, Path file) {
        var dtype = node.path("dtype");
        var shape = node.path("shape");
        var offsets = node.path("data_offsets");
        boolean whole = shape.isArray() && offsets.isArray() && offsets.size() == 2 && shape.size() <= MOST_AXES;
        for (var number : whole ? List.of(shape, offsets) : List.<JsonNode>of()) {
            for (var value : number) {
                whole &= value.isIntegralNumber() && value.canConvertToLong() && value.asLong() >= 0;
            }
        }
        if (!whole || !dtype.isString()) {
            throw damaged(file, "\"" + name + "\" is described by " + brief(node)
                    + ", which is not a dtype, a shape and two data_offsets");
        }
        var dims = new ArrayList<Long>();
        shape.forEach(dim -> dims.add(dim.asLong()));
        var type = new Type(dtype(dtype.asString(), name, file), new Shape(dims));
        long begin = offsets.get(0).asLong();
        long end = offsets.get(1).asLong();
        long bytes;
        try {
            bytes = type.bytes();
        } catch (ArithmeticException e) {
            throw damaged(file, "\"" + name + "\" of shape " + type.shape() + " fits no memory");
        }
        if (end - begin != bytes) {
            throw damaged(file, "\"" + name + "\" is " + type + ", so " + bytes + " bytes, but stands at [" + begin + ", " + end
                    + ")");
        }
        return new Entry(name, type, begin, end);
    }

    private static String brief(JsonNode node) {
        var text = node.toString();
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    private static DType dtype(String code, String name, Path file) {
        for (var dtype : DType.values()) {
            if (dtype.name().equals(code)) {
                return dtype;
            }
        }
        throw new DataException("Reading " + file + ": \"" + name + "\" has elements of type " + code
                + ", which is not supported (" + Arrays.toString(DType.values()) + " are).",
                "Maybe convert that tensor before it is saved.");
    }

    private static DataException damaged(Path file, String how) {
        return new DataException("Reading " + file + ": " + how + ".", "Maybe the file is damaged, was cut off, or is no safetensors file.");
    }

    /// This content with its own checksum among the texts, for [#whole].
    public Safetensors withChecksum() {
        return withMetadata(CHECKSUM, withoutChecksum().sha256());
    }

    /// Whether it has a checksum, and is what that says.
    public boolean whole() {
        return withoutChecksum().sha256().equals(metadata.get(CHECKSUM));
    }

    private Safetensors withoutChecksum() {
        var rest = new LinkedHashMap<>(metadata);
        rest.remove(CHECKSUM);
        return new Safetensors(tensors, rest);
    }

    /// The SHA-256 of all that this is: texts, names, types and elements.
    public String sha256() {
        var digest = Bytes.sha256();
        new TreeMap<>(metadata).forEach((key, value) -> digest.update((key + '\0' + value + '\0').getBytes(StandardCharsets.UTF_8)));
        new TreeMap<>(tensors).forEach((name, buffer) -> {
            digest.update((name + '\0' + buffer.type() + '\0').getBytes(StandardCharsets.UTF_8));
            Bytes.digest(buffer.memory(), buffer.type().bytes(), digest);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Writes the file, all or nothing, and gives the SHA-256 of its bytes.
    public String write(Path file) {
        var places = places();
        var header = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            var texts = header.putObject(METADATA);
            metadata.forEach(texts::put);
        }
        tensors.forEach((name, buffer) -> {
            var node = header.putObject(name);
            node.put("dtype", buffer.type().dtype().name());
            var shape = node.putArray("shape");
            buffer.type().shape().dims().forEach(shape::add);
            long begin = places.get(name);
            node.putArray("data_offsets").add(begin).add(begin + buffer.type().bytes());
        });
        var text = header.toString().getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        if (padded > LONGEST_HEADER) {
            throw new DataException("Writing " + file + ": the header would take " + padded + " bytes, at most "
                    + LONGEST_HEADER + " are allowed.", "Maybe write the tensors into several files.");
        }
        var head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(text);
        Arrays.fill(head.array(), head.position(), head.capacity(), (byte) ' ');
        var digest = Bytes.sha256();
        AtomicFile.write(file, out -> {
            digest.update(head.rewind());
            Bytes.write(out, head.rewind());
            for (var name : places.keySet()) {
                writeTensor(out, tensors.get(name), digest);
            }
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Where each tensor begins: wide elements first, so that every tensor is aligned for its type.
    private Map<String, Long> places() {
        var names = new ArrayList<>(tensors.keySet());
        names.sort(Comparator.comparing(name -> -tensors.get(name).type().dtype().bytes()));
        var places = new LinkedHashMap<String, Long>();
        long at = 0;
        for (var name : names) {
            places.put(name, at);
            at += tensors.get(name).type().bytes();
        }
        return places;
    }

    private static void writeTensor(FileChannel out, Buffer buffer, MessageDigest digest) throws IOException {
        long bytes = buffer.type().bytes();
        var little = buffer;
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            little = Buffer.allocate(buffer.type());
            little.copyFrom(buffer);
            Bytes.order(little.memory(), little.size(), buffer.type().dtype().bytes(), ByteOrder.LITTLE_ENDIAN);
        }
        Bytes.digest(little.memory(), bytes, digest);
        Bytes.write(out, little.memory(), bytes);
    }
}
