package dev.caviar.nn.format;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Writes a file all or not at all: a temporary file beside it is filled, forced to the disk, and renamed.
///
/// A reader sees the old content or the new, also after a crash; missing parent folders are made.
///
/// ```java
/// var folder = Files.createTempDirectory("runs");
/// AtomicFile.write(folder.resolve("a/settings.json"), out -> out.write(ByteBuffer.wrap("{}".getBytes())));
/// ```
public final class AtomicFile {
    private AtomicFile() {}

    /// Fills the file through the channel it is given.
    @FunctionalInterface
    public interface Content {
        /// Writes everything; an exception leaves the old file as it was.
        void writeTo(FileChannel out) throws IOException;
    }

    /// Writes `file`; throws [DataException] that names it where the system refuses.
    public static void write(Path file, Content content) {
        var folder = file.toAbsolutePath().normalize().getParent();
        Path temporary = null;
        try {
            Files.createDirectories(folder);
            // Not createTempFile: its files are readable by their owner alone, and stay so after the rename.
            temporary = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
            try (var out = FileChannel.open(temporary, CREATE_NEW, READ, WRITE)) {
                content.writeTo(out);
                out.force(true);
            }
            move(temporary, file);
            forceFolder(folder);
        } catch (IOException e) {
            throw DataException.unreadable("Writing", file, e);
        } finally {
            delete(temporary);
        }
    }

    /// Deletes what killed processes left half-written beside files whose names begin so, once it is older than `age`; there is no harm in
    /// what cannot be deleted.
    public static void sweep(Path folder, String prefix, Duration age) {
        var oldest = Instant.now().minus(age);
        try (var files = Files.list(folder)) {
            for (var file : files.filter(file -> isTemporary(file.getFileName().toString(), prefix)).toList()) {
                if (!Files.getLastModifiedTime(file).toInstant().isAfter(oldest)) {
                    delete(file);
                }
            }
        } catch (IOException | UncheckedIOException ignored) {
            // Writing says better what is wrong with the folder.
        }
    }

    private static boolean isTemporary(String name, String prefix) {
        return name.startsWith("." + prefix) && name.matches(".*\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// The rename itself is on the disk only once the folder is; systems that cannot open folders do so on their own.
    private static void forceFolder(Path folder) {
        try (var channel = FileChannel.open(folder, READ)) {
            channel.force(true);
        } catch (IOException ignored) {
            // Windows refuses to open a folder.
        }
    }

    private static void delete(@Nullable Path temporary) {
        try {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException ignored) {
            // What made the write fail is the error to show.
        }
    }
}
