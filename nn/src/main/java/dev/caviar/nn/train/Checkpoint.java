package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A training written down in the middle: one file, which names when and of what it is, and whose checksum is verified when it is read.
///
/// The file is in the safetensors format: weights under their paths, beside them what the optimizer and the callbacks keep, and
/// everything else as JSON. `step` and `epoch` are what was done, `batch` what was done of the epoch after these. [Checkpoints] writes such
/// files and goes on from the newest; by hand, the weights can be put into a model of the same layers.
///
/// ```java
/// static void goBack(Model model) {
///     for (var file : Checkpoint.all(Path.of("runs/first"))) {
///         IO.println(Checkpoint.read(file).provenance());
///     }
///     model.assign(Checkpoint.latest(Path.of("runs/first")).orElseThrow().weights());
/// }
/// ```
public final class Checkpoint {
    static final String PREFIX = "checkpoint-";
    static final String SUFFIX = ".safetensors";
    /// In front of the names of tensors that are no weights.
    static final String SLOT = "optimizer:";
    static final String SCALE = "scale:";
    static final String CALLBACK = "callback:";
    private static final String FORMAT = "caviar-checkpoint";
    private static final int VERSION = 1;
    private static final String RUN = "run";
    static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final JsonNode run;
    private final Map<String, Buffer> tensors;

    private Checkpoint(Path file, JsonNode run, Map<String, Buffer> tensors) {
        this.file = file;
        this.run = run;
        this.tensors = tensors;
    }

    /// Reads a file. Throws [DataException] for one that is missing, damaged, of another version, or no checkpoint.
    public static Checkpoint read(Path file) {
        var content = Safetensors.read(file);
        var format = content.metadata().getOrDefault("format", "");
        if (!format.equals(FORMAT)) {
            throw new DataException("Reading " + file + ": this is no checkpoint of a training.",
                    "Maybe it is a model's weights: read them with Safetensors.read, or the model's folder with Model.load.");
        }
        var version = content.metadata().getOrDefault("version", "none");
        if (!version.equals(Integer.toString(VERSION))) {
            throw new DataException("Reading " + file + ": the checkpoint's format has version " + version + ", this Caviar reads " + VERSION + ".",
                    "Maybe another Caviar wrote it: go on with that one, or take over the weights alone, by Safetensors.read.");
        }
        if (!content.whole()) {
            throw new DataException("Reading " + file + ": its content is not what its checksum says.", "Maybe the file is damaged: use the one before it.");
        }
        try {
            return new Checkpoint(file, JSON.readTree(content.metadata().getOrDefault(RUN, "{}")), content.tensors());
        } catch (JacksonException e) {
            throw new DataException("Reading " + file + ": " + e.getOriginalMessage(), "Maybe the file is damaged.", e);
        }
    }

    static void write(Path file, JsonNode run, Map<String, Buffer> tensors) {
        Safetensors.of(tensors).withMetadata("format", FORMAT).withMetadata("version", Integer.toString(VERSION)).withMetadata(RUN, run.toString())
                .withChecksum().write(file);
    }

    /// The checkpoints in a folder, oldest first; none where there is no such folder.
    public static List<Path> all(Path folder) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(PREFIX + "\\d+" + SUFFIX))
                    .sorted(Comparator.comparingLong(Checkpoint::number)).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new DataException("Checkpoints in " + folder + ": " + e.getMessage() + ".", "Maybe it is no folder.", e);
        }
    }

    private static long number(Path file) {
        var name = file.getFileName().toString();
        return Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length()));
    }

    /// The newest checkpoint in a folder that is whole; empty where there is none at all. Throws [DataException] where all are damaged.
    public static Optional<Checkpoint> latest(Path folder) {
        DataException first = null;
        for (var file : all(folder).reversed()) {
            try {
                return Optional.of(read(file));
            } catch (DataException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        return Optional.empty();
    }

    public Path file() {
        return file;
    }

    /// The steps done.
    public long step() {
        return run.path("step").asLong();
    }

    /// The whole epochs done, over all trainings of the model.
    public int epoch() {
        return run.path("epoch").asInt();
    }

    /// The batches done of the epoch that was running; 0 between two epochs.
    public int batch() {
        return run.path("batch").asInt();
    }

    /// When it was written.
    public Instant time() {
        return Instant.parse(run.path("time").asString("1970-01-01T00:00:00Z"));
    }

    /// Where it comes from: the data's hash, settings, versions, time.
    public Map<String, String> provenance() {
        var out = new LinkedHashMap<String, String>();
        for (var part : List.of("settings", "versions")) {
            run.path(part).properties().forEach(e -> out.put(e.getKey(), e.getValue().asString()));
        }
        out.put("time", time().toString());
        return Collections.unmodifiableMap(out);
    }

    /// The weights by path, as [Model#weights] gives them.
    public Map<String, Buffer> weights() {
        var out = new LinkedHashMap<String, Buffer>();
        tensors.forEach((name, buffer) -> {
            if (!name.startsWith(SLOT) && !name.startsWith(SCALE) && !name.startsWith(CALLBACK)) {
                out.put(name, buffer);
            }
        });
        return Collections.unmodifiableMap(out);
    }

    JsonNode run() {
        return run;
    }

    Map<String, Buffer> tensors() {
        return tensors;
    }

    /// Copies the tensors into this memory, all or none.
    void into(Map<String, Buffer> memory) {
        check(memory);
        memory.forEach((name, buffer) -> buffer.copyFrom(tensors.get(name)));
    }

    /// Throws [DataException] that lists what is missing, unexpected, or of another type.
    void check(Map<String, Buffer> memory) {
        var missing = new ArrayList<>(memory.keySet());
        missing.removeAll(tensors.keySet());
        var unexpected = new ArrayList<>(tensors.keySet());
        unexpected.removeIf(name -> memory.containsKey(name) || name.startsWith(CALLBACK));
        var other = new ArrayList<String>();
        memory.forEach((name, buffer) -> {
            var there = tensors.get(name);
            if (there != null && !there.type().equals(buffer.type())) {
                other.add(name + " (" + there.type() + " there, " + buffer.type() + " here)");
            }
        });
        if (!missing.isEmpty() || !unexpected.isEmpty() || !other.isEmpty()) {
            throw new DataException(file + ": the checkpoint is of another model." + listed("missing", missing) + listed("unexpected", unexpected)
                    + listed("of another type", other), "Maybe the layers or the optimizer were changed: begin in a folder of its own.");
        }
    }

    static String listed(String what, List<String> names) {
        return names.isEmpty() ? "" : "\n  " + what + ": " + String.join(", ", names);
    }

    @Override
    public String toString() {
        return file + ": step " + step() + ", epoch " + epoch() + (batch() == 0 ? "" : ", batch " + batch());
    }
}
