package dev.caviar.app.check;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Dense;
import java.util.Map;

/// Dense layers, and activations, whose cases are named by their function.
final class DenseChecks {
    /// The reference's hard sigmoid has a slope of 1/6 that was rounded to single precision.
    static final double ROUNDED_SIXTH = 1e-7;

    private DenseChecks() {}

    static Map<String, Check> checks() {
        return Map.of("dense", DenseChecks::dense, "activation", DenseChecks::activation);
    }

    private static void dense(Case c) {
        LayerCase.of(c).compare(Dense.of(c.whole("units")).withBias(c.flag("use_bias", true)).withActivation(c.activation("activation", "linear")));
    }

    private static void activation(Case c) {
        var name = c.name().replaceFirst("_extreme$", "").replaceFirst("_axis-?\\d+$", "").replaceFirst("_exact$", "");
        var function = c.named(name, Activation::of);
        switch (function) {
            case LEAKY_RELU -> c.demand("negative_slope", 0.2);
            case ELU, CELU -> c.demand("alpha", 1.0, 1L);
            case SELU -> {
                c.demand("alpha", 1.6732632423543772);
                c.demand("scale", 1.0507009873554805);
            }
            case GELU -> c.demand("approximate", false);
            case GELU_TANH -> c.demand("approximate", true);
            case SOFTMAX, LOG_SOFTMAX -> c.demand("axis", -1L, c.array("x").rank() - 1L);
            default -> { }
        }
        var rounded = function == Activation.HARD_SIGMOID || function == Activation.HARD_SILU;
        LayerCase.of(c).withRounded(rounded ? ROUNDED_SIXTH : 0).compare(function);
    }
}
