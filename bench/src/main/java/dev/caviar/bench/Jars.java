package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.engine.kernel.CacheFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The jars that one of our resources, a Maven project without sources, asks for: fetched by the clone's own Maven.
///
/// @param pom  the resource's name
/// @param text what it says
record Jars(String pom, String text) {
    private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies";

    static Jars of(String pom) {
        return new Jars(pom, Runner.resource(pom));
    }

    /// The folder of the jars.
    Path ready() {
        return Install.of(CacheFolder.path(), "djl", text).ready(this::fetch).resolve("jars");
    }

    private void fetch(Path folder) throws IOException {
        System.err.println("caviar bench: fetching DJL's jars for the first time (minutes) into " + folder);
        var project = Files.writeString(folder.resolve("pom.xml"), text);
        var maven = List.of(wrapper().toString(), "-B", "-f", project.toString(), COPY, "-DoutputDirectory=" + folder.resolve("jars"));
        var child = Child.run(maven, line -> line.contains("Copying"));
        if (child.failed()) {
            throw new BadInput("DJL's jars cannot be fetched: " + child.reason() + "\nMaybe there is no network, or Maven needs settings for it; the "
                    + "same words by hand: " + String.join(" ", maven));
        }
    }

    /// The launcher runs `target/lib/caviar-bench.jar` of a clone.
    private static Path wrapper() {
        try {
            var jar = Path.of(Jars.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            var windows = System.getProperty("os.name").startsWith("Windows");
            for (var folder = jar; folder != null; folder = folder.getParent()) {
                var maven = folder.resolve(windows ? "mvnw.cmd" : "mvnw");
                if (Files.isExecutable(maven)) return maven;
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        throw new BadInput("DJL's jars are fetched by a clone's mvnw, which is not found.\nMaybe run ./caviar of a clone.");
    }
}
