package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Keeps the elements in a file, which the first pass writes before it gives any; later ones read it where it lies.
///
/// The file is the elements, then a directory, all little-endian. An element is its parts, each at a multiple of 64 bytes as its type and its
/// numbers, and has a CRC-32C in the directory, which has one itself. The file is there whole or not at all.
///
/// ```text
/// element*   part: dtype i32, rank i32, length i64 × rank, padding, numbers, padding
/// directory  for each element its offset i64, its bytes i64, its parts i32, its CRC i32; then the pipeline's identity
/// end        directory's offset i64, elements i64, text's bytes i32, directory's CRC i32, "CAVIAR-1"
/// ```
final class DiskCache implements Stage.Like {
    private static final long MAGIC = 0x312D524149564143L;     // "CAVIAR-1"
    private static final int END = 8 + 8 + 4 + 4 + 8;
    private static final int ENTRY = 8 + 8 + 4 + 4;
    private static final int ALIGN = 64;
    private final Stage up;
    private final Path file;
    private @Nullable String identity;

    private record Entry(long offset, long bytes, int parts, int crc) {}

    private record Content(MemorySegment memory, List<Entry> entries) {}

    DiskCache(Stage up, Path file) {
        this.up = up;
        this.file = file;
    }

    @Override
    public Stage up() {
        return up;
    }

    @Override
    public String text() {
        return up.text() + " | cache";
    }

    @Override
    public Cursor open(long epoch, Flow flow) {
        return new Cursor() {
            private @Nullable Content content;
            private int at;

            @Override
            public @Nullable Task next() {
                if (content == null) {
                    if (!Files.exists(file)) {
                        write();
                    }
                    content = read();
                }
                var from = content;
                int i = at;
                if (i == from.entries.size()) {
                    return null;
                }
                at++;
                return () -> item(from, i);
            }
        };
    }

    // ---- writing

    private void write() {
        AtomicFile.write(file, out -> {
            var entries = new ArrayList<Entry>();
            try (var cursor = up.open(0, new Flow(null))) {
                for (var task = cursor.next(); task != null; task = cursor.next()) {
                    entries.add(put(out, task.get()));
                }
            }
            var text = identity().getBytes(StandardCharsets.UTF_8);
            var directory = little(Math.toIntExact((long) entries.size() * ENTRY + text.length));
            entries.forEach(e -> directory.putLong(e.offset).putLong(e.bytes).putInt(e.parts).putInt(e.crc));
            directory.put(text).flip();
            var end = little(END).putLong(out.position()).putLong(entries.size()).putInt(text.length).putInt(crc(directory.duplicate()))
                    .putLong(MAGIC).flip();
            all(out, directory);
            all(out, end);
        });
    }

    private static Entry put(FileChannel out, Item item) throws IOException {
        long offset = out.position();
        var crc = new CRC32C();
        for (var part : item.parts()) {
            var type = part.type();
            var head = little(padded(8 + 8 * type.shape().rank())).putInt(type.dtype().ordinal()).putInt(type.shape().rank());
            type.shape().dims().forEach(head::putLong);
            put(out, head.clear(), crc);
            put(out, part.array().buffer().memory().asSlice(0, type.bytes()).asByteBuffer(), crc);
            put(out, little(padded(type.bytes()) - Math.toIntExact(type.bytes())), crc);
        }
        return new Entry(offset, out.position() - offset, item.parts().size(), (int) crc.getValue());
    }

    private static void put(FileChannel out, ByteBuffer bytes, CRC32C crc) throws IOException {
        crc.update(bytes.duplicate());
        all(out, bytes);
    }

    private static void all(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int padded(long bytes) {
        return Math.toIntExact((bytes + ALIGN - 1) / ALIGN * ALIGN);
    }

    private static int crc(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    // ---- reading

    private Content read() {
        try (var channel = FileChannel.open(file)) {
            long size = channel.size();
            var memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
            if (size < END) {
                throw damaged("it is too short");
            }
            var end = bytes(memory, size - END, END);
            long offset = end.getLong();
            long count = end.getLong();
            int text = end.getInt();
            int crc = end.getInt();
            if (end.getLong() != MAGIC) {
                throw damaged("it does not end as such a file does");
            }
            if (offset < 0 || text < 0 || count < 0 || count > size / ENTRY || offset + count * ENTRY + text != size - END) {
                throw damaged("its directory does not fit into it");
            }
            var directory = bytes(memory, offset, count * ENTRY + text);
            if (crc(directory.duplicate()) != crc) {
                throw damaged("the checksum of its directory is wrong");
            }
            var entries = new ArrayList<Entry>();
            for (long i = 0; i < count; i++) {
                entries.add(new Entry(directory.getLong(), directory.getLong(), directory.getInt(), directory.getInt()));
            }
            var made = StandardCharsets.UTF_8.decode(directory).toString();
            if (!made.equals(identity())) {
                throw new DataException("Pipeline.cache: " + file + " holds the elements of another pipeline: " + made + ", not " + identity()
                        + ".", "Maybe give each pipeline a file of its own, or delete it.");
            }
            return new Content(memory, entries);
        } catch (IOException e) {
            throw new DataException("Pipeline.cache: " + file + " cannot be read: " + e.getMessage() + ".", "Maybe the disk is gone.", e);
        }
    }

    private synchronized String identity() {
        if (identity == null) {
            identity = Stage.identity(up);
        }
        return identity;
    }

    private Item item(Content from, int i) {
        var entry = from.entries.get(i);
        var bytes = bytes(from.memory, entry.offset, entry.bytes);
        if (crc(bytes.duplicate()) != entry.crc) {
            throw damaged("the checksum of element " + i + " is wrong");
        }
        var parts = new ArrayList<Tensor>();
        int at = 0;
        for (int part = 0; part < entry.parts; part++) {
            var dims = new long[bytes.getInt(at + 4)];
            for (int axis = 0; axis < dims.length; axis++) {
                dims[axis] = bytes.getLong(at + 8 + 8 * axis);
            }
            var type = new Type(DType.values()[bytes.getInt(at)], Shape.of(dims));
            at += padded(8 + 8 * dims.length);
            parts.add(Tensor.wrap(new Buffer(from.memory.asSlice(entry.offset + at, type.bytes()), type)));
            at += padded(type.bytes());
        }
        return new Item(parts);
    }

    private static ByteBuffer bytes(MemorySegment memory, long offset, long bytes) {
        return memory.asSlice(offset, bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private DataException damaged(String how) {
        return new DataException("Pipeline.cache: " + file + " is damaged: " + how + ".", "Maybe delete it: it is made again.");
    }
}
