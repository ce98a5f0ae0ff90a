package dev.caviar.nn.format;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// Moves bytes between streams and native memory.
final class Bytes {
    private static final int CHUNK = 1 << 18;
    /// Deflate cannot shrink by more than this, so a compressed file bounds its own content.
    static final long DEFLATE_RATIO = 1032;

    private Bytes() {}

    /// Reads up to `bytes` bytes into `target`, and returns how many there were.
    static long fill(InputStream in, MemorySegment target, long bytes) throws IOException {
        var chunk = new byte[(int) Math.min(CHUNK, Math.max(1, bytes))];
        long done = 0;
        while (done < bytes) {
            int read = in.read(chunk, 0, (int) Math.min(chunk.length, bytes - done));
            if (read < 0) {
                break;
            }
            MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, done, read);
            done += read;
        }
        return done;
    }

    static void write(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    static void write(WritableByteChannel out, MemorySegment memory, long bytes) throws IOException {
        for (long at = 0; at < bytes; at += CHUNK) {
            write(out, memory.asSlice(at, Math.min(CHUNK, bytes - at)).asByteBuffer());
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Adds memory to a digest.
    static void digest(MemorySegment memory, long bytes, MessageDigest digest) {
        for (long at = 0; at < bytes; at += CHUNK) {
            digest.update(memory.asSlice(at, Math.min(CHUNK, bytes - at)).asByteBuffer());
        }
    }

    /// Brings `count` elements of `width` bytes from this byte order to the machine's.
    static void order(MemorySegment memory, long count, int width, ByteOrder from) {
        if (from == ByteOrder.nativeOrder()) {
            return;
        }
        switch (width) {
            case 2 -> {
                for (long i = 0; i < count; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_SHORT, i,
                            Short.reverseBytes(memory.getAtIndex(ValueLayout.JAVA_SHORT, i)));
                }
            }
            case 4 -> {
                for (long i = 0; i < count; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_INT, i,
                            Integer.reverseBytes(memory.getAtIndex(ValueLayout.JAVA_INT, i)));
                }
            }
            case 8 -> {
                for (long i = 0; i < count; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_LONG, i,
                            Long.reverseBytes(memory.getAtIndex(ValueLayout.JAVA_LONG, i)));
                }
            }
            default -> { }
        }
    }
}
