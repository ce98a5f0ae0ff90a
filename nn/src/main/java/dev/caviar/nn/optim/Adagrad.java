package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Steps divided by the root of all squared gradients so far (Duchi, Hazan & Singer 2011): `a ← a + g²`, `w ← w − α·g/(√a + ε)`.
///
/// With `inside`, ε stands under the root, as Keras has it.
///
/// ```java
/// Optimizer optimizer = Adagrad.of(0.01);
/// ```
public record Adagrad(Schedule rate, double initial, double epsilon, boolean inside) implements Optimizer {
    public Adagrad {
        if (!(initial >= 0)) {
            throw new IllegalArgumentException("Adagrad: the initial sum " + initial + " must be 0 or more.");
        }
    }

    /// From 0, ε 1e-10 outside the root.
    public static Adagrad of(double rate) {
        return new Adagrad(Schedule.constant(rate), 0, 1e-10, false);
    }

    /// Keras' form: from 0.1, ε 1e-7 under the root.
    public static Adagrad keras(double rate) {
        return new Adagrad(Schedule.constant(rate), 0.1, 1e-7, true);
    }

    @Override
    public Adagrad withRate(Schedule rate) {
        return new Adagrad(rate, initial, epsilon, inside);
    }

    public Adagrad withInitial(double initial) {
        return new Adagrad(rate, initial, epsilon, inside);
    }

    public Adagrad withEpsilon(double epsilon) {
        return new Adagrad(rate, initial, epsilon, inside);
    }

    public Adagrad withInside(boolean inside) {
        return new Adagrad(rate, initial, epsilon, inside);
    }

    @Override
    public List<String> slots() {
        return List.of("sum");
    }

    @Override
    public double initial(String slot) {
        return initial;
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var sum = slots.get("sum").add(grad.square());
        var epsilon = scalars.get("epsilon");
        var root = inside ? sum.add(epsilon).sqrt() : sum.sqrt().add(epsilon);
        return new Update(param.sub(grad.mul(scalars.get("learning_rate")).div(root)), Map.of("sum", sum));
    }
}
