package dev.caviar.bench;

import dev.caviar.app.BadInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The figures of a measurement: one line for people, and JSON where a file is asked for.
record Report(Map<String, ?> figures) {
    private static final JsonMapper JSON = JsonMapper.shared();

    void write(@Nullable Path file) {
        System.out.println(JSON.writeValueAsString(figures));
        if (file == null) return;
        try {
            var folder = file.toAbsolutePath().getParent();
            if (folder != null) Files.createDirectories(folder);
            Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(figures) + "\n");
        } catch (IOException e) {
            throw new BadInput("The figures cannot be written to " + file + ": " + e + ".\nMaybe the folder is read-only.", e);
        }
    }
}
