package dev.caviar.app.check;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.ELU;
import dev.caviar.nn.layer.EinsumDense;
import dev.caviar.nn.layer.GLU;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LeakyReLU;
import dev.caviar.nn.layer.PReLU;
import dev.caviar.nn.layer.ReLU;
import dev.caviar.nn.layer.Shrink;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.Sparsemax;
import dev.caviar.nn.layer.Squareplus;
import dev.caviar.nn.layer.Threshold;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Dense layers, and activations, whose cases are named by their function.
final class DenseChecks {
    private DenseChecks() {}

    static Map<String, Check> checks() {
        return Map.of("dense", DenseChecks::dense, "activation", DenseChecks::activation, "einsum_dense", DenseChecks::einsum);
    }

    private static void dense(Case c) {
        LayerCase.of(c).compare(layer(c));
    }

    static Dense layer(Case c) {
        return Dense.of(c.whole("units")).withBias(c.flag("use_bias", true)).withActivation(c.activation("activation", "linear"));
    }

    /// A missing length is the input's.
    private static void einsum(Case c) {
        var sizes = c.value("output_shape") instanceof List<?> list ? list.stream().mapToLong(one -> one instanceof Long size ? size : 0).toArray()
                : c.numbers("output_shape");
        LayerCase.of(c).compare(c.named(c.text("equation", ""), equation -> EinsumDense.of(equation, sizes)).withBiasAxes(c.text("bias_axes", ""))
                .withActivation(c.activation("activation", "linear")));
    }

    private static void activation(Case c) {
        LayerCase.of(c).compare(activationLayer(c));
    }

    private static Layer activationLayer(Case c) {
        var name = function(c.name());
        return switch (name) {
            case "relu" -> relu(c);
            case "leaky_relu" -> LeakyReLU.of(c.number("negative_slope", 0.2));
            case "elu" -> ELU.of(c.number("alpha", 1));
            case "celu" -> ELU.of(c.number("alpha", 1)).withContinuous(true);
            case "prelu" -> c.value("shared_axes") == null ? PReLU.of() : PReLU.of().withSharedAxes(c.numbers("shared_axes"));
            case "gelu" -> c.flag("approximate", false) ? Activation.GELU_TANH : Activation.GELU;
            case "softmax" -> Softmax.of(c.numbers("axis", -1));
            case "log_softmax" -> Softmax.of(c.numbers("axis", -1)).withLog(true);
            case "sparsemax" -> Sparsemax.of(c.whole("axis", -1));
            case "glu" -> GLU.of(c.whole("axis", -1));
            case "hard_shrink" -> Shrink.hard(c.number("threshold", 0.5));
            case "soft_shrink" -> Shrink.soft(c.number("threshold", 0.5));
            case "threshold" -> Threshold.of(c.number("threshold"), c.number(c.has("default_value") ? "default_value" : "value"));
            case "squareplus" -> Squareplus.of(c.number("b", 4));
            default -> constant(c, c.named(name, Activation::of));
        };
    }

    /// A case's name may say more behind the function's, as `softmax_axis1_extreme` does.
    private static String function(String name) {
        var known = Stream.concat(Stream.of("prelu", "swish", "hard_swish", "threshold"), Stream.of(Activation.values()).map(Activation::kind)).collect(Collectors.toSet());
        var function = name;
        while (!known.contains(function)) {
            int end = function.lastIndexOf('_');
            if (end < 0) throw new Unsupported("there is no activation \"" + name + "\".");
            function = function.substring(0, end);
        }
        return function;
    }

    private static Layer relu(Case c) {
        var layer = ReLU.of().withNegativeSlope(c.number("negative_slope", 0)).withThreshold(c.number("threshold", 0));
        return c.value("max_value") == null ? layer : layer.withMaxValue(c.number("max_value"));
    }

    /// A function whose numbers are its own: others are not known.
    private static Layer constant(Case c, Activation function) {
        switch (function) {
            case SELU -> {
                c.demand("alpha", 1.6732632423543772);
                c.demand("scale", 1.0507009873554805);
            }
            case HARD_TANH -> {
                for (var low : List.of("min_val", "min_value")) c.demand(low, -1L, -1.0);
                for (var high : List.of("max_val", "max_value")) c.demand(high, 1L, 1.0);
            }
            case SOFTPLUS -> {
                c.demand("beta", 1L, 1.0);
                // Beyond it PyTorch takes x itself, which is the same to 1e-9.
                c.demand("threshold", 20L, 20.0);
            }
            case GELU_TANH -> c.demand("approximate", true);
            default -> { }
        }
        return function;
    }
}
