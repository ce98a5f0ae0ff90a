package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Momentum and a running root of the squared gradient, both corrected for their start at 0 (Kingma & Ba 2015):
/// `w ← w − α·m̂/(√v̂ + ε)`.
///
/// `epsilonHat` is Keras' form, in which ε is added before the root is corrected, `√v + ε`. Without `corrected`, `m` and
/// `v` are used as they are. All of this is in the scalars: the step is the same program. `amsgrad` divides by the largest
/// `v` so far (Reddi, Kale & Kumar 2018). AdamW is Adam with [Optimizer#withDecay].
///
/// ```java
/// Optimizer optimizer = Adam.of(0.001).withBeta1(0.95);
/// Optimizer adamW = Adam.of(0.001).withDecay(0.01);
/// ```
public record Adam(Schedule rate, double beta1, double beta2, double epsilon, boolean epsilonHat, boolean corrected, boolean amsgrad)
        implements Optimizer {
    public Adam {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("Adam: beta1 " + beta1 + " and beta2 " + beta2 + " must be in [0, 1).");
        }
    }

    /// β 0.9 and 0.999, ε 1e-8.
    public static Adam of(double rate) {
        return new Adam(Schedule.constant(rate), 0.9, 0.999, 1e-8, false, true, false);
    }

    /// Keras' form: ε 1e-7 beside the uncorrected root.
    public static Adam keras(double rate) {
        return of(rate).withEpsilon(1e-7).withEpsilonHat(true);
    }

    @Override
    public Adam withRate(Schedule rate) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withBeta1(double beta1) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withBeta2(double beta2) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withEpsilon(double epsilon) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withEpsilonHat(boolean epsilonHat) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withCorrected(boolean corrected) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    public Adam withAmsgrad(boolean amsgrad) {
        return new Adam(rate, beta1, beta2, epsilon, epsilonHat, corrected, amsgrad);
    }

    @Override
    public List<String> slots() {
        return amsgrad ? List.of("mean", "square", "largest") : List.of("mean", "square");
    }

    private double correction(double beta, long step) {
        return corrected ? MovingAverage.correction(beta, step) : 1;
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain1", "gain2", "correction2", "epsilon");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> rate.at(step, epoch) * correction(beta1, step);
            case "gain1" -> 1 - beta1;
            case "gain2" -> 1 - beta2;
            case "correction2" -> correction(beta2, step);
            default -> epsilonHat ? epsilon * Math.sqrt(correction(beta2, step)) : epsilon;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var mean = MovingAverage.next(slots.get("mean"), grad, scalars.get("gain1"));
        var square = MovingAverage.next(slots.get("square"), grad.square(), scalars.get("gain2"));
        var most = amsgrad ? slots.get("largest").max(square) : square;
        var root = most.mul(scalars.get("correction2")).sqrt().add(scalars.get("epsilon"));
        var next = param.sub(mean.mul(scalars.get("learning_rate")).div(root));
        return new Update(next, amsgrad ? Map.of("mean", mean, "square", square, "largest", most) : Map.of("mean", mean, "square", square));
    }
}
