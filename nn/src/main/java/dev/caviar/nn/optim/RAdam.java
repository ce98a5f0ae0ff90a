package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam whose steps are held back while the squared gradients are too few to go by (Liu et al. 2020).
///
/// ```java
/// Optimizer optimizer = RAdam.of(0.001);
/// ```
public record RAdam(Schedule rate, double beta1, double beta2, double epsilon) implements Optimizer {
    public RAdam {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("RAdam: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.999, ε 1e-8.
    public static RAdam of(double rate) {
        return new RAdam(Schedule.constant(rate), 0.9, 0.999, 1e-8);
    }

    @Override
    public RAdam withRate(Schedule rate) {
        return new RAdam(rate, beta1, beta2, epsilon);
    }

    public RAdam withBeta1(double beta1) {
        return new RAdam(rate, beta1, beta2, epsilon);
    }

    public RAdam withBeta2(double beta2) {
        return new RAdam(rate, beta1, beta2, epsilon);
    }

    public RAdam withEpsilon(double epsilon) {
        return new RAdam(rate, beta1, beta2, epsilon);
    }

    @Override
    public List<String> slots() {
        return List.of("mean", "square");
    }

    private static double correction(double beta, long step) {
        return MovingAverage.correction(beta, step);
    }

    /// The factor on the step once there are enough squares; 0 before, when the step goes by the mean alone.
    private double trusted(long step) {
        double end = 2 / (1 - beta2) - 1;
        double power = Math.pow(beta2, step + 1);
        double now = end - 2 * (step + 1) * power / (1 - power);
        return now > 5 ? Math.sqrt((now - 4) * (now - 2) * end / ((end - 4) * (end - 2) * now)) : 0;
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain1", "gain2", "root", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch) * correction(beta1, step) * (trusted(step) > 0 ? trusted(step) / Math.sqrt(correction(beta2, step)) : 1);
            case "gain1" -> 1 - beta1;
            case "gain2" -> 1 - beta2;
            case "root" -> trusted(step) > 0 ? 1 : 0;
            default -> trusted(step) > 0 ? epsilon : 1;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var mean = MovingAverage.next(slots.get("mean"), grad, scalars.get("gain1"));
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain2"));
        var root = square.sqrt().mul(scalars.get("root")).add(scalars.get("epsilon"));
        return new Update(param.sub(mean.mul(scalars.get("learning_rate")).div(root)), Map.of("mean", mean, "square", square));
    }
}
