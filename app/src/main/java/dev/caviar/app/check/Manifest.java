package dev.caviar.app.check;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.NumPy;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.json.JsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A folder of reference vectors: `manifest.json` lists the cases, each with the archive of its arrays.
record Manifest(Path folder, List<Entry> entries) {
    private static final long MOST_TEXT = 64L << 20;
    private static final long MOST_CASES = 100_000;
    private static final long MOST_BYTES = 128L << 20;

    /// One case as the manifest lists it; `arrays` are their shapes by name, empty where it does not tell.
    record Entry(String id, String group, String convention, Map<String, @Nullable Object> config, String file, Map<String, List<?>> arrays) {}

    /// Throws [DataException] for whatever is not such a folder.
    static Manifest read(Path folder) {
        var file = folder.resolve("manifest.json");
        var root = root(file);
        var list = root instanceof Map<?, ?> map ? map.get("cases") : root;
        if (!(list instanceof List<?> cases)) throw damaged(file, "it has no list of cases", null);
        if (cases.isEmpty() || cases.size() > MOST_CASES) throw damaged(file, "it lists " + cases.size() + " cases, 1 to " + MOST_CASES + " are possible", null);
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < cases.size(); i++) entries.add(entry(cases.get(i), file, i));
        return new Manifest(folder, entries);
    }

    private static @Nullable Object root(Path file) {
        try {
            if (!Files.exists(file)) {
                throw new DataException("Reading " + file + ": there is no such file.", "Maybe the folder is another one: it holds a manifest.json and the arrays.");
            }
            if (Files.size(file) > MOST_TEXT) throw damaged(file, "it has " + Files.size(file) + " bytes, at most " + MOST_TEXT + " are read", null);
            return Json.read(Files.readString(file));
        } catch (IOException | JsonException e) {
            throw damaged(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static Entry entry(@Nullable Object value, Path file, int index) {
        if (!(value instanceof Map<?, ?> map)) throw damaged(file, "case " + index + " is not an object", null);
        var config = map.get("config") == null ? Map.of() : map.get("config");
        if (!(config instanceof Map<?, ?> settings)) throw damaged(file, "the config of case " + index + " is not an object", null);
        var arrays = new LinkedHashMap<String, List<?>>();
        if (map.get("arrays") instanceof Map<?, ?> told) {
            told.forEach((name, array) -> arrays.put(String.valueOf(name),
                    array instanceof Map<?, ?> about && about.get("shape") instanceof List<?> shape ? shape : List.of()));
        }
        var copy = new LinkedHashMap<String, @Nullable Object>();
        settings.forEach((key, setting) -> copy.put(String.valueOf(key), setting));
        var convention = map.get("convention") instanceof String text ? text : "keras";
        return new Entry(text(map, "id", file, index), text(map, "group", file, index), convention, copy, text(map, "file", file, index), arrays);
    }

    private static String text(Map<?, ?> map, String key, Path file, int index) {
        if (map.get(key) instanceof String text) return text;
        throw damaged(file, "the " + key + " of case " + index + " is not a text", null);
    }

    private static DataException damaged(Path file, String why, @Nullable Exception cause) {
        var problem = "Reading " + file + ": " + why + (why.endsWith(".") ? "" : ".");
        var advice = "Maybe the file is damaged.";
        return cause == null ? new DataException(problem, advice) : new DataException(problem, advice, cause);
    }

    /// The arrays of a case; throws [DataException] where they are not those that the manifest tells of.
    Map<String, Buffer> arrays(Entry entry) {
        var file = folder.resolve(entry.file).normalize();
        if (!file.startsWith(folder.normalize())) {
            throw new DataException("Reading " + file + ": it lies outside of " + folder + ".", "Maybe the manifest is damaged.");
        }
        var arrays = NumPy.readArchive(file, MOST_BYTES);
        if (entry.arrays.isEmpty()) return arrays;
        if (!entry.arrays.keySet().equals(arrays.keySet())) {
            throw new DataException("Reading " + file + ": it holds " + arrays.keySet() + ", the manifest says " + entry.arrays.keySet() + ".",
                    "Maybe the file is another case's.");
        }
        arrays.forEach((name, array) -> {
            var dims = array.type().shape().dims();
            if (!dims.equals(entry.arrays.get(name))) {
                throw new DataException("Reading " + file + ": " + name + " is " + dims + ", the manifest says " + entry.arrays.get(name) + ".",
                        "Maybe the file is another case's.");
            }
        });
        return arrays;
    }
}
