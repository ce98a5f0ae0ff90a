package dev.caviar.nn.train;

import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import java.util.ArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Caviar's own layers as JSON: `{"kind":"dense","units":10, …}`.
final class LayerJson {
    private LayerJson() {}

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
            case Dense d -> {
                node.put("kind", "dense").put("units", d.units()).put("activation", d.activation().kind()).put("bias", d.bias());
                node.set("kernelInit", init(d.kernelInit(), json));
                node.set("biasInit", init(d.biasInit(), json));
                node.put("l2", d.l2());
            }
            case BatchNorm b -> node.put("kind", "batch_norm").put("epsilon", b.epsilon()).put("momentum", b.momentum())
                    .put("center", b.center()).put("scale", b.scale()).put("corrected", b.corrected()).put("axis", b.axis());
            case Dropout(var rate) -> node.put("kind", "dropout").put("rate", rate);
            case Flatten() -> node.put("kind", "flatten");
            case Activation a -> node.put("kind", "activation").put("function", a.kind());
            default -> throw new DataException("save: " + layer + " is not one of Caviar's own layers, so its settings cannot be "
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
            case "dense" -> new Dense(node.path("units").asInt(), Activation.of(node.path("activation").asString()),
                    node.path("bias").asBoolean(), init(node.path("kernelInit")), init(node.path("biasInit")),
                    node.path("l2").asDouble());
            case "batch_norm" -> new BatchNorm(node.path("epsilon").asDouble(), node.path("momentum").asDouble(),
                    node.path("center").asBoolean(), node.path("scale").asBoolean(), node.path("corrected").asBoolean(),
                    node.path("axis").asInt());
            case "dropout" -> Dropout.of(node.path("rate").asDouble());
            case "flatten" -> Flatten.of();
            case "activation" -> Activation.of(node.path("function").asString());
            default -> throw new IllegalArgumentException("there is no layer of kind \"" + kind + "\".");
        };
    }

    private static ObjectNode init(Init init, JsonMapper json) {
        var node = json.createObjectNode();
        return switch (init) {
            case Init.Constant(var value) -> node.put("kind", "constant").put("value", value);
            case Init.Normal(var deviation) -> node.put("kind", "normal").put("deviation", deviation);
            case Init.He() -> node.put("kind", "he");
            case Init.Xavier(var form) -> node.put("kind", "xavier").put("form", form.name());
            case Init.Orthogonal(var gain) -> node.put("kind", "orthogonal").put("gain", gain);
        };
    }

    private static Init init(JsonNode node) {
        var kind = node.path("kind").asString("");
        return switch (kind) {
            case "constant" -> Init.constant(node.path("value").asDouble());
            case "normal" -> Init.normal(node.path("deviation").asDouble());
            case "he" -> Init.he();
            case "xavier" -> Init.xavier(Init.Xavier.Form.valueOf(node.path("form").asString()));
            case "orthogonal" -> new Init.Orthogonal(node.path("gain").asDouble());
            default -> throw new IllegalArgumentException("there is no initialisation of kind \"" + kind + "\".");
        };
    }
}
