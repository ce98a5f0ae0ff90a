package dev.caviar.nn.train;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Init;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Records as JSON objects: a field for each component, under its name. Components are numbers, booleans, constants of an enum,
/// initialisations, and lists of whole numbers. A missing field is 0, false or empty.
final class RecordJson {
    private RecordJson() {}

    static void write(Record record, ObjectNode to) {
        for (var component : record.getClass().getRecordComponents()) {
            var name = component.getName();
            switch (value(record, component)) {
                case Integer number -> to.put(name, number);
                case Long number -> to.put(name, number);
                case Double number -> to.put(name, number);
                case Boolean flag -> to.put(name, flag);
                case Enum<?> constant -> to.put(name, constant.name().toLowerCase(Locale.ROOT));
                case Init init -> to.set(name, InitJson.write(init));
                case List<?> numbers -> {
                    var array = to.putArray(name);
                    numbers.forEach(number -> array.add((Long) number));
                }
                case Object other -> throw new IllegalArgumentException(component + " is " + other + ", which has no form in JSON.");
            }
        }
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
        var values = Arrays.stream(components).map(c -> value(node.path(c.getName()), c.getType())).toArray();
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

    private static Object value(JsonNode node, Class<?> type) {
        if (type == int.class) {
            return node.asInt();
        }
        if (type == long.class) {
            return node.asLong();
        }
        if (type == double.class) {
            return node.asDouble();
        }
        if (type == boolean.class) {
            return node.asBoolean();
        }
        if (type == Activation.class) {
            return Activation.of(node.asString());
        }
        if (type == Init.class) {
            return InitJson.read(node);
        }
        if (type == List.class) {
            var values = new ArrayList<Long>();
            node.forEach(one -> values.add(one.asLong()));
            return values;
        }
        return Arrays.stream(type.getEnumConstants()).filter(one -> ((Enum<?>) one).name().equalsIgnoreCase(node.asString())).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + type.getSimpleName() + " \"" + node.asString() + "\"."));
    }
}
