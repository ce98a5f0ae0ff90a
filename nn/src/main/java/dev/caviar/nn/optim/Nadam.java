package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam with Nesterov's look ahead (Dozat 2016): the momentum grows as `u_t = β₁·(1 − ½·0.96^(ψ·t))`.
///
/// ψ is `momentumDecay`: 0.004 as PyTorch has it, 1 as Keras has it.
///
/// ```java
/// Optimizer optimizer = Nadam.keras(0.001);
/// ```
public record Nadam(Schedule rate, double beta1, double beta2, double epsilon, double momentumDecay) implements Optimizer {
    public Nadam {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("Nadam: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.999, ε 1e-8, ψ 0.004.
    public static Nadam of(double rate) {
        return new Nadam(Schedule.constant(rate), 0.9, 0.999, 1e-8, 0.004);
    }

    /// Keras' numbers: ε 1e-7, ψ 1.
    public static Nadam keras(double rate) {
        return of(rate).withEpsilon(1e-7).withMomentumDecay(1);
    }

    @Override
    public Nadam withRate(Schedule rate) {
        return new Nadam(rate, beta1, beta2, epsilon, momentumDecay);
    }

    public Nadam withBeta1(double beta1) {
        return new Nadam(rate, beta1, beta2, epsilon, momentumDecay);
    }

    public Nadam withBeta2(double beta2) {
        return new Nadam(rate, beta1, beta2, epsilon, momentumDecay);
    }

    public Nadam withEpsilon(double epsilon) {
        return new Nadam(rate, beta1, beta2, epsilon, momentumDecay);
    }

    public Nadam withMomentumDecay(double momentumDecay) {
        return new Nadam(rate, beta1, beta2, epsilon, momentumDecay);
    }

    @Override
    public List<String> slots() {
        return List.of("mean", "square");
    }

    private double u(long t) {
        return beta1 * (1 - 0.5 * Math.pow(0.96, t * momentumDecay));
    }

    /// u₁·u₂·…·u_t: soon so near 0 that the rest of it does not count.
    private double product(long t) {
        double product = 1;
        for (long i = 1; i <= t && product > 1e-18; i++) {
            product *= u(i);
        }
        return product;
    }

    @Override
    public List<String> scalars() {
        return List.of("mean_rate", "gradient_rate", "gain1", "gain2", "correction2", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "mean_rate" -> rate.at(step, epoch) * u(step + 2) / (1 - product(step + 2));
            case "gradient_rate" -> rate.at(step, epoch) * (1 - u(step + 1)) / (1 - product(step + 1));
            case "gain1" -> 1 - beta1;
            case "gain2" -> 1 - beta2;
            case "correction2" -> MovingAverage.correction(beta2, step);
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var mean = MovingAverage.next(slots.get("mean"), grad, scalars.get("gain1"));
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain2"));
        var root = square.mul(scalars.get("correction2")).sqrt().add(scalars.get("epsilon"));
        var ahead = mean.mul(scalars.get("mean_rate")).add(grad.mul(scalars.get("gradient_rate")));
        return new Update(param.sub(ahead.div(root)), Map.of("mean", mean, "square", square));
    }
}
