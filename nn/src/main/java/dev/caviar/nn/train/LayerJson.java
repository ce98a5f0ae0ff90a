package dev.caviar.nn.train;

import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AdaptivePooling;
import dev.caviar.nn.layer.AlphaDropout;
import dev.caviar.nn.layer.Attention;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.ChannelsFirst;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.ConvLSTM;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.ConvTransposeND;
import dev.caviar.nn.layer.CroppingND;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConvND;
import dev.caviar.nn.layer.Dot;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.ELU;
import dev.caviar.nn.layer.EinsumDense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.GLU;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.GaussianDropout;
import dev.caviar.nn.layer.GaussianNoise;
import dev.caviar.nn.layer.GlobalPoolND;
import dev.caviar.nn.layer.GroupNorm;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LayerNorm;
import dev.caviar.nn.layer.LeakyReLU;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.MultiHeadAttention;
import dev.caviar.nn.layer.PReLU;
import dev.caviar.nn.layer.Permute;
import dev.caviar.nn.layer.PoolND;
import dev.caviar.nn.layer.PositionalEncoding;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.RandomBrightness;
import dev.caviar.nn.layer.RandomContrast;
import dev.caviar.nn.layer.RandomCrop;
import dev.caviar.nn.layer.RandomFlip;
import dev.caviar.nn.layer.RandomRotation;
import dev.caviar.nn.layer.RandomTranslation;
import dev.caviar.nn.layer.RandomZoom;
import dev.caviar.nn.layer.ReLU;
import dev.caviar.nn.layer.Regularized;
import dev.caviar.nn.layer.RepeatVector;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Resizing;
import dev.caviar.nn.layer.SeparableConvND;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Shrink;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.Sparsemax;
import dev.caviar.nn.layer.SpatialDropoutND;
import dev.caviar.nn.layer.Squareplus;
import dev.caviar.nn.layer.Threshold;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.layer.UnitNorm;
import dev.caviar.nn.layer.UpSamplingND;
import dev.caviar.nn.layer.ZeroPaddingND;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Caviar's own layers as JSON: `{"kind":"dense","units":10, …}`, the components of their records under their names.
final class LayerJson {
    /// The kinds that are but their components.
    private static final Map<String, Class<? extends Record>> KINDS = new TreeMap<>(Map.of("dense", Dense.class, "batch_norm", BatchNorm.class,
            "dropout", Dropout.class, "flatten", Flatten.class, "reshape", Reshape.class, "lstm", LSTM.class, "gru", GRU.class));

    static {
        for (var kind : List.of(SimpleRNN.class, Bidirectional.class, TimeDistributed.class, Embedding.class, Masking.class,
                PositionalEncoding.class, Attention.class, MultiHeadAttention.class, LayerNorm.class,
                GroupNorm.class, RMSNorm.class, UnitNorm.class, AdaptivePooling.class, ChannelsFirst.class, GaussianNoise.class, GaussianDropout.class, AlphaDropout.class)) {
            KINDS.put(Layer.kind(kind), kind);
        }
        for (var kind : List.of(RandomFlip.class, RandomTranslation.class, RandomRotation.class, RandomZoom.class, RandomCrop.class,
                RandomBrightness.class, RandomContrast.class, Rescaling.class, Resizing.class)) {
            KINDS.put(Layer.kind(kind), kind);
        }
        for (int axes = 1; axes <= 3; axes++) {
            KINDS.put("spatial_dropout" + axes + "d", SpatialDropoutND.class);
            KINDS.put("conv" + axes + "d", ConvND.class);
            KINDS.put("max_pooling" + axes + "d", PoolND.class);
            KINDS.put("average_pooling" + axes + "d", PoolND.class);
            KINDS.put("global_max_pooling" + axes + "d", GlobalPoolND.class);
            KINDS.put("global_average_pooling" + axes + "d", GlobalPoolND.class);
            KINDS.put("conv" + axes + "d_transpose", ConvTransposeND.class);
            KINDS.put("depthwise_conv" + axes + "d", DepthwiseConvND.class);
            KINDS.put("separable_conv" + axes + "d", SeparableConvND.class);
            KINDS.put("zero_padding" + axes + "d", ZeroPaddingND.class);
            KINDS.put("cropping" + axes + "d", CroppingND.class);
            KINDS.put("up_sampling" + axes + "d", UpSamplingND.class);
        }
        KINDS.putAll(Map.of("permute", Permute.class, "repeat_vector", RepeatVector.class, "concatenate", Concatenate.class, "dot", Dot.class,
                "relu", ReLU.class, "leaky_relu", LeakyReLU.class, "elu", ELU.class, "prelu", PReLU.class, "softmax", Softmax.class));
        KINDS.putAll(Map.of("glu", GLU.class, "sparsemax", Sparsemax.class, "shrink", Shrink.class, "threshold", Threshold.class, "squareplus", Squareplus.class,
                "einsum_dense", EinsumDense.class, "conv_lstm", ConvLSTM.class));
    }

