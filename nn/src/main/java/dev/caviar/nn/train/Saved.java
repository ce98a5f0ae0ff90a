package dev.caviar.nn.train;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Safetensors;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.metric.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A model as two files: the weights, and all else as JSON. Each vouches for the other: the JSON names the checksum of the weights' file, which
/// holds the same settings under a checksum of its own. So a bit that is wrong anywhere is found, and a save that was cut off loses nothing.
final class Saved {
    static final String WEIGHTS = "model.safetensors";
    static final String SETTINGS = "model.json";
    private static final String FORMAT = "caviar-model";
    private static final int VERSION = 1;
    /// In the weights' file: the settings that belong to them, and the checksum of the settings' file that was there before.
    private static final String EMBEDDED = "settings";
    private static final String REPLACED = "replaces";
    private static final int ATTEMPTS = 50;
    private static final long LONGEST = 100_000_000;
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Saved() {}

    static void write(Model model, State state, Path folder) {
        var settings = model.settings();
        var root = JSON.createObjectNode().put("format", FORMAT).put("version", VERSION);
        if (state.inputs.size() == 1) {
            var input = root.putArray("input");
            state.inputs.getFirst().dims().forEach(input::add);
        } else {
            var inputs = root.putArray("inputs");
            state.inputs.forEach(shape -> {
                var input = inputs.addArray();
                shape.dims().forEach(input::add);
            });
        }
        root.put("dtype", settings.dtype().name()).put("precision", settings.precision().kind()).put("seed", settings.seed());
        root.set("layer", LayerJson.write(settings.layer(), JSON));
        var recipe = model.recipe();
        if (recipe != null) {
            root.set("compiled", compiled(recipe));
        }
        if (settings.normaliser() != null) {
            root.set("normaliser", JSON.readTree(settings.normaliser().toJson()));
        }
        var classes = root.putArray("classes");
        settings.classes().forEach(classes::add);
        if (!model.frozen().isEmpty()) {
            var frozen = root.putArray("frozen");
            model.frozen().forEach(frozen::add);
        }
        var notes = root.putObject("notes");
        settings.notes().forEach(notes::put);
        write(root, state, folder);
    }

