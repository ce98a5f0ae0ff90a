package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Steps by the sign of the gradient alone, each weight with a step of its own (Riedmiller & Braun 1993): `up` times as long while the sign stays,
/// `down` times where it has changed, when that weight waits. For the gradient of all examples, not for mini-batches.
///
/// The rate is the first step; a schedule has no say after it.
///
/// ```java
/// Optimizer optimizer = Rprop.of(0.01).withFactors(0.5, 1.2).withLimits(1e-6, 50);
/// ```
public record Rprop(Schedule rate, double down, double up, double least, double most) implements Optimizer {
    public Rprop {
        if (!(down > 0 && down < 1 && up > 1 && least > 0 && most >= least)) {
            throw new IllegalArgumentException("Rprop: the factors " + down + " and " + up + " must be in (0, 1) and above 1, the limits " + least + " and "
                    + most + " positive and in order.");
        }
    }

    /// PyTorch's numbers: half or 1.2 times as long, between 1e-6 and 50.
    public static Rprop of(double rate) {
        return new Rprop(Schedule.constant(rate), 0.5, 1.2, 1e-6, 50);
    }

    @Override
    public Rprop withRate(Schedule rate) {
        return new Rprop(rate, down, up, least, most);
    }

    public Rprop withFactors(double down, double up) {
        return new Rprop(rate, down, up, least, most);
    }

    /// The shortest and the longest step.
    public Rprop withLimits(double least, double most) {
        return new Rprop(rate, down, up, least, most);
    }

    @Override
    public List<String> slots() {
        return List.of("previous", "stride");
    }

    @Override
    public List<String> scalars() {
        return List.of("first", "down", "up", "least", "most");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "first" -> step == 0 ? rate.at(step, epoch) : 0;
            case "down" -> down;
            case "up" -> up;
            case "least" -> least;
            default -> most;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var agreement = grad.mul(slots.get("previous"));
        var zero = Tensor.scalar(0, param.dtype());
        var turned = agreement.lt(zero);
        var factor = turned.where(scalars.get("down"), agreement.gt(zero).where(scalars.get("up"), Tensor.scalar(1, param.dtype())));
        var stride = slots.get("stride").add(scalars.get("first")).mul(factor).max(scalars.get("least")).min(scalars.get("most"));
        var counted = turned.where(zero, grad);
        return new Update(param.sub(counted.sign().mul(stride)), Map.of("previous", counted, "stride", stride));
    }
}
