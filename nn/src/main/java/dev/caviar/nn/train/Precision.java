package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.memory.DType;
import dev.caviar.nn.layer.Needs;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
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
public record Precision(@Nullable DType low, @Nullable LossScale lossScale, Set<String> exact) {
    private static final String EXCEPT = " except ";
    public static final Precision F32 = new Precision(null, null, Set.of());
    public static final Precision BF16 = new Precision(DType.BF16, null, Set.of());
    public static final Precision F16 = new Precision(DType.F16, LossScale.of(), Set.of());

    public Precision {
        exact = Collections.unmodifiableSet(new TreeSet<>(exact));
        if (low != null && low != DType.BF16 && low != DType.F16) {
            throw new IllegalArgumentException("Precision: products run in BF16 or F16, not in " + low + ".\nMaybe choose the type of "
                    + "everything by the model's withDType.");
        }
    }

    /// By name: float32, mixed_bfloat16, mixed_float16, or f32, bf16, f16 for short; also as [#kind] writes exceptions.
    public static Precision of(String name) {
        int except = name.indexOf(EXCEPT);
        if (except >= 0) {
            return of(name.substring(0, except)).except(name.substring(except + EXCEPT.length()).split(", "));
        }
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "float32", "f32" -> F32;
            case "mixed_bfloat16", "bf16" -> BF16;
            case "mixed_float16", "f16" -> F16;
            default -> throw new IllegalArgumentException("There is no precision \"" + name
                    + "\".\nMaybe one of float32, mixed_bfloat16, mixed_float16.");
        };
    }

    /// The long one of the names, with the exceptions: `mixed_bfloat16 except dense_1, encoder/dense`.
    public String kind() {
        var name = low == null ? "float32" : low == DType.BF16 ? "mixed_bfloat16" : "mixed_float16";
        return exact.isEmpty() ? name : name + EXCEPT + String.join(", ", exact);
    }

    /// The same numbers with another way of scaling the loss; null for none.
    public Precision withLossScale(@Nullable LossScale scale) {
        return new Precision(low, scale, exact);
    }

    /// The same but for these layers, by path, whose products run in F32: `Precision.BF16.except("dense_1", "encoder/attention")`.
    public Precision except(String... layers) {
        var all = new TreeSet<>(exact);
        all.addAll(List.of(layers));
        return new Precision(low, lossScale, all);
    }

    /// Throws [IllegalArgumentException] where a layer that is excepted is not there.
    void check(Needs needs) {
        for (var part : exact) {
            if (needs.parts().stream().noneMatch(one -> one.path().equals(part) || one.path().startsWith(part + "/"))) {
                throw new IllegalArgumentException("Precision: the model has no part \"" + part + "\" to except; it has "
                        + needs.parts().stream().map(Needs.Part::path).toList() + ".\nMaybe look at summary().");
            }
        }
    }

    /// The compiler's settings for it.
    Options in(Options options) {
        return options.withLow(low).withExact(exact);
    }
}
