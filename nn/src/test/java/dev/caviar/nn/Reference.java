package dev.caviar.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.NumPy;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Layer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reference vectors: inputs, weights, outputs and gradients of layers as Keras and PyTorch compute them.
final class Reference {
    static final Path FOLDER = Path.of(System.getProperty("caviar.shared", "../shared"), "conformance", "layers");
    static final double EXACT = 1e-10;

    /// One case: its group and name, its settings, and its arrays.
    record Case(String id, JsonNode config, String file) {
        Map<String, Tensor> arrays() {
            var out = new LinkedHashMap<String, Tensor>();
            NumPy.readArchive(FOLDER.resolve(file)).forEach((name, buffer) -> out.put(name, Tensor.wrap(buffer)));
            return out;
        }

        /// The same arrays in single precision, in which a case's inputs are exact.
        Map<String, Tensor> narrowed() {
            var out = new LinkedHashMap<String, Tensor>();
            arrays().forEach((name, value) -> out.put(name, value.cast(DType.F32)));
            return out;
        }

        String name() {
            return id.substring(id.indexOf('/') + 1);
        }

        double number(String key, double otherwise) {
            return config.path(key).asDouble(otherwise);
        }

        /// A list of numbers, or one number as a list.
        long[] numbers(String key, long... otherwise) {
            var node = config.path(key);
            return node.isArray() ? node.valueStream().mapToLong(JsonNode::asLong).toArray() : node.isNumber() ? new long[] {node.asLong()} : otherwise;
        }

        /// A word, where it is missing or null the other one.
        String text(String key, String otherwise) {
            return config.path(key).asString(otherwise);
        }

        boolean flag(String key) {
            return config.path(key).asBoolean(false);
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /// The cases of a group without those named.
    static Stream<Case> group(String group, Set<String> without) {
        var manifest = FOLDER.resolve("manifest.json");
        if (!Files.exists(manifest)) {
            return Stream.of(new Case("absent", JsonMapper.builder().build().createObjectNode(), ""));
        }
        var cases = new ArrayList<Case>();
        try {
            var root = JsonMapper.builder().build().readTree(Files.readString(manifest));
            (root.isArray() ? root : root.path("cases")).forEach(c -> {
                if (c.path("group").asString().equals(group)) {
                    cases.add(new Case(c.path("id").asString(), c.path("config"), c.path("file").asString()));
                }
            });
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return cases.stream().filter(c -> !without.contains(c.name()));
    }

    static void present(Case c) {
        if (c.id.equals("absent")) {
            System.out.println("Skipped: no reference vectors at " + FOLDER);
        }
        Assumptions.assumeFalse(c.id.equals("absent"));
    }

    static void close(String what, Tensor actual, Tensor expected, double tolerance) {
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        var a = actual.toDoubles();
        var b = expected.toDoubles();
        for (int i = 0; i < a.length; i++) {
            assertThat(Math.abs(a[i] - b[i])).as("%s[%d] = %s, wanted %s", what, i, a[i], b[i])
                    .isLessThanOrEqualTo(tolerance * (1 + Math.abs(b[i])));
        }
    }

    /// The layer's output and the gradients of Σ y·dy, against `y`, `g_x` and `g_NAME`.
    static Bound check(Layer layer, Map<String, Tensor> arrays, boolean training) {
        return check(layer, arrays, training, EXACT);
    }

    /// The same with another tolerance for gradients.

    static Bound check(Layer layer, Map<String, Tensor> arrays, boolean training, double tolerance) {
        return check(layer, arrays, training, EXACT, tolerance);
    }

    static Bound check(Layer layer, Map<String, Tensor> arrays, boolean training, double exact, double tolerance) {
        var x = arrays.get("x");
        var params = prefixed("p_", arrays);
        var values = new LinkedHashMap<>(params);
        values.putAll(prefixed("s_", arrays));
        values.putIfAbsent("none", Tensor.scalar(0, x.dtype()));
        var scope = Bound.of(values, Random.key(1), training);
        var watched = new ArrayList<>(List.of(x));
        watched.addAll(params.values());
        var gradients = Gradient.tape(tape -> {
            tape.watch(watched.toArray(Tensor[]::new));
            var y = layer.apply(scope, x);
            close("y", y, arrays.get("y"), exact);
            return arrays.containsKey("dy") ? tape.gradient(List.of(y), List.of(arrays.get("dy")), watched) : List.<Tensor>of();
        });
        var names = new ArrayList<>(List.of("x"));
        names.addAll(params.keySet());
        for (int i = 0; i < gradients.size(); i++) {
            close("gradient of " + names.get(i), gradients.get(i), arrays.get("g_" + names.get(i)), tolerance);
        }
        return scope;
    }

    static Map<String, Tensor> prefixed(String prefix, Map<String, Tensor> arrays) {
        var out = new LinkedHashMap<String, Tensor>();
        arrays.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                out.put(name.substring(prefix.length()), value);
            }
        });
        return out;
    }

    private Reference() {}
}
