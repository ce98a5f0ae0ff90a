package dev.caviar.nn.data;

import dev.caviar.engine.kernel.CacheFolder;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where named data sets are looked for when no folder is given, in this order: the user's folder (`$CAVIAR_DATA`), the cache
/// folder, which also keeps downloads, and where a distribution's packages put data sets.
///
/// ```java
/// var places = Places.of(System.getenv());
/// ```
public record Places(@Nullable Path user, Path cache, Path system) {
    /// The places of this machine, `CAVIAR_DATA` from this environment.
    public static Places of(Map<String, String> environment) {
        var data = environment.getOrDefault("CAVIAR_DATA", "");
        return new Places(data.isEmpty() ? null : Path.of(data), CacheFolder.path(), Path.of("/usr/share/datasets"));
    }

    /// Where downloads of a data set are kept.
    Path downloads(String name) {
        return cache.resolve("data").resolve(name);
    }
}