    /// First the weights, then the JSON. Where that does not fit because another process saves to the same folder meanwhile, again: what is left
    /// is of one of the two, since whoever writes the JSON last looks last.
    private static void write(ObjectNode root, State state, Path folder) {
        var weights = folder.resolve(WEIGHTS);
        var settings = folder.resolve(SETTINGS);
        AtomicFile.sweep(folder, "model.", Duration.ofDays(1));
        var embedded = text(root, settings);
        for (int i = 0; i < ATTEMPTS; i++) {
            var written = Safetensors.of(state.all()).withMetadata("format", FORMAT).withMetadata(EMBEDDED, embedded)
                    .withMetadata(REPLACED, Files.exists(settings) ? sha256(settings) : "").withChecksum().write(weights);
            root.put("weights", written);
            AtomicFile.write(settings, out -> out.write(ByteBuffer.wrap((JSON.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8))));
            if (sha256(weights).equals(parse(content(settings, folder), settings).path("weights").asString(""))) {
                return;
            }
            // All who meet here try again: not all at once.
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(20_000_000));
        }
        throw new DataException("save: others write to " + folder + " at the same time, so that it is not sure whose model is there now.",
                "Maybe give each model a folder of its own.");
    }

    /// Layers in layers in layers … are not written deeper than they could be read again.
    private static String text(JsonNode root, Path file) {
        try {
            var text = root.toString();
            JSON.readTree(text);
            return text;
        } catch (JacksonException e) {
            throw new DataException("save: " + file + " could not be read again: " + words(e), "Maybe the layers are nested very deeply.", e);
        }
    }

    private static ObjectNode compiled(Recipe recipe) {
        var node = JSON.createObjectNode();
        if (recipe.single()) {
            goal(recipe.goals().getFirst(), node);
        } else {
            var goals = node.putArray("goals");
            recipe.goals().forEach(goal -> goal(goal, goals.addObject().put("weight", goal.weight())));
        }
        var optimizer = recipe.optimizer();
        if (optimizer != null) {
            OptimizerJson.known(optimizer).ifPresent(text -> node.set("optimizer", text));
        }
        return node;
    }

    private static void goal(Goal goal, ObjectNode node) {
        node.set("loss", GoalJson.write(goal.loss()));
        var metrics = node.putArray("metrics");
        goal.metrics().forEach(metric -> metrics.add(GoalJson.write(metric)));
    }

    /// Reads a model; where another process is just saving to the same folder, what was there before or what is there then.
    static Model read(Path folder) {
        for (int i = 1;; i++) {
            var before = List.of(stamp(folder.resolve(WEIGHTS)), stamp(folder.resolve(SETTINGS)));
            try {
                return once(folder);
            } catch (DataException e) {
                if (i == ATTEMPTS || before.equals(List.of(stamp(folder.resolve(WEIGHTS)), stamp(folder.resolve(SETTINGS))))) {
                    throw e;
                }
            }
        }
    }

    /// What is different once a file has been replaced.
    private static String stamp(Path file) {
        try {
            var is = Files.readAttributes(file, BasicFileAttributes.class);
            return is.fileKey() + " " + is.lastModifiedTime() + " " + is.size();
        } catch (IOException e) {
            return "none";
        }
    }

    private static Model once(Path folder) {
        var file = folder.resolve(SETTINGS);
        var weights = folder.resolve(WEIGHTS);
        var bytes = Files.exists(weights) && !Files.exists(file) ? null : content(file, folder);
        var written = bytes == null ? null : check(parse(bytes, file), file);
        var content = Safetensors.read(weights);
        var root = written == null ? embedded(content, file) : agreed(written, bytes, content, file, weights);
        try {
            return model(root, content);
        } catch (IllegalArgumentException | JacksonException e) {
            throw new DataException(file + ": " + e.getMessage(), "Maybe the file is damaged.", e);
        }
    }

    private static Model model(JsonNode root, Safetensors content) {
        var model = new Model(settings(root));
        var compiled = root.get("compiled");
        if (compiled != null) {
            model.compile(recipe(model, compiled));
        }
        var inputs = inputs(root);
        fit(model, inputs, content);
        model.build(inputs);
        if (root.has("frozen")) {
            model.freeze(root.path("frozen").valueStream().map(JsonNode::asString).toArray(String[]::new));
        }
        model.assign(content.tensors());
        return model;
    }

    /// Throws where the layers need other weights than there are, before memory is taken for them.
    private static void fit(Model model, List<Shape> inputs, Safetensors content) {
        var batch = inputs.stream().map(shape -> new Type(model.settings().dtype(), shape.insert(0, 1))).toArray(Type[]::new);
        var needs = Needs.of(model.layer(), model.settings().dtype(), batch);
        Stream.of(needs.params(), needs.states()).flatMap(wishes -> wishes.entrySet().stream()).forEach(wish -> {
            var there = content.tensors().get(wish.getKey());
            if (there == null || !there.type().shape().equals(wish.getValue().type().shape())) {
                throw new IllegalArgumentException(wish.getKey() + " of the layers is " + wish.getValue().type().shape() + ", which does not fit "
                        + (there == null ? WEIGHTS + ", where there is none." : there.type().shape() + " in " + WEIGHTS + "."));
            }
        });
    }

    private static JsonNode check(JsonNode root, Path file) {
        if (!root.path("format").asString("").equals(FORMAT)) {
            throw new DataException(file + ": this is not a model's settings.", "Maybe another program wrote it.");
        }
        int version = root.path("version").asInt(0);
        if (version != VERSION) {
            throw new DataException(file + ": the format's version is " + version + ", this Caviar reads " + VERSION + ".",
                    "Maybe a later Caviar wrote it: update this one.");
        }
        return root;
    }

    /// The settings that are in the weights' file, where the other one is not there: saving ended before it, or somebody deleted it.
    private static JsonNode embedded(Safetensors content, Path file) {
        var text = content.metadata().get(EMBEDDED);
        if (text == null || !content.whole()) {
            throw new DataException(file + ": there is no such file, and " + WEIGHTS + " beside it " + (text == null ? "does not hold the settings either."
                    : "is damaged."), "Maybe give the folder that a model was saved in.");
        }
        return check(parse(text.getBytes(StandardCharsets.UTF_8), file.resolveSibling(WEIGHTS)), file.resolveSibling(WEIGHTS));
    }

    /// The settings, once both files say the same. Those in the weights' file count where saving ended between the two: then they are new, and
    /// the other file is the one that they were to replace. Before they were there, only the weights were vouched for.
    private static JsonNode agreed(JsonNode root, byte[] bytes, Safetensors content, Path file, Path weights) {
        if (sha256(bytes).equals(content.metadata().get(REPLACED)) && content.whole()) {
            return embedded(content, file);
        }
        if (!sha256(weights).equals(root.path("weights").asString(""))) {
            throw new DataException(weights + ": the weights are not those that " + SETTINGS + " was written with.",
                    "Maybe a file was damaged, or copied from another model.");
        }
        var text = content.metadata().get(EMBEDDED);
        var difference = text == null ? null : difference(root, embedded(content, file), "");
        if (difference != null) {
            throw new DataException(file + ": it is not as it was written: " + difference + ".", "Maybe it was damaged, or changed by hand: delete it, "
                    + "and the model is read by the settings that " + WEIGHTS + " holds.");
        }
        return root;
    }

    /// The first difference between two texts in words, but for the checksum that only one can have; null where there is none.
    private static @Nullable String difference(JsonNode there, JsonNode written, String path) {
        var names = new LinkedHashSet<>(written.propertyNames());
        names.addAll(there.propertyNames());
        if (path.isEmpty()) {
            names.remove("weights");
        }
        if (there.getNodeType() != written.getNodeType() || there.size() != written.size() && there.isArray()
                || names.isEmpty() && !there.isArray() && !there.equals(written)) {
            return path.substring(Math.min(1, path.length())) + " is " + brief(there) + ", and was " + brief(written);
        }
        for (var name : names) {
            var inside = difference(there.path(name), written.path(name), path + "/" + name);
            if (inside != null) {
                return inside;
            }
        }
        for (int i = 0; there.isArray() && i < there.size(); i++) {
            var inside = difference(there.path(i), written.path(i), path + "/" + i);
            if (inside != null) {
                return inside;
            }
        }
        return null;
    }

    private static String brief(JsonNode node) {
        var text = node.isMissingNode() ? "nothing" : node.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    private static byte[] content(Path file, Path folder) {
        try {
            if (Files.isRegularFile(folder)) {
                throw new DataException("load: " + folder + " is a file, and a model is a folder.", "Maybe give the folder that it is in.");
            }
            if (Files.size(file) > LONGEST) {
                throw new DataException(file + ": it has " + Files.size(file) + " bytes, and settings have at most " + LONGEST + ".", "Maybe another program wrote it.");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": there is no such file, so " + folder + " is no model.",
                    "Maybe give the folder that a model was saved in.", e);
        } catch (IOException e) {
            throw new DataException(file + ": it cannot be read: " + words(e), "Maybe the file is damaged, or another user's.", e);
        }
    }

    private static JsonNode parse(byte[] bytes, Path file) {
        try {
            return JSON.readTree(bytes);
        } catch (JacksonException e) {
            throw new DataException(file + ": it cannot be read: " + words(e), "Maybe the file is damaged.", e);
        }
    }

    /// Jackson adds on further lines where in the text, and which of its settings hides that.
    private static String words(Exception e) {
        var message = e instanceof JacksonException jackson ? jackson.getOriginalMessage() : e.getMessage();
        return String.valueOf(message).lines().findFirst().orElse("").replaceFirst(" \\(start marker at .*", "") + ".";
    }

    private static Settings settings(JsonNode root) {
        var classes = new ArrayList<String>();
        root.path("classes").forEach(name -> classes.add(name.asString()));
        var notes = new LinkedHashMap<String, String>();
        root.path("notes").properties().forEach(e -> notes.put(e.getKey(), e.getValue().asString()));
        var normaliser = root.get("normaliser");
        return new Settings(LayerJson.read(root.path("layer")), root.path("seed").asLong(1),
                DType.valueOf(root.path("dtype").asString()), Precision.of(root.path("precision").asString("float32")),
                normaliser == null ? null : Normaliser.fromJson(normaliser.toString()), classes, notes);
    }

    private static Recipe recipe(Model model, JsonNode compiled) {
        var goals = compiled.has("goals") ? compiled.path("goals").valueStream().map(Saved::goal).toList() : List.of(goal(compiled));
        var optimizer = compiled.get("optimizer");
        return Recipe.of(model.layer(), optimizer == null ? null : OptimizerJson.read(optimizer), goals);
    }

    private static Goal goal(JsonNode node) {
        var metrics = node.path("metrics").valueStream().map(GoalJson::metric).toArray(Metric[]::new);
        return Goal.of(GoalJson.loss(node.path("loss")), metrics).withWeight(node.path("weight").asDouble(1));
    }

    private static List<Shape> inputs(JsonNode root) {
        return root.has("inputs") ? root.path("inputs").valueStream().map(LayerJson::shape).toList() : List.of(LayerJson.shape(root.path("input")));
    }

    private static String sha256(Path file) {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256())) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
        } catch (IOException e) {
            throw new DataException(file + ": it cannot be read: " + words(e), "Maybe the file is damaged.", e);
        }
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
