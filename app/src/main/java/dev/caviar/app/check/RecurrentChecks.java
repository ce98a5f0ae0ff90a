package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.ConvLSTM;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.Recurrent;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.TimeDistributed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Layers over sequences. First states are inputs behind x; which steps count is said by `lengths` or an array `mask`.
final class RecurrentChecks {
    private RecurrentChecks() {}

    static Map<String, Check> checks() {
        var checks = new HashMap<String, Check>(Map.of("time_distributed", RecurrentChecks::timeDistributed));
        for (int axes = 1; axes <= 3; axes++) {
            int count = axes;
            checks.put("convlstm" + axes + "d", c -> convLstm(c, count));
            checks.put("conv_lstm" + axes + "d", c -> convLstm(c, count));
        }
        checks.putAll(Map.of("simple_rnn", c -> recurrent(c, "simple_rnn"), "lstm", c -> recurrent(c, "lstm"), "gru", c -> recurrent(c, "gru"),
                "mask", RecurrentChecks::masked, "bidirectional", RecurrentChecks::bidirectional, "embedding", RecurrentChecks::embedding));
        return checks;
    }

    private static void recurrent(Case c, String kind) {
        var layer = layer(c, kind);
        firstStates(c, kind.equals("lstm") ? 3 : 2);
        compare(c, layer);
    }

    /// The layer of a case: what is the same at inference whatever it is set to is read and left.
    private static Recurrent layer(Case c, String kind) {
        for (var rate : List.of("dropout", "recurrent_dropout")) c.number(rate, 0);
        for (var way : List.of("unroll", "stateful", "unit_forget_bias")) c.flag(way, false);
        c.value("use_cudnn");
        int units = c.whole("units");
        var bias = c.flag("use_bias", true);
        var activation = c.activation("activation", "tanh");
        Recurrent layer = switch (kind) {
            case "simple_rnn" -> SimpleRNN.of(units).withActivation(activation).withBias(bias);
            case "lstm" -> LSTM.of(units).withActivation(activation).withRecurrentActivation(gate(c)).withBias(bias);
            case "gru" -> GRU.of(units).withActivation(activation).withRecurrentActivation(gate(c)).withBias(bias)
                    .withResetAfter(c.flag("reset_after", true));
            default -> throw new Unsupported("there is no recurrent layer \"" + kind + "\" here.");
        };
        return layer.withReturnSequences(c.flag("return_sequences", false)).withReturnState(c.flag("return_state", false))
                .withGoBackwards(c.flag("go_backwards", false)).withZeroMasked(c.flag("zero_output_for_mask", false));
    }

