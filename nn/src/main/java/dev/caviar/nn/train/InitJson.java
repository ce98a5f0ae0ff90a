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
            case Init.Normal(var deviation) -> node.put("kind", "normal").put("deviation", deviation);
            case Init.Uniform(var limit) -> node.put("kind", "uniform").put("limit", limit);
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
            case "constant" -> Init.constant(node.path("value").asDouble());
            case "normal" -> Init.normal(node.path("deviation").asDouble());
            case "uniform" -> Init.uniform(node.path("limit").asDouble());
            case "he" -> Init.he();
            case "xavier" -> Init.xavier(Init.Xavier.Form.valueOf(node.path("form").asString()));
            case "orthogonal" -> new Init.Orthogonal(node.path("gain").asDouble());
            case "blocks" -> {
                var parts = new ArrayList<Init>();
                node.path("parts").forEach(part -> parts.add(read(part)));
                yield new Init.Blocks(parts);
            }
            default -> throw new IllegalArgumentException("there is no initialisation of kind \"" + kind + "\".");
        };
    }
}
