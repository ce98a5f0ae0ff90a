package dev.caviar.nn.train;

import dev.caviar.engine.memory.DType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// In what numbers a model computes: all in F32, or mixed, with products of BF16 or F16 numbers that are summed in F32.
///
/// Weights, statistics, losses and the optimizer are F32 in any case, and so are saved models. BF16 has F32's range and 3 digits
/// and needs nothing else. F16 has 4 digits and ends at 65504: the loss is scaled up for the gradients' sake, and a step whose
/// gradients overflow is left out ([LossScale]). Where the processor has no such numbers they are emulated, at nearly the speed of F32.
///
/// ```java
/// var model = Model.of(Flatten.of(), Dense.of(128, "relu"), Dense.of(10, "softmax")).withPrecision(Precision.BF16);
/// ```
public record Precision(@Nullable DType low, @Nullable LossScale lossScale) {
    public static final Precision F32 = new Precision(null, null);
    public static final Precision BF16 = new Precision(DType.BF16, null);
    public static final Precision F16 = new Precision(DType.F16, LossScale.of());

    public Precision {
        if (low != null && low != DType.BF16 && low != DType.F16) {
            throw new IllegalArgumentException("Precision: products run in BF16 or F16, not in " + low + ".\nMaybe choose the type of "
                    + "everything by the model's withDType.");
        }
    }

    /// By name: float32, mixed_bfloat16, mixed_float16, or f32, bf16, f16 for short.
    public static Precision of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "float32", "f32" -> F32;
            case "mixed_bfloat16", "bf16" -> BF16;
            case "mixed_float16", "f16" -> F16;
            default -> throw new IllegalArgumentException("There is no precision \"" + name
                    + "\".\nMaybe one of float32, mixed_bfloat16, mixed_float16.");
        };
    }

    /// The long one of the names.
    public String kind() {
        return low == null ? "float32" : low == DType.BF16 ? "mixed_bfloat16" : "mixed_float16";
    }

    /// The same numbers with another way of scaling the loss; null for none.
    public Precision withLossScale(@Nullable LossScale scale) {
        return new Precision(low, scale);
    }
}
