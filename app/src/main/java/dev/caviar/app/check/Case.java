package dev.caviar.app.check;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One case: its settings, and its arrays in the precision of the run. It remembers what was read of both.
///
/// Settings are Keras's by name. A missing one, and `null`, is the default that the reader gives; one of another kind than the reader
/// wants is [Unsupported].
final class Case {
    private static final double EXACT = 1e-10;
    /// The reference's hard sigmoid has a slope of 1/6 that was rounded to single precision, and so have gradients through it.
    private static final double ROUNDED_SIXTH = 1e-7;
    /// What names a thing, makes its first parameters, is for training or says how to compute the same: given the case's arrays, no output and no gradient
    /// depends on it.
    private static final Pattern WITHOUT_EFFECT = Pattern.compile("name|dtype|seed|trainable|synchronized|.+_(initializer|regularizer|constraint)"
            + "|quantization_config|build_config|registered_name|module|autocast|lora_(rank|alpha)|batch(_input)?_shape|input_length|implementation|flash_attention");

    private final Manifest.Entry entry;
    private final DType dtype;
    private final Map<String, Tensor> arrays = new LinkedHashMap<>();
    private final TreeSet<String> unreadSettings;
    private final TreeSet<String> unreadArrays;
    private String convention = "keras";
    private long compared;

    Case(Manifest.Entry entry, Map<String, Buffer> arrays, DType dtype) {
        this.entry = entry;
        this.dtype = dtype;
        arrays.forEach((name, buffer) -> {
            var tensor = Tensor.wrap(buffer);
            this.arrays.put(name, tensor.dtype().isFloat() ? tensor.cast(dtype) : tensor);
        });
        unreadSettings = new TreeSet<>(entry.config().keySet());
        unreadSettings.removeIf(key -> entry.config().get(key) == null || WITHOUT_EFFECT.matcher(key).matches());
        unreadArrays = new TreeSet<>(arrays.keySet());
    }

    /// A part of this case that has settings of its own, and no arrays.
    Case with(Map<String, @Nullable Object> config) {
        return new Case(new Manifest.Entry(entry.id(), entry.group(), entry.convention(), config, entry.file(), Map.of()), Map.of(), dtype);
    }

    String group() {
        return entry.group();
    }

    /// What the case is called in its group.
    String name() {
        return entry.id().substring(entry.id().indexOf('/') + 1);
    }

    /// `keras` or `torch`. A check that does not ask is one for Keras's convention.
    String convention() {
        convention = entry.convention();
        return convention;
    }

    /// What everything is computed in.
    DType dtype() {
        return dtype;
    }

    // Settings

    /// Whether the name or any setting has this word in it.
    boolean mentions(String word) {
        return name().contains(word) || entry.config().values().stream().anyMatch(value -> String.valueOf(value).contains(word));
    }

    /// Whether the setting is there; null counts.
    boolean has(String key) {
        return entry.config().containsKey(key);
    }

    /// The setting as the manifest has it: null, Boolean, Long, Double, String, List or Map.
    @Nullable Object value(String key) {
        unreadSettings.remove(key);
        return entry.config().get(key);
    }

    double number(String key, double otherwise) {
        return read(key, "a number", otherwise, value -> value instanceof Number number ? number.doubleValue() : null);
    }

    /// A number that has no default.
    double number(String key) {
        if (value(key) == null) throw new Unsupported("there is no " + key + ".");
        return number(key, 0);
    }

    int whole(String key, int otherwise) {
        return read(key, "a whole number", otherwise, value -> value instanceof Long number && number == number.intValue() ? number.intValue() : null);
    }

    /// A whole number that has no default.
    int whole(String key) {
        if (value(key) == null) throw new Unsupported("there is no " + key + ".");
        return whole(key, 0);
    }

    /// A list of whole numbers, or one as a list.
    long[] numbers(String key, long... otherwise) {
        return read(key, "a list of whole numbers", otherwise, value -> {
            var list = value instanceof List<?> many ? many : List.of(value);
            return list.stream().allMatch(Long.class::isInstance) ? list.stream().mapToLong(Long.class::cast).toArray() : null;
        });
    }

    String text(String key, String otherwise) {
        return read(key, "a text", otherwise, value -> value instanceof String text ? text : null);
    }

    boolean flag(String key, boolean otherwise) {
        return read(key, "true or false", otherwise, value -> value instanceof Boolean flag ? flag : null);
    }

    Activation activation(String key, String otherwise) {
        return named(text(key, otherwise), Activation::of);
    }

    /// A constant by a name, which may be one that there is not.
    <T> T named(String name, Function<String, T> of) {
        try {
            return of.apply(name);
        } catch (IllegalArgumentException e) {
            throw new Unsupported(String.valueOf(e.getMessage()).lines().findFirst().orElse(name));
        }
    }

    /// Refuses all but these values: for a setting of which only they are known.
    void demand(String key, @Nullable Object... known) {
        if (!has(key)) return;
        var value = value(key);
        for (var one : known) {
            if (Objects.equals(value, one)) return;
        }
        throw new Unsupported(key + " " + value + " is not known.");
    }

