package dev.caviar.nn.train;

import dev.caviar.nn.layer.Constraint;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Regularized;
import dev.caviar.nn.layer.Regularizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Penalties and constraints of a layer as JSON, by the parameters' names: `{"regularizers":{"kernel":{"kind":"l1_l2", …}}, …}`.
final class RuleJson {
    private RuleJson() {}

    static void write(Regularized layer, ObjectNode to) {
        var regularizers = to.putObject("regularizers");
        layer.regularizers().forEach((name, rule) -> regularizers.set(name, write(rule)));
        var constraints = to.putObject("constraints");
        layer.constraints().forEach((name, rule) -> constraints.set(name, write(rule)));
        layer.activity().ifPresent(rule -> to.set("activity", write(rule)));
    }

    private static ObjectNode write(Object rule) {
        var node = JsonNodeFactory.instance.objectNode().put("kind", Layer.kind(rule.getClass()));
        RecordJson.write((Record) rule, node);
        return node;
    }

    static Regularized read(JsonNode node, Layer layer) {
        var activity = node.get("activity");
        return new Regularized(layer, rules(node.path("regularizers"), Regularizer.class), rules(node.path("constraints"), Constraint.class),
                activity == null ? Optional.empty() : Optional.of(rule(activity, Regularizer.class)));
    }

    private static <T> Map<String, T> rules(JsonNode node, Class<T> type) {
        var out = new LinkedHashMap<String, T>();
        node.properties().forEach(entry -> out.put(entry.getKey(), rule(entry.getValue(), type)));
        return out;
    }

    /// One of the records that the sealed type permits.
    private static <T> T rule(JsonNode node, Class<T> type) {
        var kind = node.path("kind").asString("");
        var record = Stream.of(type.getPermittedSubclasses()).filter(one -> Layer.kind(one).equals(kind)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + Layer.kind(type) + " of kind \"" + kind + "\"."));
        return type.cast(RecordJson.read(node, record.asSubclass(Record.class)));
    }
}
