package dev.caviar.engine.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/// Shared libraries out of resources onto the disk, once for all processes of a user.
///
/// They go to `<root>/<sha256>/`, where the hash is over the names, sizes and checksums that the jar's directory tells
/// without unpacking anything. One process at a time unpacks (a file lock, which dies with its holder), into a folder of
/// its own that is renamed at the end, so what carries the final name is whole. Every start checks sizes and checksums
/// of the files against the jar; what does not match is thrown away and unpacked again. Only the user may enter.
final class NativeFiles {
    private static final boolean POSIX = java.nio.file.FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /// A resource, and what its bytes must be.
    record Entry(String name, URL url, long size, long crc) {}

    private NativeFiles() {}

    /// The entries of these names in a resource folder, or null where one of them is missing.
    static @Nullable List<Entry> find(ClassLoader loader, String folder, List<String> names) throws IOException {
        var entries = new ArrayList<Entry>();
        for (var name : names) {
            var url = loader.getResource(folder + "/" + name);
            if (url == null) {
                return null;
            }
            entries.add(entry(name, url));
        }
        return entries;
    }

    private static Entry entry(String name, URL url) throws IOException {
        var connection = url.openConnection();
        connection.setUseCaches(false);
        if (connection instanceof JarURLConnection jar) {
            try (var file = jar.getJarFile()) {
                var entry = jar.getJarEntry();
                if (entry.getSize() >= 0 && entry.getCrc() >= 0) {
                    return new Entry(name, url, entry.getSize(), entry.getCrc());
                }
            }
        }
        try (var in = new CheckedInputStream(url.openStream(), new CRC32())) {
            long size = in.transferTo(java.io.OutputStream.nullOutputStream());
            return new Entry(name, url, size, in.getChecksum().getValue());
        }
    }

    /// The folder that holds all entries, unpacked now where that has not happened before.
    static Path unpack(Path root, List<Entry> entries) throws IOException {
        var target = root.resolve(name(entries));
        if (matches(target, entries)) {
            return target;
        }
        Files.createDirectories(root, permissions());
        try (var channel = FileChannel.open(root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var _ = lock(channel)) {
            if (!matches(target, entries)) {
                delete(target);
                publish(write(root, entries), target, entries);
            }
        }
        return target;
    }

    /// Null where the file system has no locks, or another class loader of this JVM holds it: the rename below is safe alone.
    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.lock();
        } catch (OverlappingFileLockException | UnsupportedOperationException e) {
            return null;
        }
    }

    private static String name(List<Entry> entries) {
        var text = new StringBuilder();
        for (var entry : entries) {
            text.append(entry.name).append(' ').append(entry.size).append(' ').append(Long.toHexString(entry.crc)).append('\n');
        }
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java platform has SHA-256.", e);
        }
    }

    static boolean matches(Path folder, List<Entry> entries) throws IOException {
        for (var entry : entries) {
            var file = folder.resolve(entry.name);
            if (!Files.isRegularFile(file) || Files.size(file) != entry.size || checksum(file) != entry.crc) {
                return false;
            }
        }
        return true;
    }

    private static long checksum(Path file) throws IOException {
        var crc = new CRC32();
        try (var channel = FileChannel.open(file)) {
            crc.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
        return crc.getValue();
    }

    private static Path write(Path root, List<Entry> entries) throws IOException {
        var folder = Files.createTempDirectory(root, ".unpack-", permissions());
        for (var entry : entries) {
            var file = folder.resolve(entry.name);
            var crc = new CRC32();
            try (InputStream in = new CheckedInputStream(entry.url.openStream(), crc)) {
                Files.copy(in, file);
            }
            if (crc.getValue() != entry.crc) {
                delete(folder);
                throw new IOException("The content of " + entry.url + " does not match its checksum.\nMaybe the jar is damaged: delete it and let it be fetched again.");
            }
            if (POSIX) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
            }
        }
        return folder;
    }

    private static void publish(Path folder, Path target, List<Entry> entries) throws IOException {
        try {
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            // Another process was faster. What it put there is as good as ours, once it is whole.
            delete(folder);
            if (!matches(target, entries)) {
                throw e;
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (var path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static FileAttribute<?>[] permissions() {
        return POSIX
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))}
                : new FileAttribute<?>[0];
    }
}
