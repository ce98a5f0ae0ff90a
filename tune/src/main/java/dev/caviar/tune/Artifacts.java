package dev.caviar.tune;

import dev.caviar.tune.storage.StorageException;
import java.io.IOException;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;

/// A folder of files that trials keep, each under the hash of its content: equal files lie there once, and none can be put elsewhere by its name.
/// The layout is that of Optuna's `FileSystemArtifactStore`.
///
/// ```java
/// var folder = Files.createTempDirectory("artifacts");
/// var file = Files.writeString(folder.resolve("curve.csv"), "step,loss\n0,0.5\n");
/// var store = new Artifacts(folder.resolve("kept"));
/// var artifact = store.put(file);
/// assert Files.readString(store.path(artifact.id())).startsWith("step");
/// ```
///
/// @param folder made when the first file is put there
public record Artifacts(Path folder) {
    private static final Pattern ID = Pattern.compile("[0-9A-Za-z][0-9A-Za-z_-]{0,127}");

    /// Copies a file there. Throws [IllegalArgumentException] where there is none, [StorageException] where it cannot be copied.
    public Artifact put(Path file) {
        if (!Files.isRegularFile(file)) throw new IllegalArgumentException("attach(" + file + "): there is no such file.");
        try {
            Files.createDirectories(folder);
            var part = folder.resolve("part-" + UUID.randomUUID());
            try {
                var id = copy(file, part);
                Files.move(part, folder.resolve(id), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                var name = String.valueOf(file.getFileName());
                var type = Objects.requireNonNullElse(URLConnection.guessContentTypeFromName(name), "application/octet-stream");
                return new Artifact(id, name, type, null);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new StorageException("attach(" + file + "): it cannot be copied to " + folder + ": " + e + "\nMaybe the disk is full, or you may not write there.", e);
        }
    }

    /// Where a file lies. Throws [StorageException] where the id could lead out of the folder, or nothing lies there.
    public Path path(String id) {
        if (!ID.matcher(id).matches()) throw new StorageException("\"" + id + "\" is no id of an artifact: letters, digits, - and _ only.");
        var path = folder.resolve(id);
        if (!Files.isRegularFile(path)) throw new StorageException("There is no artifact " + id + " in " + folder + ".\nMaybe it was kept in another folder.");
        return path;
    }

    /// Copies a kept file into `target` under the name it had there, without whatever folders that name may claim.
    public Path export(Artifact artifact, Path target) {
        var name = artifact.filename().substring(Math.max(artifact.filename().lastIndexOf('/'), artifact.filename().lastIndexOf('\\')) + 1);
        if (name.isBlank() || name.equals(".") || name.equals("..") || name.indexOf('\0') >= 0) name = artifact.id();
        try {
            Files.createDirectories(target);
            return Files.copy(path(artifact.id()), target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StorageException("The artifact " + artifact.id() + " cannot be copied to " + target + ": " + e, e);
        }
    }

    private static String copy(Path from, Path to) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            try (var in = new DigestInputStream(Files.newInputStream(from), digest)) {
                Files.copy(in, to);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);    // every Java has it
        }
    }
}
