package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam by the largest gradient in place of the squares' root (Kingma & Ba 2015, section 7): `u ← max(β₂·u, |g|)`,
/// `w ← w − α/(1−β₁^t)·m/(u + ε)`.
///
/// With `inside`, ε is added to `|g|`, as PyTorch has it.
///
/// ```java
/// Optimizer optimizer = Adamax.of(0.002);
/// ```
public record Adamax(Schedule rate, double beta1, double beta2, double epsilon, boolean inside) implements Optimizer {
    public Adamax {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("Adamax: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.999, ε 1e-8 inside.
    public static Adamax of(double rate) {
        return new Adamax(Schedule.constant(rate), 0.9, 0.999, 1e-8, true);
    }

    /// Keras' form: ε 1e-7 outside.
    public static Adamax keras(double rate) {
        return of(rate).withEpsilon(1e-7).withInside(false);
    }

    @Override
    public Adamax withRate(Schedule rate) {
        return new Adamax(rate, beta1, beta2, epsilon, inside);
    }

    public Adamax withBeta1(double beta1) {
        return new Adamax(rate, beta1, beta2, epsilon, inside);
    }

    public Adamax withBeta2(double beta2) {
        return new Adamax(rate, beta1, beta2, epsilon, inside);
    }

    public Adamax withEpsilon(double epsilon) {
        return new Adamax(rate, beta1, beta2, epsilon, inside);
    }

    public Adamax withInside(boolean inside) {
        return new Adamax(rate, beta1, beta2, epsilon, inside);
    }

    @Override
    public List<String> slots() {
        return List.of("mean", "largest");
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain1", "beta2", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch) * MovingAverage.correction(beta1, step);
            case "gain1" -> 1 - beta1;
            case "beta2" -> beta2;
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var epsilon = scalars.get("epsilon");
        var size = grad.abs();
        var mean = MovingAverage.next(slots.get("mean"), grad, scalars.get("gain1"));
        var largest = slots.get("largest").mul(scalars.get("beta2")).max(inside ? size.add(epsilon) : size);
        var below = inside ? largest : largest.add(epsilon);
        return new Update(param.sub(mean.mul(scalars.get("learning_rate")).div(below)), Map.of("mean", mean, "largest", largest));
    }
}
