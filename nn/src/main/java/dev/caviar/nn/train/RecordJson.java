package dev.caviar.nn.train;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Groups;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Schedule;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Records as JSON objects: a field for each component, under its name. Components are numbers, booleans, constants of an enum,
/// words, layers, initialisations, losses, metrics, optimizers, schedules, and lists and maps of these. A missing field is 0, false, empty, or the first constant.
final class RecordJson {
    private RecordJson() {}

    static void write(Record record, ObjectNode to) {
        for (var component : record.getClass().getRecordComponents()) {
            to.set(component.getName(), write(value(record, component)));
        }
    }

    private static JsonNode write(Object value) {
        var json = JsonNodeFactory.instance;
        return switch (value) {
            case Integer number -> json.numberNode(number);
            case Long number -> json.numberNode(number);
            case Double number -> json.numberNode(number);
            case Boolean flag -> json.booleanNode(flag);
            case String word -> json.stringNode(word);
            case Enum<?> constant -> json.stringNode(constant.name().toLowerCase(Locale.ROOT));
            case Layer layer -> LayerJson.write(layer, JsonMapper.shared());
            case Init init -> InitJson.write(init);
            case Optimizer optimizer -> OptimizerJson.write(optimizer);
            case Loss loss -> GoalJson.write(loss);
            case Metric metric -> GoalJson.write(metric);
            case Schedule schedule -> OptimizerJson.write(schedule);
            case Groups.Group group -> {
                var node = json.objectNode();
                write(group, node);
                yield node;
            }
            case List<?> all -> {
                var array = json.arrayNode();
                all.forEach(one -> array.add(write(one)));
                yield array;
            }
            case Map<?, ?> all -> {
                var node = json.objectNode();
                all.forEach((name, one) -> node.set((String) name, write(one)));
                yield node;
            }
            default -> throw new IllegalArgumentException(value + " has no form in JSON.");
        };
    }

    private static Object value(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(component + " of " + record + " cannot be read.", e);
        }
    }

    static <R extends Record> R read(JsonNode node, Class<R> type) {
        var components = type.getRecordComponents();
        var values = Arrays.stream(components).map(c -> value(node.path(c.getName()), c.getGenericType())).toArray();
        try {
            return type.getConstructor(Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new)).newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " cannot be made.", e);
        }
    }

    private static Object value(JsonNode node, Type type) {
        if (type instanceof ParameterizedType of) {
            var inside = of.getActualTypeArguments()[of.getActualTypeArguments().length - 1];
            if (of.getRawType() == List.class) {
                // What is a list now may have been a single one when it was written.
                return node.isValueNode() ? List.of(value(node, inside)) : node.valueStream().map(one -> value(one, inside)).toList();
            }
            var all = new LinkedHashMap<String, Object>();
            node.properties().forEach(e -> all.put(e.getKey(), value(e.getValue(), inside)));
            return all;
        }
        return value(node, (Class<?>) type);
    }

    private static Object value(JsonNode node, Class<?> type) {
        if (type == int.class || type == Integer.class) {
            return small(whole(node));
        }
        if (type == long.class || type == Long.class) {
            return whole(node);
        }
        if (type == double.class || type == Double.class) {
            return number(node);
        }
        if (type == boolean.class) {
            if (!node.isMissingNode() && !node.isBoolean()) {
                throw new IllegalArgumentException(node + " is neither true nor false.");
            }
            return node.asBoolean(false);
        }
        if (type == String.class) {
            return node.asString("");
        }
        if (type == Activation.class) {
            return Activation.of(node.asString());
        }
        if (Layer.class.isAssignableFrom(type)) {
            return node.isString() ? Activation.of(node.asString()) : LayerJson.read(node);
        }
        if (type == Init.class) {
            return InitJson.read(node);
        }
        if (type == Optimizer.class) {
            return OptimizerJson.read(node);
        }
        if (type == Schedule.class) {
            return OptimizerJson.schedule(node);
        }
        if (type == Loss.class) {
            return GoalJson.loss(node);
        }
        if (type == Metric.class) {
            return GoalJson.metric(node);
        }
        if (type == Groups.Group.class) {
            return read(node, Groups.Group.class);
        }
        if (node.isMissingNode()) {
            return type.getEnumConstants()[0];
        }
        return Arrays.stream(type.getEnumConstants()).filter(one -> ((Enum<?>) one).name().equalsIgnoreCase(node.asString())).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + type.getSimpleName() + " \"" + node.asString() + "\"."));
    }

    /// What is not finite is written as text, since JSON has no numbers for it.
    static double number(JsonNode node) {
        if (node.isMissingNode() || node.isNumber()) {
            return node.asDouble(0);
        }
        return switch (node.isString() ? node.asString() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new IllegalArgumentException(node + " is no number.");
        };
    }

    private static int small(long value) {
        if (value != (int) value) {
            throw new IllegalArgumentException(value + " is too large for a setting of 32 bits.");
        }
        return (int) value;
    }

    private static long whole(JsonNode node) {
        if (!node.isMissingNode() && !(node.isIntegralNumber() && node.canConvertToLong())) {
            throw new IllegalArgumentException(node + " is no whole number of at most 64 bits.");
        }
        return node.asLong(0);
    }
}