    private <T> T read(String key, String kind, T otherwise, Function<Object, @Nullable T> as) {
        var value = value(key);
        if (value == null) return otherwise;
        var read = as.apply(value);
        if (read == null) throw new Unsupported(key + " is " + value + ", not " + kind + ".");
        return read;
    }

    // Arrays

    boolean holds(String name) {
        return arrays.containsKey(name);
    }

    /// An array; a case without it is [Unsupported].
    Tensor array(String name) {
        unreadArrays.remove(name);
        var array = arrays.get(name);
        if (array == null) throw new Unsupported("there is no array " + name + ".");
        return array;
    }

    /// A number that is an array without axes.
    double item(String name) {
        return array(name).itemAsDouble();
    }

    /// The arrays whose names begin like this, by the rest of their names.
    Map<String, Tensor> prefixed(String prefix) {
        var out = new LinkedHashMap<String, Tensor>();
        for (var name : arrays.keySet()) {
            if (name.startsWith(prefix)) out.put(name.substring(prefix.length()), array(name));
        }
        return out;
    }

    /// The array of this name, or those of this name with 0, 1, … behind it.
    Map<String, Tensor> numbered(String name) {
        if (holds(name)) return Map.of(name, array(name));
        var out = new LinkedHashMap<String, Tensor>();
        for (int i = 0; holds(name + i); i++) out.put(name + i, array(name + i));
        return out;
    }

    // Comparison

    /// How far an output or a loss may lie from the reference, relative to 1 + |reference|.
    double outputs() {
        return dtype == DType.F64 ? EXACT : 1e-5;
    }

    /// How far a gradient, a trajectory or a model may.
    double slopes() {
        return dtype == DType.F64 ? EXACT : 1e-4;
    }

    /// How far a gradient of a layer may.
    double layerSlopes() {
        var rounded = mentions("hard_sigmoid") || mentions("hard_silu") || mentions("hard_swish");
        return rounded ? Math.max(slopes(), ROUNDED_SIXTH) : slopes();
    }

    /// How far a metric may: Keras adds 1e-7 in places.
    double metrics() {
        return dtype == DType.F64 ? 1e-6 : 1e-5;
    }

    /// An output or a loss against the array of this name.
    void output(Tensor actual, String name) {
        close(name, actual, array(name), outputs());
    }

    /// A gradient, or what came of gradients, against the array of this name.
    void slope(Tensor actual, String name) {
        close(name, actual, array(name), slopes());
    }

    /// Throws [Mismatch] unless the shapes are equal, and each |actual − expected| ≤ tolerance · (1 + |expected|).
    void close(String what, Tensor actual, Tensor expected, double tolerance) {
        fits(what, actual, expected);
        var a = actual.toDoubles();
        var b = expected.toDoubles();
        int worst = -1;
        for (int i = 0; i < a.length; i++) {
            // Infinity minus infinity and all with NaN is NaN, which is close to nothing.
            if (a[i] != b[i] && !(error(a[i], b[i]) <= tolerance) && (worst < 0 || !(error(a[i], b[i]) <= error(a[worst], b[worst])))) worst = i;
        }
        if (worst >= 0) {
            throw new Mismatch(String.format(Locale.ROOT, "%s%s is %s, the reference %s: off by %.2g, allowed is %.0e.", what,
                    a.length == 1 ? "" : "[" + worst + "]", a[worst], b[worst], error(a[worst], b[worst]), tolerance));
        }
        compared += a.length;
    }

    /// Throws [Mismatch] unless the shapes are equal.
    void fits(String what, Tensor actual, Tensor expected) {
        if (!actual.shape().equals(expected.shape())) throw new Mismatch(what + " is " + actual.shape() + ", the reference " + expected.shape() + ".");
    }

    private static double error(double actual, double expected) {
        return Math.abs(actual - expected) / (1 + Math.abs(expected));
    }

    // What was not read

    /// Throws [Unsupported] where a setting or a mask was not read, so that whatever was computed is not what the case asks for.
    void understood() {
        if (!unreadSettings.isEmpty()) {
            var key = unreadSettings.first();
            throw new Unsupported("the setting " + key + " = " + entry.config().get(key) + " is not known here.");
        }
        unreadArrays.stream().filter(name -> name.contains("mask")).findFirst().ifPresent(name -> {
            throw new Unsupported("nothing is done with the arrays [" + name + "].");
        });
        if (!convention.equals(entry.convention())) throw new Unsupported("the convention \"" + entry.convention() + "\" is not known here.");
    }

    /// Throws [Unsupported] where an array was not read, or nothing was compared.
    void complete() {
        understood();
        if (!unreadArrays.isEmpty()) throw new Unsupported("nothing is done with the arrays " + unreadArrays + ".");
        if (compared == 0) throw new Unsupported("there is nothing to compare with.");
    }
}
