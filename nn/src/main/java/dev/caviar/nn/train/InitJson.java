package dev.caviar.nn.train;

import dev.caviar.nn.layer.Init;
import java.util.ArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Initialisations as JSON: `{"kind":"normal","deviation":0.05}`.
final class InitJson {
    private InitJson() {}

    static ObjectNode write(Init init) {
        var node = JsonNodeFactory.instance.objectNode();
        return switch (init) {
            case Init.Constant(var value) -> node.put("kind", "constant").put("value", value);
            case Init.Normal(var mean, var deviation, var truncated) ->
                    node.put("kind", "normal").put("mean", mean).put("deviation", deviation).put("truncated", truncated);
            case Init.Uniform(var low, var high) -> node.put("kind", "uniform").put("low", low).put("high", high);
            case Init.Variance(var scale, var fan, var form) ->
                    node.put("kind", "variance").put("scale", scale).put("fan", fan.name()).put("form", form.name());
            case Init.Identity(var gain) -> node.put("kind", "identity").put("gain", gain);
            case Init.He() -> node.put("kind", "he");
            case Init.Xavier(var form) -> node.put("kind", "xavier").put("form", form.name());
            case Init.Orthogonal(var gain) -> node.put("kind", "orthogonal").put("gain", gain);
            case Init.Blocks(var parts) -> {
                var all = node.put("kind", "blocks").putArray("parts");
                parts.forEach(part -> all.add(write(part)));
                yield node;
            }
        };
    }

    static Init read(JsonNode node) {
        var kind = node.path("kind").asString("");
        return switch (kind) {
            case "constant" -> Init.constant(RecordJson.number(node.path("value")));
            case "normal" -> new Init.Normal(RecordJson.number(node.path("mean")), RecordJson.number(node.path("deviation")), node.path("truncated").asBoolean(false));
            // Models written before had one number.
            case "uniform" -> node.has("limit") ? Init.uniform(RecordJson.number(node.path("limit")))
                    : Init.uniform(RecordJson.number(node.path("low")), RecordJson.number(node.path("high")));
            case "variance" -> Init.variance(RecordJson.number(node.path("scale")), Init.Variance.Fan.valueOf(node.path("fan").asString()),
                    Init.Variance.Form.valueOf(node.path("form").asString()));
            case "identity" -> new Init.Identity(RecordJson.number(node.path("gain")));
            case "he" -> Init.he();
            case "xavier" -> Init.xavier(Init.Xavier.Form.valueOf(node.path("form").asString()));
            case "orthogonal" -> new Init.Orthogonal(RecordJson.number(node.path("gain")));
            case "blocks" -> {
                var parts = new ArrayList<Init>();
                node.path("parts").forEach(part -> parts.add(read(part)));
                yield new Init.Blocks(parts);
            }
            default -> throw new IllegalArgumentException("there is no initialisation of kind \"" + kind + "\".");
        };
    }
}
