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
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// Where the figures of a measurement go: one line for people, and a file of JSON where one is asked for.
final class Report {
    private static final JsonMapper JSON = JsonMapper.shared();

    @Option(names = "--json", paramLabel = "FILE", description = "where the figures go")
    private @Nullable Path file;

    /// Sees to it before anything is measured that the file can be written.
    void prepare() {
        if (file == null) return;
        var folder = file.toAbsolutePath().getParent();
        try {
            if (folder != null) Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInput("The folder for " + file + " cannot be made: " + e + ".\nMaybe a file of that name is in the way.", e);
        }
        if (Files.isDirectory(file)) throw new BadInput("--json " + file + " is a folder.\nMaybe add a file name to it.");
        if (folder != null && !Files.isWritable(folder)) throw new BadInput("--json " + file + ": the folder is read-only.");
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
