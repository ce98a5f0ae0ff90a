package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Gradient descent with momentum, in the frameworks' form `v ← β·v − α·g`, `w ← w + v` (Polyak 1964).
///
/// [Form] says which of the usual forms; they differ where the rate changes, and in how long the steps are. `nesterov` looks
/// ahead (Sutskever et al. 2013): in the frameworks' form `w ← w + β·v − α·g`.
///
/// ```java
/// Optimizer optimizer = Momentum.of(0.01, 0.9).withNesterov(true);
/// Optimizer notes = Momentum.of(0.01, 0.9).withAveraged(true);
/// ```
public record Momentum(Schedule rate, double beta, boolean nesterov, Form form, double dampening) implements Optimizer {
    /// What the velocity holds.
    public enum Form {
        /// `v ← β·v − α·g`, `w ← w + v`, as Keras has it.
        STEPS,
        /// `v ← β·v + (1−β)·g`, `w ← w − α·v`, as the course notes have it: a [MovingAverage], whose steps are 1−β times as long.
        AVERAGED,
        /// `v ← β·v + (1−dampening)·g`, `w ← w − α·v`, as PyTorch has it; the first `v` is `g` whatever the dampening.
        GRADIENTS
    }

    public Momentum {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("Momentum: beta " + beta + " must be in [0, 1).");
        }
        if (dampening != 0 && form != Form.GRADIENTS) {
            throw new IllegalArgumentException("Momentum: dampening " + dampening + " is for the form GRADIENTS only.");
        }
    }

    public static Momentum of(double rate, double beta) {
        return new Momentum(Schedule.constant(rate), beta, false, Form.STEPS, 0);
    }

    @Override
    public Momentum withRate(Schedule rate) {
        return new Momentum(rate, beta, nesterov, form, dampening);
    }

    public Momentum withBeta(double beta) {
        return new Momentum(rate, beta, nesterov, form, dampening);
    }

    public Momentum withNesterov(boolean nesterov) {
        return new Momentum(rate, beta, nesterov, form, dampening);
    }

    public Momentum withForm(Form form) {
        return new Momentum(rate, beta, nesterov, form, form == Form.GRADIENTS ? dampening : 0);
    }

    /// Whether the velocity is an average of gradients.
    public Momentum withAveraged(boolean averaged) {
        return withForm(averaged ? Form.AVERAGED : Form.STEPS);
    }

    /// PyTorch's form with this dampening.
    public Momentum withDampening(double dampening) {
        return new Momentum(rate, beta, nesterov, Form.GRADIENTS, dampening);
    }

    @Override
    public List<String> slots() {
        return List.of("velocity");
    }

    @Override
    public List<String> scalars() {
        return form == Form.STEPS ? List.of("learning_rate", "beta") : List.of("learning_rate", "beta", "gain");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "beta" -> beta;
            default -> form == Form.AVERAGED ? 1 - beta : step == 0 ? 1 : 1 - dampening;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var rate = scalars.get("learning_rate");
        var beta = scalars.get("beta");
        var carried = slots.get("velocity").mul(beta);
        if (form != Form.STEPS) {
            var fresh = grad.mul(scalars.get("gain"));
            var velocity = carried.add(fresh);
            var ahead = form == Form.AVERAGED ? fresh : grad;
            var step = nesterov ? velocity.mul(beta).add(ahead) : velocity;
            return new Update(param.sub(step.mul(rate)), Map.of("velocity", velocity));
        }
        var fresh = grad.mul(rate);
        var velocity = carried.sub(fresh);
        var moved = nesterov ? param.add(velocity.mul(beta).sub(fresh)) : param.add(velocity);
        return new Update(moved, Map.of("velocity", velocity));
    }
}
