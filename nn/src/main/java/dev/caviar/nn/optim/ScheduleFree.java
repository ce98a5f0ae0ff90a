package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam that needs no schedule, since it averages its weights all along (Defazio et al. 2024). Gradients are taken at `y = (1−β₁)·z + β₁·x`,
/// which is what the model trains with: z steps as Adam without momentum does, x is the mean of all z.
///
/// x is what to use in the end: `model.assign(model.averages())`. The rate may rise for `warmUp` steps.
///
/// ```java
/// Optimizer optimizer = ScheduleFree.of(0.0025).withWarmUp(500).withDecay(0.01);
/// ```
public record ScheduleFree(Schedule rate, double beta1, double beta2, double epsilon, int warmUp) implements Optimizer {
    public ScheduleFree {
        if (!(beta1 > 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1) || warmUp < 0) {
            throw new IllegalArgumentException("ScheduleFree: beta1 " + beta1 + " must be in (0, 1), beta2 " + beta2 + " in [0, 1), the warm-up " + warmUp
                    + " 0 or more.");
        }
    }

    /// β 0.9 and 0.999, ε 1e-8, no warm-up.
    public static ScheduleFree of(double rate) {
        return new ScheduleFree(Schedule.constant(rate), 0.9, 0.999, 1e-8, 0);
    }

    @Override
    public ScheduleFree withRate(Schedule rate) {
        return new ScheduleFree(rate, beta1, beta2, epsilon, warmUp);
    }

    public ScheduleFree withBeta1(double beta1) {
        return new ScheduleFree(rate, beta1, beta2, epsilon, warmUp);
    }

    public ScheduleFree withBeta2(double beta2) {
        return new ScheduleFree(rate, beta1, beta2, epsilon, warmUp);
    }

    public ScheduleFree withEpsilon(double epsilon) {
        return new ScheduleFree(rate, beta1, beta2, epsilon, warmUp);
    }

    /// So many steps in which the rate rises on a straight line from 0.
    public ScheduleFree withWarmUp(int warmUp) {
        return new ScheduleFree(rate, beta1, beta2, epsilon, warmUp);
    }

    @Override
    public List<String> slots() {
        return List.of("base", "square", Averaged.SLOT);
    }

    /// All three sequences begin at the weights.
    @Override
    public Tensor start(String slot, String path, Tensor param) {
        return slot.equals("square") ? Tensor.full(0, param.type()) : param;
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain2", "correction2", "epsilon", "beta1", "weight");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch) * (warmUp > 0 ? Math.min(1, (step + 1.0) / warmUp) : 1);
            case "gain2" -> 1 - beta2;
            case "correction2" -> MovingAverage.correction(beta2, step);
            case "beta1" -> beta1;
            case "weight" -> 1.0 / (step + 1);
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var beta = scalars.get("beta1");
        var rest = beta.neg().add(1);
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain2"));
        var root = square.mul(scalars.get("correction2")).sqrt().add(scalars.get("epsilon"));
        var base = slots.get("base").sub(grad.mul(scalars.get("learning_rate")).div(root));
        // From y, not from the slot: a decay of the weights in front of the step moves x too.
        var before = param.sub(slots.get("base").mul(rest)).div(beta);
        var average = MovingAverage.next(before, base, scalars.get("weight"));
        return new Update(base.mul(rest).add(average.mul(beta)), Map.of("base", base, "square", square, Averaged.SLOT, average));
    }
}
