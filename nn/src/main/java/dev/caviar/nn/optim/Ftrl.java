package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Follow the regularised leader (McMahan et al. 2013): weights that an L1 penalty makes exactly 0.
///
/// `power` is 0 or less, and −½ for Adagrad's rates; `shrinkage` is a further L2 penalty on the gradients, and `beta` is added to
/// the rates' root.
///
/// ```java
/// Optimizer sparse = Ftrl.of(0.1).withL1(0.01);
/// ```
public record Ftrl(Schedule rate, double power, double initial, double l1, double l2, double shrinkage, double beta) implements Optimizer {
    public Ftrl {
        if (!(power <= 0 && initial >= 0 && l1 >= 0 && l2 >= 0 && shrinkage >= 0)) {
            throw new IllegalArgumentException("Ftrl: power " + power + " must be 0 or less; the initial sum " + initial + ", l1 " + l1 + ", l2 " + l2
                    + " and shrinkage " + shrinkage + " 0 or more.");
        }
    }

    /// Power −½, sums from 0.1, no penalties.
    public static Ftrl of(double rate) {
        return new Ftrl(Schedule.constant(rate), -0.5, 0.1, 0, 0, 0, 0);
    }

    @Override
    public Ftrl withRate(Schedule rate) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withPower(double power) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withInitial(double initial) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withL1(double l1) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withL2(double l2) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withShrinkage(double shrinkage) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    public Ftrl withBeta(double beta) {
        return new Ftrl(rate, power, initial, l1, l2, shrinkage, beta);
    }

    @Override
    public List<String> slots() {
        return List.of("sum", "linear");
    }

    @Override
    public double initial(String slot) {
        return slot.equals("sum") ? initial : 0;
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "power", "l1", "l2", "shrinkage");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "power" -> -power;
            case "l1" -> l1;
            case "l2" -> 2 * l2 + (beta == 0 ? 0 : beta / rate.at(step, epoch));
            default -> 2 * shrinkage;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var rate = scalars.get("learning_rate");
        var l1 = scalars.get("l1");
        var before = slots.get("sum");
        var sum = before.add(grad.square());
        var root = sum.pow(scalars.get("power"));
        var shrunk = grad.add(param.mul(scalars.get("shrinkage")));
        var linear = slots.get("linear").add(shrunk).sub(root.sub(before.pow(scalars.get("power"))).div(rate).mul(param));
        var quadratic = root.div(rate).add(scalars.get("l2"));
        var next = linear.max(l1.neg()).min(l1).sub(linear).div(quadratic);
        return new Update(next, Map.of("sum", sum, "linear", linear));
    }
}
