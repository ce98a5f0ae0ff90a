package dev.caviar.nn.train;

import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.PoolND;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import java.util.ArrayList;
import java.util.List;
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
            case ConvND c -> {
                var one = node.put("kind", c.kind()).put("filters", c.filters()).put("padding", c.padding().kind())
                        .put("groups", c.groups()).put("activation", c.activation().kind()).put("bias", c.bias()).put("l2", c.l2());
                numbers(one, "kernel", c.kernel());
                numbers(one, "strides", c.strides());
                numbers(one, "dilation", c.dilation());
                one.set("kernelInit", init(c.kernelInit(), json));
                one.set("biasInit", init(c.biasInit(), json));
            }
            case DepthwiseConv2D c -> {
                var one = node.put("kind", c.kind()).put("multiplier", c.multiplier()).put("padding", c.padding().kind())
                        .put("activation", c.activation().kind()).put("bias", c.bias());
                numbers(one, "kernel", c.kernel());
                numbers(one, "strides", c.strides());
                one.set("kernelInit", init(c.kernelInit(), json));
                one.set("biasInit", init(c.biasInit(), json));
            }
            case PoolND p -> {
                numbers(node.put("kind", p.kind()).put("padding", p.padding().kind()), "size", p.size());
                numbers(node, "strides", p.strides());
            }
            case Reshape(var dims) -> numbers(node.put("kind", "reshape"), "dims", dims);
            case Flatten() -> node.put("kind", "flatten");
            case Activation a -> node.put("kind", "activation").put("function", a.kind());
            case LSTM r -> {
                node.put("kind", "lstm").put("units", r.units()).put("activation", r.activation().kind())
                        .put("recurrentActivation", r.recurrentActivation().kind()).put("bias", r.bias());
                node.set("kernelInit", init(r.kernelInit(), json));
                node.set("recurrentInit", init(r.recurrentInit(), json));
                node.set("biasInit", init(r.biasInit(), json));
                node.put("returnSequences", r.returnSequences()).put("goBackwards", r.goBackwards());
            }
            case GRU r -> {
                node.put("kind", "gru").put("units", r.units()).put("bias", r.bias());
                node.set("kernelInit", init(r.kernelInit(), json));
                node.set("recurrentInit", init(r.recurrentInit(), json));
                node.set("biasInit", init(r.biasInit(), json));
                node.put("resetAfter", r.resetAfter()).put("returnSequences", r.returnSequences()).put("goBackwards", r.goBackwards());
            }
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
            case "conv1d", "conv2d", "conv3d" -> new ConvND(node.path("filters").asInt(), numbers(node, "kernel"), numbers(node, "strides"),
                    Padding.of(node.path("padding").asString()), numbers(node, "dilation"), node.path("groups").asInt(),
                    Activation.of(node.path("activation").asString()), node.path("bias").asBoolean(), init(node.path("kernelInit")),
                    init(node.path("biasInit")), node.path("l2").asDouble());
            case "depthwise_conv2d" -> new DepthwiseConv2D(numbers(node, "kernel"), node.path("multiplier").asInt(), numbers(node, "strides"),
                    Padding.of(node.path("padding").asString()), Activation.of(node.path("activation").asString()),
                    node.path("bias").asBoolean(), init(node.path("kernelInit")), init(node.path("biasInit")));
            case "max_pooling1d", "max_pooling2d", "max_pooling3d", "average_pooling1d", "average_pooling2d", "average_pooling3d" ->
                    new PoolND(kind.startsWith("max") ? PoolND.Kind.MAX : PoolND.Kind.AVERAGE, numbers(node, "size"),
                            numbers(node, "strides"), Padding.of(node.path("padding").asString()));
            case "reshape" -> new Reshape(numbers(node, "dims"));
            case "flatten" -> Flatten.of();
            case "activation" -> Activation.of(node.path("function").asString());
            case "lstm" -> new LSTM(node.path("units").asInt(), Activation.of(node.path("activation").asString()),
                    Activation.of(node.path("recurrentActivation").asString()), node.path("bias").asBoolean(),
                    init(node.path("kernelInit")), init(node.path("recurrentInit")), init(node.path("biasInit")),
                    node.path("returnSequences").asBoolean(), node.path("goBackwards").asBoolean());
            case "gru" -> new GRU(node.path("units").asInt(), node.path("bias").asBoolean(), init(node.path("kernelInit")),
                    init(node.path("recurrentInit")), init(node.path("biasInit")), node.path("resetAfter").asBoolean(),
                    node.path("returnSequences").asBoolean(), node.path("goBackwards").asBoolean());
            default -> throw new IllegalArgumentException("there is no layer of kind \"" + kind + "\".");
        };
    }

    private static void numbers(ObjectNode node, String name, List<Long> values) {
        var array = node.putArray(name);
        values.forEach(array::add);
    }

    private static List<Long> numbers(JsonNode node, String name) {
        var values = new ArrayList<Long>();
        node.path(name).forEach(one -> values.add(one.asLong()));
        return values;
    }

    private static ObjectNode init(Init init, JsonMapper json) {
        var node = json.createObjectNode();
        return switch (init) {
            case Init.Constant(var value) -> node.put("kind", "constant").put("value", value);
            case Init.Normal(var deviation) -> node.put("kind", "normal").put("deviation", deviation);
            case Init.He() -> node.put("kind", "he");
            case Init.Xavier(var form) -> node.put("kind", "xavier").put("form", form.name());
            case Init.Orthogonal(var gain) -> node.put("kind", "orthogonal").put("gain", gain);
            case Init.Blocks(var parts) -> {
                var all = node.put("kind", "blocks").putArray("parts");
                parts.forEach(part -> all.add(init(part, json)));
                yield node;
            }
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
            case "blocks" -> {
                var parts = new ArrayList<Init>();
                node.path("parts").forEach(part -> parts.add(init(part)));
                yield new Init.Blocks(parts);
            }
            default -> throw new IllegalArgumentException("there is no initialisation of kind \"" + kind + "\".");
        };
    }
}
