package dev.caviar.bench;

import dev.caviar.app.BadInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// How a peer's program is made ready and started. Nothing of a peer is a dependency of ours: what it needs is installed at its first use.
interface Runner {
    /// Installs what is needed, and returns the command that runs the program when the file of a request is added to it. The programs are
    /// written into `folder`.
    List<String> ready(Path folder, int threads);

    static Runner python(String script, String requirements) {
        return new Python(script, requirements);
    }

    /// A script of our resources, in a virtual environment with these requirements.
    record Python(String script, String requirements) implements Runner {
        @Override
        public List<String> ready(Path folder, int threads) {
            var python = PythonEnvironment.of(requirements).ready();
            write(folder, "python/peer.py");
            return List.of(python.toString(), "-u", write(folder, "python/" + script).toString());
        }
    }

    /// A source file of our resources, in a JVM of its own with Maven's jars.
    record Jvm() implements Runner {
        @Override
        public List<String> ready(Path folder, int threads) {
            var jars = Jars.of("djl/pom.xml").ready();
            var java = Path.of(System.getProperty("java.home"), "bin", "java");
            return List.of(java.toString(), "--enable-native-access=ALL-UNNAMED", "-DDJL_CACHE_DIR=" + jars.resolveSibling("djl"),
                    "-Dai.djl.offline=true", "-Dai.djl.pytorch.num_threads=" + threads, "-Dai.djl.pytorch.num_interop_threads=" + threads,
                    "-cp", jars + "/*", write(folder, "djl/Djl.java").toString());
        }
    }

    /// The text of one of our resources.
    static String resource(String name) {
        try (var in = Objects.requireNonNull(Runner.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path folder, String name) {
        try {
            return Files.writeString(folder.resolve(Path.of(name).getFileName()), resource(name));
        } catch (IOException e) {
            throw new BadInput("The peer's program cannot be written to " + folder + ": " + e + ".", e);
        }
    }
}
