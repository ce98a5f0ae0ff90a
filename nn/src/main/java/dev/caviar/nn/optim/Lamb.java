package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam's step, brought to the length of the parameter itself (You et al. 2020): for very large batches.
///
/// ```java
/// Optimizer optimizer = Lamb.of(0.001).withDecay(0.01);
/// ```
public record Lamb(Schedule rate, double beta1, double beta2, double epsilon) implements Optimizer {
    public Lamb {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("Lamb: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.999, ε 1e-7.
    public static Lamb of(double rate) {
        return new Lamb(Schedule.constant(rate), 0.9, 0.999, 1e-7);
    }

    @Override
    public Lamb withRate(Schedule rate) {
        return new Lamb(rate, beta1, beta2, epsilon);
    }

    public Lamb withBeta1(double beta1) {
        return new Lamb(rate, beta1, beta2, epsilon);
    }

    public Lamb withBeta2(double beta2) {
        return new Lamb(rate, beta1, beta2, epsilon);
    }

    public Lamb withEpsilon(double epsilon) {
        return new Lamb(rate, beta1, beta2, epsilon);
    }

    @Override
    public List<String> slots() {
        return List.of("mean", "square");
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain1", "gain2", "correction1", "correction2", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "gain1" -> 1 - beta1;
            case "gain2" -> 1 - beta2;
            case "correction1" -> MovingAverage.correction(beta1, step);
            case "correction2" -> MovingAverage.correction(beta2, step);
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var mean = MovingAverage.next(slots.get("mean"), grad, scalars.get("gain1"));
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain2"));
        var root = square.mul(scalars.get("correction2")).sqrt().add(scalars.get("epsilon"));
        var step = mean.mul(scalars.get("correction1")).div(root);
        var length = param.square().sum().sqrt();
        var stride = step.square().sum().sqrt();
        var one = Tensor.scalar(1, param.dtype());
        var trust = length.gt(0).and(stride.gt(0)).where(length.div(stride.gt(0).where(stride, one)), one);
        return new Update(param.sub(step.mul(trust.mul(scalars.get("learning_rate")))), Map.of("mean", mean, "square", square));
    }
}
