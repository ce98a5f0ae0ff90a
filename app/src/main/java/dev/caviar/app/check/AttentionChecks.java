package dev.caviar.app.check;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Attention;
import dev.caviar.nn.layer.MultiHeadAttention;
import dev.caviar.nn.layer.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Attention. Inputs are query, value and key; what may be seen is said by masks of steps and of pairs.
final class AttentionChecks {
    private AttentionChecks() {}

    static Map<String, Check> checks() {
        return Map.of("mha", AttentionChecks::heads, "gqa", AttentionChecks::grouped, "attention", AttentionChecks::single, "additive_attention",
                AttentionChecks::single);
    }

    private static void heads(Case c) {
        int size = c.whole("key_dim");
        compare(c, MultiHeadAttention.of(c.whole("num_heads"), size).withValueSize(c.whole("value_dim", size)).withOutput(c.numbers("output_shape"))
                .withAxes(LongStream.of(c.numbers("attention_axes")).mapToInt(Math::toIntExact).toArray()));
    }

    private static void grouped(Case c) {
        compare(c, MultiHeadAttention.of(c.whole("num_query_heads"), c.whole("head_dim")).withKeyHeads(c.whole("num_key_value_heads")));
    }

    private static void compare(Case c, MultiHeadAttention layer) {
        var set = layer.withBias(c.flag("use_bias", true)).withGated(c.flag("use_gate", false)).withWindow(c.whole("sliding_window", 0))
                .withCausal(causal(c));
        var mask = RecurrentChecks.flags(c, c.holds("attention_mask") ? "attention_mask" : "mask");
        compare(c, (s, x) -> {
            var in = new ArrayList<>(List.of(x));
            if (mask != null) in.add(mask);
            return set.attend(s, in.toArray(Tensor[]::new));
        });
    }

    private static boolean causal(Case c) {
        return c.flag("causal", false) | c.flag("use_causal_mask", false);
    }

    private static void single(Case c) {
        boolean additive = c.group().equals("additive_attention");
        var score = additive ? Attention.Score.ADDITIVE
                : c.named(c.text("score_mode", "dot").toUpperCase(Locale.ROOT), Attention.Score::valueOf);
        var layer = Attention.of(score).withScaled(c.flag("use_scale", additive)).withCausal(causal(c));
        compare(c, layer::attend);
    }

    private static void compare(Case c, BiFunction<Scope, Tensor[], MultiHeadAttention.Attention> attend) {
        c.number("dropout", 0);
        var steps = Stream.of("query_mask", "value_mask", "key_mask").map(name -> RecurrentChecks.flags(c, name)).toArray(Tensor[]::new);
        var scores = c.flag("return_attention_scores", false);
        LayerCase.of(c).withPaths(name -> name.replace('.', '/')).compareAll((s, x) -> {
            var counted = x;
            for (int i = 0; i < x.length; i++) counted = RecurrentChecks.counted(s, counted, i, steps[i]);
            var found = attend.apply(s, counted);
            return scores ? List.of(found.output(), found.weights()) : List.of(found.output());
        });
    }
}