    private static void convLstm(Case c, int axes) {
        for (var rate : List.of("dropout", "recurrent_dropout")) c.number(rate, 0);
        for (var way : List.of("unroll", "stateful", "unit_forget_bias")) c.flag(way, false);
        c.demand("data_format", "channels_last", null);
        var kernel = c.numbers("kernel_size");
        var layer = ConvLSTM.of(c.whole("filters"), kernel.length == axes ? kernel : LongStream.generate(() -> kernel[0]).limit(axes).toArray())
                .withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1)).withPadding(c.named(c.text("padding", "valid"), Padding::of))
                .withActivation(c.activation("activation", "tanh")).withRecurrentActivation(gate(c)).withBias(c.flag("use_bias", true))
                .withReturnSequences(c.flag("return_sequences", false)).withReturnState(c.flag("return_state", false))
                .withGoBackwards(c.flag("go_backwards", false)).withZeroMasked(c.flag("zero_output_for_mask", false));
        firstStates(c, 3);
        compare(c, layer);
    }

    private static Activation gate(Case c) {
        return c.activation("recurrent_activation", "sigmoid");
    }

    private static void firstStates(Case c, int inputs) {
        c.demand("initial_state", c.numbered("x").size() == inputs);
    }

    private static void compare(Case c, Layer layer) {
        var mask = mask(c);
        LayerCase.of(c).withPaths(RecurrentChecks::path).compareAll((s, x) -> layer.applyAll(s, counted(s, x, 0, mask)));
    }

    /// The same inputs, of which one is told which of its steps count; all where there is no mask.
    static Tensor[] counted(Scope s, Tensor[] x, int input, @Nullable Tensor mask) {
        if (mask == null) return x;
        var all = x.clone();
        all[input] = s.call("given" + input, counting(mask), x[input]);
        return all;
    }

    /// The array of this name as what is true and what is not; null where there is none.
    static @Nullable Tensor flags(Case c, String name) {
        if (!c.holds(name)) return null;
        var mask = c.array(name);
        return mask.dtype() == DType.BOOL ? mask : mask.ne(Tensor.scalar(0, mask.dtype()));
    }

    /// The same tensor, of which only these steps count.
    private static Layer counting(Tensor mask) {
        return (s, x) -> {
            s.pass(mask);
            return x[0].mul(1);
        };
    }

    /// The reference's halves of a bidirectional layer are `fw` and `bw`.
    private static String path(String name) {
        return name.replaceFirst("^(fw|forward)[._]", "forward/").replaceFirst("^(bw|backward)[._]", "backward/");
    }

    /// Which steps of the input count: the array or the setting `mask`, or `lengths`; null where all do.
    static @Nullable Tensor mask(Case c) {
        var given = flags(c, "mask");
        if (given != null) return given;
        if (c.value("mask") instanceof List<?> rows) return flags(rows);
        if (!c.has("lengths")) return null;
        var lengths = c.numbers("lengths");
        var x = List.copyOf(c.numbered("x").values()).getFirst().shape();
        if (lengths.length != x.dim(0)) throw new Unsupported("there are " + lengths.length + " lengths for " + x.dim(0) + " examples.");
        var left = c.name().contains("left");
        var counts = new boolean[(int) (x.dim(0) * x.dim(1))];
        for (int i = 0; i < counts.length; i++) {
            long step = i % x.dim(1);
            counts[i] = (left ? x.dim(1) - 1 - step : step) < lengths[(int) (i / x.dim(1))];
        }
        return Tensor.of(counts).reshape(x.dim(0), x.dim(1));
    }

    /// A mask that is a setting: a list of 0 and 1, or of false and true, for each example.
    private static Tensor flags(List<?> rows) {
        var all = rows.stream().flatMap(row -> row instanceof List<?> steps ? steps.stream() : Stream.of(row)).toList();
        var counts = new boolean[all.size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = switch (all.get(i)) {
                case Boolean flag -> flag;
                case Number number -> number.doubleValue() != 0;
                default -> throw new Unsupported("the mask " + rows + " is not one of flags.");
            };
        }
        return Tensor.of(counts).reshape(rows.size(), counts.length / rows.size());
    }

    /// One layer for each step.
    private static void timeDistributed(Case c) {
        var layer = c.text("layer", c.name().replaceFirst("_.*", ""));
        if (!layer.equals("dense")) throw new Unsupported("time_distributed " + layer + " is not known here.");
        var mask = mask(c);
        var steps = TimeDistributed.of(DenseChecks.layer(c));
        LayerCase.of(c).withPaths(name -> "dense/" + name.replaceFirst("^dense[./]", "")).compare((s, x) -> steps.apply(s, counted(s, x, 0, mask)));
    }

    /// Cases are named by their layer.
    private static void masked(Case c) {
        if (c.name().startsWith("bidirectional")) {
            bidirectional(c);
            return;
        }
        var kind = c.name().startsWith("simple_rnn") ? "simple_rnn" : c.name().replaceFirst("_.*", "");
        var cell = layer(c, c.text("cell", kind));
        firstStates(c, cell instanceof LSTM ? 3 : 2);
        compare(c, cell);
    }

    private static void bidirectional(Case c) {
        var cell = layer(c, c.text("cell", "lstm"));
        var merge = c.has("merge_mode") && c.value("merge_mode") == null ? Bidirectional.Merge.NONE
                : c.named(c.text("merge_mode", "concat"), name -> Bidirectional.Merge.valueOf(name.toUpperCase(Locale.ROOT)));
        firstStates(c, 1 + 2 * (cell instanceof LSTM ? 2 : 1));
        compare(c, Bidirectional.of(cell).withMerge(merge));
    }

    private static void embedding(Case c) {
        LayerCase.of(c).compare(Embedding.of(c.whole("input_dim"), c.whole("output_dim")).withMaskZero(c.flag("mask_zero", false)));
    }
}
