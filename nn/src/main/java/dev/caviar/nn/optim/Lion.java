package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Steps of one length, by the sign of momentum and gradient (Chen et al. 2023): `w ← w − α·sign(β₁·m + (1−β₁)·g)`,
/// `m ← β₂·m + (1−β₂)·g`.
///
/// ```java
/// Optimizer optimizer = Lion.of(0.0001).withDecay(0.1);
/// ```
public record Lion(Schedule rate, double beta1, double beta2) implements Optimizer {
    public Lion {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("Lion: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.99.
    public static Lion of(double rate) {
        return new Lion(Schedule.constant(rate), 0.9, 0.99);
    }

    @Override
    public Lion withRate(Schedule rate) {
        return new Lion(rate, beta1, beta2);
    }

    public Lion withBeta1(double beta1) {
        return new Lion(rate, beta1, beta2);
    }

    public Lion withBeta2(double beta2) {
        return new Lion(rate, beta1, beta2);
    }

    @Override
    public List<String> slots() {
        return List.of("mean");
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain1", "gain2");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "gain1" -> 1 - beta1;
            default -> 1 - beta2;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var mean = slots.get("mean");
        var direction = MovingAverage.next(mean, grad, scalars.get("gain1")).sign();
        return new Update(param.sub(direction.mul(scalars.get("learning_rate"))),
                Map.of("mean", MovingAverage.next(mean, grad, scalars.get("gain2"))));
    }
}
