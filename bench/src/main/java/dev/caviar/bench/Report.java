package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.format.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Where the figures of a measurement go: one line for people, and a file of JSON where one is asked for.
///
/// @param file null for none
record Report(@Nullable Path file) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /// Sees to it before anything is measured that the file can be written.
    static Report to(@Nullable Path file) {
        if (file == null) return new Report(null);
        var folder = file.toAbsolutePath().getParent();
        try {
            if (folder != null) Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInput("The folder for " + file + " cannot be made: " + e + ".\nMaybe a file of that name is in the way.", e);
        }
        if (Files.isDirectory(file)) throw new BadInput("--json " + file + " is a folder.\nMaybe add a file name to it.");
        if (folder != null && !Files.isWritable(folder)) throw new BadInput("--json " + file + ": the folder is read-only.");
        return new Report(file);
    }

    /// What is known before the peer has run: kept, whatever becomes of the peer.
    void keep(Map<String, ?> figures) {
        if (file == null) return;
        var bytes = (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(figures) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(ByteBuffer.wrap(bytes)));
    }

    /// All figures.
    void write(Map<String, ?> figures) {
        keep(figures);
        System.out.println(JSON.writeValueAsString(figures));
    }
}
