package dev.caviar.nn;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.Reference.Case;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// LSTM and GRU give the sequences, states and gradients that Keras gives, in double precision.
@Tag("shared")
class RecurrenceConformanceTest {
    static Stream<Case> lstm() {
        return Reference.group("lstm", Set.of());
    }

    @ParameterizedTest
    @MethodSource
    void lstm(Case c) {
        Reference.present(c);
        var layer = LSTM.of(c.config().path("units").asInt())
                .withActivation(Activation.of(c.config().path("activation").asString("tanh")))
                .withRecurrentActivation(Activation.of(c.config().path("recurrent_activation").asString("sigmoid")))
                .withBias(c.config().path("use_bias").asBoolean(true))
                .withReturnSequences(c.flag("return_sequences")).withGoBackwards(c.flag("go_backwards"));
        // The reference's hard sigmoid has a slope of 1/6 that was rounded to single precision.
        check(c, c.flag("return_state") ? (s, x) -> {
            var all = layer.states(s, x);
            return List.of(all.sequence(), all.h(), all.c());
        } : (s, x) -> List.of(layer.apply(s, x)), c.name().equals("relu") ? 1e-7 : Reference.EXACT);
    }

    static Stream<Case> gru() {
        return Reference.group("gru", Set.of());
    }

    @ParameterizedTest
    @MethodSource
    void gru(Case c) {
        Reference.present(c);
        var layer = GRU.of(c.config().path("units").asInt()).withResetAfter(c.flag("reset_after"))
                .withBias(c.config().path("use_bias").asBoolean(true)).withReturnSequences(c.flag("return_sequences"));
        check(c, c.flag("return_state") ? (s, x) -> {
            var all = layer.states(s, x);
            return List.of(all.sequence(), all.h());
        } : (s, x) -> List.of(layer.apply(s, x)), Reference.EXACT);
    }

    /// Outputs `y…`, and the gradients of Σ y·dy with respect to `x…` and the parameters.
    private static void check(Case c, BiFunction<Scope, Tensor[], List<Tensor>> layer, double tolerance) {
        var arrays = c.arrays();
        var inputs = named("x", arrays);
        var params = Reference.prefixed("p_", arrays);
        var watched = new LinkedHashMap<>(inputs);
        watched.putAll(params);
        var scope = Bound.of(params, Random.key(1), true);
        var gradients = Gradient.tape(tape -> {
            tape.watch(watched.values().toArray(Tensor[]::new));
            var out = layer.apply(scope, inputs.values().toArray(Tensor[]::new));
            var expected = List.copyOf(named("y", arrays).values());
            org.assertj.core.api.Assertions.assertThat(out).hasSameSizeAs(expected);
            for (int i = 0; i < out.size(); i++) {
                Reference.close("y" + i, out.get(i), expected.get(i), tolerance);
            }
            return tape.gradient(out, List.copyOf(named("dy", arrays).values()), List.copyOf(watched.values()));
        });
        int i = 0;
        for (var name : watched.keySet()) {
            Reference.close("gradient of " + name, gradients.get(i++), arrays.get("g_" + name), tolerance);
        }
    }

    /// The arrays of this name, alone or numbered.
    private static Map<String, Tensor> named(String name, Map<String, Tensor> arrays) {
        var out = new LinkedHashMap<String, Tensor>();
        if (arrays.containsKey(name)) {
            out.put(name, arrays.get(name));
        }
        for (int i = 0; arrays.containsKey(name + i); i++) {
            out.put(name + i, arrays.get(name + i));
        }
        return out;
    }
}
