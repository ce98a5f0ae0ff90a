package dev.caviar.nn.format;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
