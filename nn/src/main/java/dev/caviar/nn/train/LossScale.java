package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A factor on the loss that keeps small gradients of F16 above 0, and follows them: multiplied by `growth` after
/// `interval` steps in a row whose gradients were finite, by `backoff` when some were not. Such a step changes nothing else:
/// weights, what the optimizer keeps, statistics and the count of steps stay as they were (Micikevicius et al. 2018, 3.2).
///
/// The factors should be powers of two, so that scaling loses no digit.
///
/// ```java
/// var precision = Precision.F16.withLossScale(LossScale.of().withInitial(1024).withInterval(500));
/// ```
public record LossScale(double initial, int interval, double growth, double backoff) {
    /// The state that the step carries along: the scale, and how many steps in a row were finite.
    static final String SCALE = "scale";
    static final String STREAK = "streak";

    public LossScale {
        if (!(initial > 0 && interval >= 1 && growth >= 1 && backoff > 0 && backoff < 1)) {
            throw new IllegalArgumentException("LossScale from " + initial + ", times " + growth + " after " + interval + " steps, times "
                    + backoff + " at an overflow: the first must be above 0, the steps and the growth 1 or more, the last in (0, 1).");
        }
    }

    /// 2¹⁵ at first, doubled after 2000 steps, halved at an overflow.
    public static LossScale of() {
        return new LossScale(32768, 2000, 2, 0.5);
    }

    public LossScale withInitial(double initial) {
        return new LossScale(initial, interval, growth, backoff);
    }

    public LossScale withInterval(int interval) {
        return new LossScale(initial, interval, growth, backoff);
    }

    public LossScale withGrowth(double growth) {
        return new LossScale(initial, interval, growth, backoff);
    }

    public LossScale withBackoff(double backoff) {
        return new LossScale(initial, interval, growth, backoff);
    }

    /// The state before the first step.
    Map<String, Buffer> start(DType dtype) {
        return buffers(dtype, Map.of(SCALE, initial, STREAK, 0.0));
    }

    /// The numbers that the step is told, so that another policy is the same program.
    Map<String, Buffer> numbers(DType dtype) {
        return buffers(dtype, Map.of("interval", (double) interval, "growth", growth, "backoff", backoff));
    }

    private static Map<String, Buffer> buffers(DType dtype, Map<String, Double> values) {
        var out = new LinkedHashMap<String, Buffer>();
        values.keySet().stream().sorted().forEach(name -> {
            var buffer = Buffer.allocate(Type.of(dtype));
            buffer.set(0, values.get(name));
            out.put(name, buffer);
        });
        return out;
    }

    /// The gradients of the loss itself, from those of the scaled one; as they are where nothing is scaled.
    static List<Tensor> undone(List<Tensor> gradients, Map<String, Tensor> state) {
        if (state.isEmpty()) {
            return gradients;
        }
        var back = state.get(SCALE).reciprocal();
        return gradients.stream().map(gradient -> gradient.mul(back)).toList();
    }

    /// Whether all elements of all gradients are finite.
    static Tensor finite(List<Tensor> gradients) {
        var bad = Tensor.scalar(0);
        for (var gradient : gradients) {
            bad = bad.add(gradient.notFinite().cast(DType.F32).sum());
        }
        return bad.eq(Tensor.scalar(0));
    }

    /// The state after a step, from that before it and [#numbers].
    static Map<String, Tensor> next(Map<String, Tensor> state, Map<String, Tensor> numbers, Tensor finite) {
        var scale = state.get(SCALE);
        var streak = state.get(STREAK).add(1);
        var zero = Tensor.scalar(0, scale.dtype());
        var full = streak.ge(numbers.get("interval"));
        var grown = full.where(scale.mul(numbers.get("growth")), scale);
        return Map.of(SCALE, finite.where(grown, scale.mul(numbers.get("backoff"))),
                STREAK, finite.where(full.where(zero, streak), zero));
    }
}
