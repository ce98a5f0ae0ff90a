package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Standardize;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/// Normalises each unit over the batch, then scales by γ and shifts by β (Ioffe & Szegedy 2015).
///
/// While training it uses the mean and the biased variance of the batch, and follows them by running averages,
/// `r ← momentum·r + (1 − momentum)·batch`, which inference uses. `axis` is the units' axis; all others are averaged over.
/// With `corrected` the averages begin at 0 and are divided by the weight that they have got so far, so that inference is
/// right after one step already; without, the mean begins at 0 and the variance at 1.
///
/// ```java
/// var layer = BatchNorm.of();                  // ε 1e-3, momentum 0.99
/// var notes = BatchNorm.notes();               // ε 1e-8, decay 0.9, from 0, corrected
/// ```
public record BatchNorm(double epsilon, double momentum, boolean center, boolean scale, boolean corrected, int axis)
        implements UnaryLayer {
    public BatchNorm {
        if (!(epsilon >= 0) || !(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("BatchNorm: epsilon " + epsilon + " must be 0 or more, momentum " + momentum
                    + " in [0, 1).");
        }
    }

    public static BatchNorm of() {
        return new BatchNorm(1e-3, 0.99, true, true, false, -1);
    }

    /// As the course notes have it: ε 1e-8, decay 0.9, averages from 0 with correction.
    public static BatchNorm notes() {
        return new BatchNorm(1e-8, 0.9, true, true, true, -1);
    }

    public BatchNorm withEpsilon(double epsilon) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    public BatchNorm withMomentum(double momentum) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    /// Whether β is there.
    public BatchNorm withCenter(boolean center) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    /// Whether γ is there.
    public BatchNorm withScale(boolean scale) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    public BatchNorm withCorrected(boolean corrected) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    public BatchNorm withAxis(int axis) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        if (given.rank() < 2) {
            throw new ShapeException("it needs an axis of examples and one of units, the input is " + given.shape() + ".");
        }
        var x = given.cast(s.dtype());
        int unitAxis = x.shape().axis(axis);
        var units = Shape.of(x.shape().dim(unitAxis));
        var others = IntStream.range(0, x.rank()).filter(i -> i != unitAxis).toArray();
        var wide = x.shape();
        for (int other : others) {
            wide = wide.with(other, 1);
        }
        Tensor y;
        if (s.training() && s.trainable()) {
            var all = new Call(new Standardize(IntStream.of(others).boxed().toList())).apply(List.of(x, Tensor.scalar(epsilon, x.dtype())));
            y = all.get(0);
            follow(s, units, all.get(1), all.get(2));
        } else {
            var running = running(s, units);
            y = x.sub(running[0].reshape(wide)).mul(running[1].add(epsilon).rsqrt().reshape(wide));
        }
        if (scale) {
            y = y.mul(s.param("gamma", units, Init.ones()).reshape(wide));
        }
        return center ? y.add(s.param("beta", units, Init.zeros()).reshape(wide)) : y;
    }

    private void follow(Scope s, Shape units, Tensor mean, Tensor variance) {
        var gain = s.scalar("gain", 1 - momentum);
        follow(s, "moving_mean", s.state("moving_mean", units, Init.zeros()), mean.stopGradient(), gain);
        follow(s, "moving_variance", s.state("moving_variance", units, corrected ? Init.zeros() : Init.ones()),
                variance.stopGradient(), gain);
        if (corrected) {
            var weight = s.state("moving_weight", Shape.SCALAR, Init.zeros());
            follow(s, "moving_weight", weight, Tensor.scalar(1, s.dtype()), gain);
        }
    }

    private static void follow(Scope s, String name, Tensor average, Tensor value, Tensor gain) {
        s.update(name, average.add(value.sub(average).mul(gain)));
    }

    private Tensor[] running(Scope s, Shape units) {
        var mean = s.state("moving_mean", units, Init.zeros());
        var variance = s.state("moving_variance", units, corrected ? Init.zeros() : Init.ones());
        if (!corrected) {
            return new Tensor[] {mean, variance};
        }
        var weight = s.state("moving_weight", Shape.SCALAR, Init.zeros());
        var seen = weight.gt(0);
        var one = Tensor.scalar(1, s.dtype());
        return new Tensor[] {mean.div(seen.where(weight, one)), seen.where(variance.div(seen.where(weight, one)), one)};
    }

    @Override
    public String toString() {
        return "BatchNorm()";
    }
}
