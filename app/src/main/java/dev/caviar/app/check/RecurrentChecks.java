package dev.caviar.app.check;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Scope;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/// Recurrent layers. First states are inputs behind x.
final class RecurrentChecks {
    private RecurrentChecks() {}

    static Map<String, Check> checks() {
        return Map.of("lstm", RecurrentChecks::lstm, "gru", RecurrentChecks::gru);
    }

    private static void lstm(Case c) {
        var layer = LSTM.of(c.whole("units")).withActivation(c.activation("activation", "tanh"))
                .withRecurrentActivation(c.activation("recurrent_activation", "sigmoid")).withBias(c.flag("use_bias", true))
                .withReturnSequences(c.flag("return_sequences", false)).withGoBackwards(c.flag("go_backwards", false));
        firstStates(c, 3);
        compare(c, layer.activation(), layer.recurrentActivation(), c.flag("return_state", false) ? (s, x) -> {
            var all = layer.states(s, x);
            return List.of(layer.returnSequences() ? all.sequence() : all.h(), all.h(), all.c());
        } : (s, x) -> List.of(layer.apply(s, x)));
    }

    private static void gru(Case c) {
        c.demand("activation", "tanh");
        c.demand("recurrent_activation", "sigmoid");
        c.demand("go_backwards", false);
        var layer = GRU.of(c.whole("units")).withResetAfter(c.flag("reset_after", true)).withBias(c.flag("use_bias", true))
                .withReturnSequences(c.flag("return_sequences", false));
        firstStates(c, 2);
        compare(c, Activation.TANH, Activation.SIGMOID, c.flag("return_state", false) ? (s, x) -> {
            var all = layer.states(s, x);
            return List.of(layer.returnSequences() ? all.sequence() : all.h(), all.h());
        } : (s, x) -> List.of(layer.apply(s, x)));
    }

    private static void firstStates(Case c, int inputs) {
        c.demand("initial_state", c.numbered("x").size() == inputs);
    }

    private static void compare(Case c, Activation activation, Activation gate, BiFunction<Scope, Tensor[], List<Tensor>> layer) {
        var rounded = List.of(activation, gate).contains(Activation.HARD_SIGMOID);
        LayerCase.of(c).withRounded(rounded ? DenseChecks.ROUNDED_SIXTH : 0).compareAll(layer);
    }
}
