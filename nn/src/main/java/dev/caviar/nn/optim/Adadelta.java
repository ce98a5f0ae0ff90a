package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Steps as long as the last ones were, by the gradient's size (Zeiler 2012):
/// `d = g·√(D + ε)/√(s + ε)` with running averages `s` of g² and `D` of d².
///
/// ```java
/// Optimizer optimizer = Adadelta.of(1);
/// ```
public record Adadelta(Schedule rate, double rho, double epsilon) implements Optimizer {
    public Adadelta {
        if (!(rho >= 0 && rho < 1)) {
            throw new IllegalArgumentException("Adadelta: rho " + rho + " must be in [0, 1).");
        }
    }

    /// ρ 0.9, ε 1e-6.
    public static Adadelta of(double rate) {
        return new Adadelta(Schedule.constant(rate), 0.9, 1e-6);
    }

    /// Keras' numbers: ρ 0.95, ε 1e-7.
    public static Adadelta keras(double rate) {
        return new Adadelta(Schedule.constant(rate), 0.95, 1e-7);
    }

    @Override
    public Adadelta withRate(Schedule rate) {
        return new Adadelta(rate, rho, epsilon);
    }

    public Adadelta withRho(double rho) {
        return new Adadelta(rate, rho, epsilon);
    }

    public Adadelta withEpsilon(double epsilon) {
        return new Adadelta(rate, rho, epsilon);
    }

    @Override
    public List<String> slots() {
        return List.of("square", "step");
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
        var epsilon = scalars.get("epsilon");
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain"));
        var step = grad.mul(slots.get("step").add(epsilon).sqrt()).div(square.add(epsilon).sqrt());
        var steps = MovingAverage.next(slots.get("step"), step.square(), scalars.get("gain"));
        return new Update(param.sub(step.mul(scalars.get("learning_rate"))), Map.of("square", square, "step", steps));
    }
}
