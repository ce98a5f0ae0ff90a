package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Gradient descent with momentum, in the frameworks' form `v ← β·v − α·g`, `w ← w + v` (Polyak 1964).
///
/// `averaged` is the form of the course notes, `v ← β·v + (1−β)·g`, `w ← w − α·v`, whose steps are 1−β times as long.
/// `nesterov` looks ahead (Sutskever et al. 2013): in the frameworks' form `w ← w + β·v − α·g`.
///
/// ```java
/// Optimizer optimizer = Momentum.of(0.01, 0.9).withNesterov(true);
/// ```
public record Momentum(Schedule rate, double beta, boolean nesterov, boolean averaged) implements Optimizer {
    public Momentum {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("Momentum: beta " + beta + " must be in [0, 1).");
        }
    }

    public static Momentum of(double rate, double beta) {
        return new Momentum(Schedule.constant(rate), beta, false, false);
    }

    @Override
    public Momentum withRate(Schedule rate) {
        return new Momentum(rate, beta, nesterov, averaged);
    }

    public Momentum withBeta(double beta) {
        return new Momentum(rate, beta, nesterov, averaged);
    }

    public Momentum withNesterov(boolean nesterov) {
        return new Momentum(rate, beta, nesterov, averaged);
    }

    public Momentum withAveraged(boolean averaged) {
        return new Momentum(rate, beta, nesterov, averaged);
    }

    @Override
    public List<String> slots() {
        return List.of("velocity");
    }

    @Override
    public List<String> scalars() {
        return averaged ? List.of("learning_rate", "beta", "gain") : List.of("learning_rate", "beta");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "beta" -> beta;
            default -> 1 - beta;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var rate = scalars.get("learning_rate");
        var beta = scalars.get("beta");
        var carried = slots.get("velocity").mul(beta);
        if (averaged) {
            var fresh = grad.mul(scalars.get("gain"));
            var velocity = carried.add(fresh);
            var step = nesterov ? velocity.mul(beta).add(fresh) : velocity;
            return new Update(param.sub(step.mul(rate)), Map.of("velocity", velocity));
        }
        var fresh = grad.mul(rate);
        var velocity = carried.sub(fresh);
        var moved = nesterov ? param.add(velocity.mul(beta).sub(fresh)) : param.add(velocity);
        return new Update(moved, Map.of("velocity", velocity));
    }
}
