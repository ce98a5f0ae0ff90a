package dev.caviar.engine.kernel;

import java.nio.file.Path;
import java.util.Map;

/// Where Caviar keeps what can be made again: unpacked libraries, downloaded data.
///
/// `$CAVIAR_CACHE`, else `$XDG_CACHE_HOME/caviar`, else `$HOME/.cache/caviar` (the user's home folder as the JVM knows it
/// where `HOME` is not set). Nothing is created by asking.
///
/// ```java
/// var models = CacheFolder.path().resolve("models");
/// ```
public final class CacheFolder {
    private CacheFolder() {}

    /// The folder of this process, from its environment.
    public static Path path() {
        return path(System.getenv(), System.getProperty("user.home"));
    }

    /// The folder for an environment; empty variables count as absent, and XDG's must be absolute, as its standard asks.
    static Path path(Map<String, String> environment, String home) {
        var own = environment.getOrDefault("CAVIAR_CACHE", "");
        if (!own.isEmpty()) {
            return Path.of(own).toAbsolutePath().normalize();
        }
        var xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (!xdg.isEmpty() && Path.of(xdg).isAbsolute()) {
            return Path.of(xdg, "caviar");
        }
        var user = environment.getOrDefault("HOME", "");
        return Path.of(user.isEmpty() ? home : user).toAbsolutePath().resolve(".cache").resolve("caviar");
    }
}
