package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Steps divided by a running root of the squared gradient (Hinton 2012): `s ← ρ·s + (1−ρ)·g²`, `w ← w − α·g/(√s + ε)`.
///
/// With `inside`, ε stands under the root, as Keras has it. `centered` divides by the deviation, `√(s − mean²)` (Graves 2013). A
/// positive `momentum` sums the steps up, each with the rate that it was made with.
///
/// ```java
/// Optimizer optimizer = RmsProp.of(0.001).withRho(0.95);
/// ```
public record RmsProp(Schedule rate, double rho, double epsilon, boolean inside, boolean centered, double momentum) implements Optimizer {
    public RmsProp {
        if (!(rho >= 0 && rho < 1 && momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("RmsProp: rho " + rho + " and momentum " + momentum + " must be in [0, 1).");
        }
    }

    /// ρ 0.9, ε 1e-8 outside the root.
    public static RmsProp of(double rate) {
        return new RmsProp(Schedule.constant(rate), 0.9, 1e-8, false, false, 0);
    }

    /// Keras' form: ε 1e-7 under the root.
    public static RmsProp keras(double rate) {
        return of(rate).withEpsilon(1e-7).withInside(true);
    }

    @Override
    public RmsProp withRate(Schedule rate) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    public RmsProp withRho(double rho) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    public RmsProp withEpsilon(double epsilon) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    public RmsProp withInside(boolean inside) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    public RmsProp withCentered(boolean centered) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    public RmsProp withMomentum(double momentum) {
        return new RmsProp(rate, rho, epsilon, inside, centered, momentum);
    }

    @Override
    public List<String> slots() {
        return slots("square", centered ? "mean" : "", momentum > 0 ? "velocity" : "");
    }

    private static List<String> slots(String... names) {
        return Stream.of(names).filter(name -> !name.isEmpty()).toList();
    }

    @Override
    public List<String> scalars() {
        return momentum > 0 ? List.of("learning_rate", "gain", "epsilon", "momentum") : List.of("learning_rate", "gain", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch);
            case "gain" -> 1 - rho;
            case "momentum" -> momentum;
            default -> epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var gain = scalars.get("gain");
        var next = new HashMap<String, Tensor>();
        var square = MovingAverage.next(slots.get("square"), grad.square(), gain);
        next.put("square", square);
        var spread = square;
        if (centered) {
            next.put("mean", MovingAverage.next(slots.get("mean"), grad, gain));
            spread = square.sub(next.get("mean").square());
        }
        var epsilon = scalars.get("epsilon");
        var root = inside ? spread.add(epsilon).sqrt() : (centered ? spread.max(0) : spread).sqrt().add(epsilon);
        var step = grad.mul(scalars.get("learning_rate")).div(root);
        if (momentum > 0) {
            step = slots.get("velocity").mul(scalars.get("momentum")).add(step);
            next.put("velocity", step);
        }
        return new Update(param.sub(step), next);
    }
}