    private LayerJson() {}

    /// The kinds of layers that are their components, in the order of the alphabet.
    static Set<String> kinds() {
        return Collections.unmodifiableSet(KINDS.keySet());
    }

    static ObjectNode write(Layer layer, JsonMapper json) {
        var node = json.createObjectNode();
        switch (layer) {
            case Sequential(var items) -> {
                var layers = node.put("kind", "sequential").putArray("layers");
                items.forEach(item -> {
                    var one = write(item.layer(), json);
                    layers.add(json.createObjectNode().put("name", item.name()).setAll(one));
                });
            }
            case Functional functional -> write(functional, node.put("kind", "functional"), json);
            case Regularized regularized -> {
                node.put("kind", "regularized").set("layer", write(regularized.layer(), json));
                RuleJson.write(regularized, node);
            }
            case Activation a -> node.put("kind", "activation").put("function", a.kind());
            case Merge merge -> node.put("kind", "merge").put("operation", merge.kind());
            case Record record when KINDS.get(layer.kind()) == record.getClass() -> RecordJson.write(record, node.put("kind", layer.kind()));
            default -> throw new DataException("save: " + Layer.text(layer) + " is not one of Caviar's own layers, so its settings cannot be "
                    + "written.", "Maybe write weights() with Safetensors, and make the layers in code.");
        }
        return node;
    }

    static Layer read(JsonNode node) {
        var kind = node.path("kind").asString("");
        return switch (kind) {
            case "sequential" -> {
                var items = new ArrayList<Sequential.Item>();
                node.path("layers").forEach(one -> items.add(new Sequential.Item(one.path("name").asString(), read(one))));
                yield new Sequential(items);
            }
            case "functional" -> functional(node);
            case "regularized" -> RuleJson.read(node, read(node.path("layer")));
            case "activation" -> Activation.of(node.path("function").asString());
            case "merge" -> Merge.of(node.path("operation").asString());
            default -> {
                if (!KINDS.containsKey(kind)) {
                    throw new IllegalArgumentException("there is no layer of kind \"" + kind + "\".");
                }
                yield (Layer) RecordJson.read(node, KINDS.get(kind));
            }
        };
    }

    /// Layers in the order of their use, each with the places that it reads: `[step, output]`, inputs being steps −1, −2, …
    private static void write(Functional functional, ObjectNode node, JsonMapper json) {
        var inputs = node.putArray("inputs");
        functional.inputs().forEach(slot -> {
            var shape = inputs.addObject().put("name", slot.name()).putArray("shape");
            slot.shape().dims().forEach(shape::add);
        });
        var layers = node.putArray("layers");
        functional.steps().forEach(step -> {
            var one = layers.addObject().put("name", step.name());
            refs(step.in(), one.putArray("in"));
            one.setAll(write(step.layer(), json));
        });
        refs(functional.results(), node.putArray("outputs"));
    }

    private static void refs(List<Functional.Ref> refs, ArrayNode to) {
        refs.forEach(ref -> to.addArray().add(ref.step()).add(ref.output()));
    }

    private static Functional functional(JsonNode node) {
        var inputs = node.path("inputs").valueStream().map(one -> new Functional.Slot(one.path("name").asString(), shape(one.path("shape")))).toList();
        var steps = node.path("layers").valueStream()
                .map(one -> new Functional.Step(one.path("name").asString(), read(one), refs(one.path("in")))).toList();
        return new Functional(inputs, steps, refs(node.path("outputs")));
    }

    private static List<Functional.Ref> refs(JsonNode array) {
        return array.valueStream().map(pair -> new Functional.Ref(pair.path(0).asInt(), pair.path(1).asInt())).toList();
    }

    static Shape shape(JsonNode array) {
        return new Shape(array.valueStream().map(JsonNode::asLong).toList());
    }
}
