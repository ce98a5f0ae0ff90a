package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How a gradient changes a parameter: a pure function of the parameter, its gradient, and tensors of its shape that are
/// carried from step to step (`slots`, which begin at 0).
///
/// Every number (learning rate, betas, ε) is a scalar input of the step, so that a schedule, or another number in the
/// middle of a run, compiles nothing anew.
///
/// ```java
/// record SignDescent(Schedule rate) implements Optimizer {
///     public List<String> slots() { return List.of(); }
///     public List<String> scalars() { return List.of("learning_rate"); }
///     public double scalar(String name, long step, int epoch) { return rate.at(step, epoch); }
///     public Optimizer withRate(Schedule rate) { return new SignDescent(rate); }
///     public Update update(Tensor p, Tensor g, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
///         return new Update(p.sub(g.sign().mul(scalars.get("learning_rate"))), Map.of());
///     }
/// }
/// ```
public interface Optimizer {
    /// The names of the tensors that are kept per parameter.
    List<String> slots();

    /// The names of the scalars that [#update] reads.
    List<String> scalars();

    /// The value of a scalar at a step and epoch, both from 0.
    double scalar(String name, long step, int epoch);

    /// The parameter and the slots after the step.
    Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars);

    /// The learning rate.
    Schedule rate();

    /// The same method with another learning rate.
    Optimizer withRate(Schedule rate);

    default Optimizer withRate(double rate) {
        return withRate(Schedule.constant(rate));
    }

    /// What a step gives.
    ///
    /// ```java
    /// var update = new Optimizer.Update(Tensor.of(1f, 2f).sub(Tensor.of(0.5f, 0.5f)), Map.of());
    /// ```
    record Update(Tensor param, Map<String, Tensor> slots) {}

    /// By name with the usual numbers: sgd, momentum, nesterov, rmsprop, adam.
    static Optimizer of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "sgd" -> Sgd.of(0.01);
            case "momentum" -> Momentum.of(0.01, 0.9);
            case "nesterov" -> Momentum.of(0.01, 0.9).withNesterov(true);
            case "rmsprop" -> RmsProp.of(0.001);
            case "adam" -> Adam.of(0.001);
            default -> throw new IllegalArgumentException("There is no optimizer \"" + name
                    + "\".\nMaybe one of sgd, momentum, nesterov, rmsprop, adam.");
        };
    }
}
