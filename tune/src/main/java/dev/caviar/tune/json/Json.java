package dev.caviar.tune.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/// JSON text as Python's `json.dumps` writes it with its defaults, so that Python programs find the very bytes they would have written.
///
/// Values are `null`, [Boolean], [Long], [Double], [String], [List] and [Map] with string keys in their order. Whole numbers are read as
/// [Long] and all others as [Double]: Python keeps `1` and `1.0` apart, and so do we. `NaN`, `Infinity` and `-Infinity` are read and
/// written. Everything outside ASCII is escaped. Reading refuses a repeated key.
///
/// ```java
/// var text = Json.write(Map.of("rate", 1e-5));    // {"rate": 1e-05}
/// var value = (Map<?, ?>) Json.read(text);
/// assert value.get("rate").equals(1e-5);
/// ```
public final class Json {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /// The value that a JSON text stands for. Throws [JsonException] with line and column where it is not JSON.
    public static @Nullable Object read(String text) {
        return locate(text).root();
    }

    /// The value of a JSON text together with the line on which each part of it stands.
    public static Document locate(String text) {
        try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            var reader = new Reader(parser);
            parser.nextToken();
            var root = reader.value();
            if (parser.nextToken() != null)
                throw new JsonException("line " + line(parser) + ": there is more text after the end of the value.");
            return new Document(root, reader.lines);
        } catch (JacksonException e) {
            var where = e.getLocation();
            var place = where == null ? "" : "line " + where.getLineNr() + ", column " + where.getColumnNr() + ": ";
            throw new JsonException(place + words(firstLine(e.getOriginalMessage())));
        }
    }

    // Jackson speaks of its own settings, which nobody who wrote the text knows.
    private static String words(String message) {
        if (message.contains("nesting depth")) return "lists and objects are nested too deeply.";
        if (message.contains("comment")) return "JSON has no comments.";
        return message.replaceFirst(" \\(start marker at .*", "").replaceFirst(" \\(JSON String, .*", "").replaceFirst(" \\(code ([0-9]+) / 0x[0-9a-f]+\\)", "");
    }

    /// The JSON text of a value, on one line, with `", "` and `": "` between its parts.
    public static String write(@Nullable Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    /// The value as it would be read back after being written: without its own types, and unmodifiable.
    public static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String _, Boolean _, Long _, Double _ -> value;
            case Float number -> number.doubleValue();
            case Integer _, Short _, Byte _ -> ((Number) value).longValue();
            case Enum<?> constant -> constant.name();
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<String, @Nullable Object>();
                map.forEach((key, item) -> copy.put(String.valueOf(key), plain(item)));
                yield Collections.unmodifiableMap(copy);
            }
            case Collection<?> list -> {
                var copy = new ArrayList<@Nullable Object>();
                for (var item : list) copy.add(plain(item));
                yield Collections.unmodifiableList(copy);
            }
            default -> read(write(value));
        };
    }

    /// A double as Python's `repr` prints it: the shortest digits that read back as the same number, such as `1e-05` or `0.1`.
    public static String number(double value) {
        if (Double.isNaN(value)) return "NaN";
        if (Double.isInfinite(value)) return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0) return 1 / value < 0 ? "-0.0" : "0.0";
        // Here both languages print the same.
        if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7) return Double.toString(value);
        var decimal = shortest(value);
        var digits = decimal.unscaledValue().abs().toString();
        var exponent = digits.length() - 1 - decimal.scale();
        var sign = value < 0 ? "-" : "";
        if (exponent >= -4 && exponent < 16) {
            var plain = decimal.abs().toPlainString();
            return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
        }
        var mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        var power = Math.abs(exponent);
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (power < 10 ? "0" : "") + power;
    }

    // Java prints two digits at least, and so 4.9E-324 where Python has 5e-324.
    private static BigDecimal shortest(double value) {
        var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (decimal.precision() != 2) return decimal;
        var shorter = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
        return shorter.doubleValue() == value ? shorter.stripTrailingZeros() : decimal;
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case String text -> quote(text, out);
            case Boolean flag -> out.append(flag.booleanValue());
            case Float number -> out.append(number(number.doubleValue()));
            case Double number -> out.append(number(number));
            case Number number -> out.append(number);
            case Enum<?> constant -> quote(constant.name(), out);
            case Map<?, ?> map -> {
                var separator = "{";
                for (var entry : map.entrySet()) {
                    out.append(separator);
                    quote(String.valueOf(entry.getKey()), out);
                    out.append(": ");
                    write(entry.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Collection<?> list -> {
                var separator = "[";
                for (var item : list) {
                    out.append(separator);
                    write(item, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            default -> throw new JsonException("a " + value.getClass().getName() + " has no form in JSON: " + value
                    + "\nMaybe turn it into text, a number, a list or a map first.");
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c >= ' ' && c <= '~') out.append(c);
                    else out.append("\\u").append(String.format("%04x", (int) c));
                }
            }
        }
        out.append('"');
    }

    private static String firstLine(String message) {
        var end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    /// A JSON value and the lines of its parts, for messages that say where a mistake stands.
    ///
    /// ```java
    /// var document = Json.locate("{\n\"a\": 1}");
    /// assert document.line((Map<?, ?>) document.root(), "a") == 2;
    /// ```
    public static final class Document {
        private final @Nullable Object root;
        private final IdentityHashMap<Object, Map<Object, Integer>> lines;

        private Document(@Nullable Object root, IdentityHashMap<Object, Map<Object, Integer>> lines) {
            this.root = root;
            this.lines = lines;
        }

        /// The outermost value.
        public @Nullable Object root() {
            return root;
        }

        /// The line, counted from 1, of the entry under `key` (a name in an object, an [Integer] index in a list) of this very container;
        /// the container's own first line where there is no such entry.
        public int line(Object container, Object key) {
            var known = lines.getOrDefault(container, Map.of());
            return known.getOrDefault(key, known.getOrDefault("", 1));
        }
    }

    private record Reader(JsonParser parser, IdentityHashMap<Object, Map<Object, Integer>> lines) {
        Reader(JsonParser parser) {
            this(parser, new IdentityHashMap<>());
        }

        @Nullable Object value() {
            var token = parser.currentToken();
            if (token == null) throw new JsonException("line " + line(parser) + ": the text is empty.");
            return switch (token) {
                case START_OBJECT -> object();
                case START_ARRAY -> list();
                case VALUE_STRING -> parser.getString();
                case VALUE_TRUE -> Boolean.TRUE;
                case VALUE_FALSE -> Boolean.FALSE;
                case VALUE_NULL -> null;
                case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
                case VALUE_NUMBER_INT -> whole();
                default -> throw new JsonException("line " + line(parser) + ": " + token + " is not a value.");
            };
        }

        // Python's integers have no end; ours become doubles where long ends.
        private Object whole() {
            return switch (parser.getNumberType()) {
                case INT, LONG -> parser.getLongValue();
                default -> parser.getDoubleValue();
            };
        }

        private Map<String, @Nullable Object> object() {
            var map = new LinkedHashMap<String, @Nullable Object>();
            var places = places(map);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var key = parser.currentName();
                places.put(key, line(parser));
                parser.nextToken();
                map.put(key, value());
            }
            return map;
        }

        private List<@Nullable Object> list() {
            var list = new ArrayList<@Nullable Object>();
            var places = places(list);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                places.put(list.size(), line(parser));
                list.add(value());
            }
            return list;
        }

        private Map<Object, Integer> places(Object container) {
            var places = new LinkedHashMap<Object, Integer>();
            places.put("", line(parser));
            lines.put(container, places);
            return places;
        }
    }
}
