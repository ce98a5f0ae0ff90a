package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Gradient descent: `w ← w − α·g`.
///
/// ```java
/// Optimizer optimizer = Sgd.of(0.1);
/// ```
public record Sgd(Schedule rate) implements Optimizer {
    public static Sgd of(double rate) {
        return new Sgd(Schedule.constant(rate));
    }

    @Override
    public Sgd withRate(Schedule rate) {
        return new Sgd(rate);
    }

    @Override
    public List<String> slots() {
        return List.of();
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return rate.at(step, epoch);
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        return new Update(param.sub(grad.mul(scalars.get("learning_rate"))), Map.of());
    }
}
