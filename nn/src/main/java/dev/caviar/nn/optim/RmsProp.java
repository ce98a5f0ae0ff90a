package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Steps divided by a running root of the squared gradient (Hinton 2012): `s ← ρ·s + (1−ρ)·g²`, `w ← w − α·g/(√s + ε)`.
///
/// With `inside`, ε stands under the root, as Keras has it.
///
/// ```java
/// Optimizer optimizer = RmsProp.of(0.001).withRho(0.95);
/// ```
public record RmsProp(Schedule rate, double rho, double epsilon, boolean inside) implements Optimizer {
    public RmsProp {
        if (!(rho >= 0 && rho < 1)) {
            throw new IllegalArgumentException("RmsProp: rho " + rho + " must be in [0, 1).");
        }
    }

    /// ρ 0.9, ε 1e-8 outside the root.
    public static RmsProp of(double rate) {
        return new RmsProp(Schedule.constant(rate), 0.9, 1e-8, false);
    }

    @Override
    public RmsProp withRate(Schedule rate) {
        return new RmsProp(rate, rho, epsilon, inside);
    }

    public RmsProp withRho(double rho) {
        return new RmsProp(rate, rho, epsilon, inside);
    }

    public RmsProp withEpsilon(double epsilon) {
        return new RmsProp(rate, rho, epsilon, inside);
    }

    public RmsProp withInside(boolean inside) {
        return new RmsProp(rate, rho, epsilon, inside);
    }

    @Override
    public List<String> slots() {
        return List.of("square");
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "gain" -> 1 - rho;
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var before = slots.get("square");
        var square = before.add(grad.square().sub(before).mul(scalars.get("gain")));
        var epsilon = scalars.get("epsilon");
        var root = inside ? square.add(epsilon).sqrt() : square.sqrt().add(epsilon);
        return new Update(param.sub(grad.mul(scalars.get("learning_rate")).div(root)), Map.of("square", square));
    }
}
