package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Gradient descent with a rate that falls, and the average of the weights from step `start` on beside them (Polyak & Juditsky 1992):
/// `w ← w·(1 − λ·η) − η·g` with `η = α/(1 + λ·α·t)^power`, as PyTorch has it.
///
/// Until `start` the average is the weights themselves; `Model.averages()` hands it out.
///
/// ```java
/// Optimizer optimizer = Asgd.of(0.01).withStart(1000);
/// ```
public record Asgd(Schedule rate, double lambda, double power, double start) implements Optimizer {
    public Asgd {
        if (!(lambda >= 0 && power >= 0 && start >= 0)) {
            throw new IllegalArgumentException("Asgd: lambda " + lambda + ", power " + power + " and start " + start + " must be 0 or more.");
        }
    }

    /// PyTorch's numbers: λ 1e-4, power 0.75, averages from step 1e6 on.
    public static Asgd of(double rate) {
        return new Asgd(Schedule.constant(rate), 1e-4, 0.75, 1e6);
    }

    @Override
    public Asgd withRate(Schedule rate) {
        return new Asgd(rate, lambda, power, start);
    }

    /// How much weights shrink, and how fast the rate falls.
    public Asgd withLambda(double lambda) {
        return new Asgd(rate, lambda, power, start);
    }

    public Asgd withPower(double power) {
        return new Asgd(rate, lambda, power, start);
    }

    public Asgd withStart(double start) {
        return new Asgd(rate, lambda, power, start);
    }

    @Override
    public List<String> slots() {
        return List.of(Averaged.SLOT);
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "shrink", "average_gain");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        double alpha = rate.at(step, epoch);
        double eta = step == 0 ? alpha : alpha / Math.pow(1 + lambda * alpha * step, power);
        return switch (name) {
            case "learning_rate" -> eta;
            case "shrink" -> lambda * eta;
            default -> 1 / Math.max(1, step - start);
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var next = param.sub(param.mul(scalars.get("shrink"))).sub(grad.mul(scalars.get("learning_rate")));
        return new Update(next, Map.of(Averaged.SLOT, MovingAverage.next(slots.get(Averaged.SLOT), next, scalars.get("average_gain"))));
    }
}
