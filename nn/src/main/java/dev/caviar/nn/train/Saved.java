package dev.caviar.nn.train;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Safetensors;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.metric.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A model as two files: the weights, and all else as JSON, which names the weights' checksum so that the two cannot be
/// mixed up.
final class Saved {
    static final String WEIGHTS = "model.safetensors";
    static final String SETTINGS = "model.json";
    private static final String FORMAT = "caviar-model";
    private static final int VERSION = 1;
    /// In the weights' file: the settings that belong to them, and the checksum of the settings' file that was there before.
    private static final String EMBEDDED = "settings";
    private static final String REPLACED = "replaces";
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
        var weights = folder.resolve(WEIGHTS);
        var before = folder.resolve(SETTINGS);
        Safetensors.of(state.all()).withMetadata("format", FORMAT).withMetadata(EMBEDDED, root.toString())
                .withMetadata(REPLACED, Files.exists(before) ? sha256(before) : "").withChecksum().write(weights);
        root.put("weights", sha256(weights));
        AtomicFile.write(folder.resolve(SETTINGS),
                out -> out.write(ByteBuffer.wrap((JSON.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8))));
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

    static Model read(Path folder) {
        var file = folder.resolve(SETTINGS);
        var root = parse(file);
        if (!root.path("format").asString("").equals(FORMAT)) {
            throw new DataException(file + ": this is not a model's settings.", "Maybe another program wrote it.");
        }
        int version = root.path("version").asInt(0);
        if (version != VERSION) {
            throw new DataException(file + ": the format's version is " + version + ", this Caviar reads " + VERSION + ".",
                    "Maybe a later Caviar wrote it: update this one.");
        }
        var weights = folder.resolve(WEIGHTS);
        var content = Safetensors.read(weights);
        var tensors = content.tensors();
        if (cutOff(content, file)) {
            root = JSON.readTree(content.metadata().get(EMBEDDED));
        } else if (!sha256(weights).equals(root.path("weights").asString(""))) {
            throw new DataException(weights + ": the weights are not those that " + SETTINGS + " was written with.",
                    "Maybe a file was damaged, or copied from another model.");
        }
        try {
            var model = new Model(settings(root));
            var compiled = root.get("compiled");
            if (compiled != null) {
                model.compile(recipe(model, compiled));
            }
            model.build(inputs(root));
            if (root.has("frozen")) {
                model.freeze(root.path("frozen").valueStream().map(JsonNode::asString).toArray(String[]::new));
            }
            model.assign(tensors);
            return model;
        } catch (IllegalArgumentException | JacksonException e) {
            throw new DataException(file + ": " + e.getMessage(), "Maybe the file is damaged.", e);
        }
    }

    /// Whether saving ended between the two files: the weights are new, with their settings, and the settings those that they should replace.
    private static boolean cutOff(Safetensors content, Path settings) {
        return sha256(settings).equals(content.metadata().get(REPLACED)) && content.whole();
    }

    private static JsonNode parse(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": there is no such file, so " + file.getParent() + " is no model.",
                    "Maybe give the folder that a model was saved in.", e);
        } catch (IOException | JacksonException e) {
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
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
        } catch (IOException e) {
            throw new DataException(file + ": it cannot be read: " + words(e), "Maybe the file is damaged.", e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
