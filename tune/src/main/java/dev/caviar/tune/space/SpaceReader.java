package dev.caviar.tune.space;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.json.JsonException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Turns the JSON form of a space into a [Space]; every refusal names parameter, key and line.
final class SpaceReader {
    private static final Map<String, Set<String>> KEYS = Map.of(
            "real", Set.of("name", "type", "low", "high", "scale", "step", "when", "tier", "default"),
            "whole", Set.of("name", "type", "low", "high", "scale", "step", "when", "tier", "default"),
            "choice", Set.of("name", "type", "values", "when", "tier", "default"));

    private final Json.Document document;

    SpaceReader(String json) {
        try {
            document = Json.locate(json);
        } catch (JsonException e) {
            throw new SpaceException(e.getMessage() + "\nMaybe look for a missing comma, quote or bracket there.");
        }
    }

    Space space() {
        if (!(document.root() instanceof Map<?, ?> root) || !(root.get("parameters") instanceof List<?> list))
            throw new SpaceException("line 1: a space has the form {\"parameters\": [...]}.");
        for (var key : root.keySet())
            if (!key.equals("parameters")) throw new SpaceException("line " + document.line(root, key) + ": unknown key \"" + key + "\"."
                    + "\nMaybe \"parameters\" was meant.");
        if (list.isEmpty()) throw new SpaceException("line " + document.line(root, "parameters") + ": \"parameters\" is empty.");
        var params = new ArrayList<Param>();
        for (var i = 0; i < list.size(); i++) {
            if (!(list.get(i) instanceof Map<?, ?> map))
                throw new SpaceException("line " + document.line(list, i) + ": parameter " + (i + 1) + " is not an object in braces.");
            var entry = new Entry(map, map.get("name") instanceof String name ? "\"" + name + "\"" : String.valueOf(i + 1));
            params.add(entry.param());
        }
        try {
            return new Space(params);
        } catch (SpaceException e) {
            throw new SpaceException(located(list, e.getMessage()));
        }
    }

    // A refusal of the whole space begins with the name of the parameter: put its line in front.
    private String located(List<?> list, String message) {
        for (var item : list)
            if (item instanceof Map<?, ?> map && message.startsWith("parameter \"" + map.get("name") + "\"")) {
                var key = message.contains("the name is used twice") ? "name" : "when";
                var line = 0;
                for (var other : list)
                    if (other instanceof Map<?, ?> same && map.get("name").equals(same.get("name"))) line = document.line(same, key);
                return "line " + line + ", " + message;
            }
        return message;
    }

    private final class Entry {
        private final Map<?, ?> map;
        private final String self;

        Entry(Map<?, ?> map, String self) {
            this.map = map;
            this.self = self;
        }

        Param param() {
            var name = text("name");
            var type = text("type");
            var known = KEYS.get(type);
            if (known == null) throw error("type", "there is no type \"" + type + "\".\nMaybe one of real, whole, choice was meant.");
            for (var key : map.keySet())
                if (!known.contains(key)) throw error((String) key, "a parameter of type " + type + " has no such key."
                        + "\nMaybe one of " + String.join(", ", new TreeSet<>(known)) + " was meant.");
            try {
                var param = new Param(name, dist(type), when(), 1, null);
                if (map.containsKey("tier")) param = tiered(param);
                return map.containsKey("default") ? waiting(param) : param;
            } catch (SpaceException e) {
                if (e.getMessage().startsWith("line ")) throw e;
                throw error(culprit(type, e.getMessage()), e.getMessage());
            }
        }

        private static String culprit(String type, String message) {
            return message.startsWith("Param(") ? "name" : type.equals("choice") ? "values" : message.contains("a step") ? "step" : "low";
        }

        private Param tiered(Param param) {
            try {
                return param.withTier(Math.clamp(whole("tier"), 0, Integer.MAX_VALUE));
            } catch (SpaceException e) {
                throw e.getMessage().startsWith("line ") ? e : error("tier", e.getMessage().replaceFirst("^parameter \"[^\"]*\": ", ""));
            }
        }

        private Param waiting(Param param) {
            var value = map.get("default");
            if (value == null || value instanceof Map || value instanceof List || !param.dist().contains(value))
                throw error("default", Json.write(value) + " is not a value of this parameter.");
            return param.withUsual(value);
        }

        private Dist dist(String type) {
            return switch (type) {
                case "real" -> new Real(number("low"), number("high"), scale(), map.containsKey("step") ? step(number("step")) : 0);
                case "whole" -> new Whole(whole("low"), whole("high"), scale(), map.containsKey("step") ? whole("step") : 1);
                default -> new Choice(values("values", need("values")));
            };
        }

        private Map<String, List<@Nullable Object>> when() {
            var when = new LinkedHashMap<String, List<@Nullable Object>>();
            if (!map.containsKey("when")) return when;
            if (!(map.get("when") instanceof Map<?, ?> conditions))
                throw error("when", "a condition has the form {\"parent\": [values]}.");
            conditions.forEach((parent, values) -> when.put((String) parent, values("when", values)));
            return when;
        }

        private List<@Nullable Object> values(String key, @Nullable Object value) {
            if (value instanceof List<?> list) {
                for (var item : list)
                    if (item instanceof Map || item instanceof List)
                        throw error(key, "a value is text, a number, true, false or null, not " + Json.write(item) + ".");
                return new ArrayList<@Nullable Object>(list);
            }
            throw error(key, "needs a list of values in brackets, not " + Json.write(value) + ".");
        }

        private Scale scale() {
            if (!map.containsKey("scale")) return Scale.LINEAR;
            try {
                return Scale.named(text("scale"));
            } catch (SpaceException e) {
                if (e.getMessage().startsWith("line ")) throw e;
                throw error("scale", e.getMessage());
            }
        }

        private double step(double step) {
            if (step <= 0) throw error("step", "a step must be a number above zero, not " + Json.write(step) + ".");
            return step;
        }

        private double number(String key) {
            if (need(key) instanceof Number number) return number.doubleValue();
            throw error(key, "needs a number, not " + Json.write(map.get(key)) + ".");
        }

        private long whole(String key) {
            if (need(key) instanceof Number number && number.doubleValue() == number.longValue()) return number.longValue();
            throw error(key, "needs a whole number, not " + Json.write(map.get(key)) + ".");
        }

        private String text(String key) {
            if (need(key) instanceof String text) return text;
            throw error(key, "needs text in quotes, not " + Json.write(map.get(key)) + ".");
        }

        private @Nullable Object need(String key) {
            if (!map.containsKey(key)) throw error(key, "is missing.");
            return map.get(key);
        }

        private SpaceException error(String key, String what) {
            return new SpaceException("line " + document.line(map, key) + ", parameter " + self + ", key \"" + key + "\": " + what);
        }
    }
}
