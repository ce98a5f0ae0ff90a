package dev.caviar.tune;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is known of a file that a trial keeps; the bytes lie in [Artifacts].
///
/// ```java
/// List<Artifact> files = Artifact.of(TrialView.running(0));
/// assert files.isEmpty();
/// ```
///
/// @param id       what it is known by: the SHA-256 of its content where we kept it, anything where Optuna did
/// @param filename the name it had, without folders
/// @param mimetype what kind of file it is
/// @param encoding how it is compressed, such as gzip; null for not
public record Artifact(String id, String filename, String mimetype, @Nullable String encoding) {
    /// The beginning of the keys of system attributes that name a trial's files; the id follows. The key is Optuna's.
    public static final String KEY = "artifacts:";

    /// The files of a trial, in the order of attaching.
    public static List<Artifact> of(TrialView trial) {
        var found = new ArrayList<Artifact>();
        trial.systemAttributes().forEach((key, value) -> {
            if (key.startsWith(KEY) && value instanceof String text && Json.read(text) instanceof Map<?, ?> map
                    && map.get("artifact_id") instanceof String id && map.get("filename") instanceof String filename)
                found.add(new Artifact(id, filename, map.get("mimetype") instanceof String type ? type : "application/octet-stream",
                        map.get("encoding") instanceof String encoding ? encoding : null));
        });
        return found;
    }

    /// The JSON text that Optuna keeps, as text.
    String json() {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("artifact_id", id);
        map.put("filename", filename);
        map.put("mimetype", mimetype);
        map.put("encoding", encoding);
        return Json.write(map);
    }
}
