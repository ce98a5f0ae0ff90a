package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Standardize;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Normalises each unit over the batch, then scales by γ and shifts by β (Ioffe & Szegedy 2015).
///
/// While training it uses the mean and the biased variance of the batch, and follows them by running averages,
/// `r ← momentum·r + (1 − momentum)·batch`, which inference uses. `axis` is the units' axis; all others are averaged over.
/// With `corrected` the averages begin at 0 and are divided by the weight that they have got so far, so that inference is
/// right after one step already; without, the mean begins at 0 and the variance at 1. `unbiased` follows the variance of n − 1 instead of n,
/// as PyTorch does (whose momentum is 1 − ours). [Statistics] has other ways than running averages. Of sequences with a mask (see
/// [Scope#mask()]) all steps are normalised, but mean and variance are those of the steps that count; sums are divided by their number and 1e-7.
/// A layer that is frozen ([Scope#trainable]) does as at inference.
///
/// ```java
/// var layer = BatchNorm.of();                  // ε 1e-3, momentum 0.99
/// var notes = BatchNorm.notes();               // ε 1e-8, decay 0.9, from 0, corrected
/// var torch = BatchNorm.of().withEpsilon(1e-5).withMomentum(0.9).withUnbiased(true);
/// ```
public record BatchNorm(double epsilon, double momentum, boolean center, boolean scale, boolean corrected, int axis, boolean unbiased,
        Statistics statistics) implements UnaryLayer {
    /// Where inference has its mean and variance from. Those that average over all batches begin anew with each epoch of a training, or with
    /// [dev.caviar.nn.train.Model#recalibrate], which runs the examples through the network as it is at its end.
    public enum Statistics {
        /// Exponentially weighted averages over the steps, which forget old weights.
        RUNNING,
        /// The simple mean of the batches' means, and of their variances: every batch counts the same.
        BATCH_MEANS,
        /// Mean and variance of all examples together, as if they were one batch: what the means of the batches differ by is a part of the
        /// variance, and a short batch counts less.
        WHOLE_SET
    }

    public BatchNorm {
        if (!(epsilon >= 0) || !(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("BatchNorm: epsilon " + epsilon + " must be 0 or more, momentum " + momentum
                    + " in [0, 1].");
        }
    }

    public static BatchNorm of() {
        return new BatchNorm(1e-3, 0.99, true, true, false, -1, false, Statistics.RUNNING);
    }

    /// As the course notes have it: ε 1e-8, decay 0.9, averages from 0 with correction.
    public static BatchNorm notes() {
        return new BatchNorm(1e-8, 0.9, true, true, true, -1, false, Statistics.RUNNING);
    }

    public BatchNorm withEpsilon(double epsilon) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    public BatchNorm withMomentum(double momentum) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    /// Whether β is there.
    public BatchNorm withCenter(boolean center) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    /// Whether γ is there.
    public BatchNorm withScale(boolean scale) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    public BatchNorm withCorrected(boolean corrected) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    public BatchNorm withAxis(int axis) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    /// Whether the variance is followed as that of n − 1; what the batch itself is divided by is always that of n.
    public BatchNorm withUnbiased(boolean unbiased) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    public BatchNorm withStatistics(Statistics statistics) {
        return new BatchNorm(epsilon, momentum, center, scale, corrected, axis, unbiased, statistics);
    }

    /// Normalises units along the last axis by a mean and a variance that are given: (x − mean) / √(variance + ε).
    public static Tensor normalize(Tensor x, Tensor mean, Tensor variance, double epsilon) {
        return x.sub(mean).mul(variance.add(epsilon).rsqrt());
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        if (given.rank() < 2) {
            throw new ShapeException("it needs an axis of examples and one of units, the input is " + given.shape() + "."
                    + "\nMaybe put Reshape.of(1) in front, if each example is a single number.");
        }
        var x = given.cast(s.dtype());
        int unitAxis = Units.axis(x, axis);
        var units = Shape.of(x.shape().dim(unitAxis));
        var others = IntStream.range(0, x.rank()).filter(i -> i != unitAxis).toArray();
        var wide = x.shape();
        for (int other : others) {
            wide = wide.with(other, 1);
        }
        Tensor y;
        if (s.training() && s.trainable()) {
            var mask = unitAxis > 1 ? s.mask(given) : null;
            if (mask == null) {
                var all = new Call(new Standardize(IntStream.of(others).boxed().toList())).apply(List.of(x, Tensor.scalar(epsilon, x.dtype())));
                y = all.get(0);
                follow(s, new Seen(all.get(1).stopGradient(), all.get(2).stopGradient(), x.shape().size() / units.size(), null));
            } else {
                var seen = Seen.of(x, mask, others);
                y = x.sub(seen.mean.reshape(wide)).mul(seen.biased.add(epsilon).rsqrt().reshape(wide));
                follow(s, new Seen(seen.mean.stopGradient(), seen.biased.stopGradient(), 0, seen.counted));
            }
        } else {
            var running = running(s, units);
            y = x.sub(running[0].reshape(wide)).mul(running[1].add(epsilon).rsqrt().reshape(wide));
        }
        if (scale) {
            y = y.mul(s.param("gamma", units, Init.ones()).reshape(wide));
        }
        return center ? y.add(s.param("beta", units, Init.zeros()).reshape(wide)) : y;
    }

    /// Whether a state says how much the averages have seen.
    private boolean counted() {
        return corrected || statistics != Statistics.RUNNING;
    }

    /// A batch's mean and variance of each unit, and of how many elements: `n`, or where a mask says which, `counted`.
    private record Seen(Tensor mean, Tensor biased, long n, @Nullable Tensor counted) {
        /// What keeps the mean of nothing from being 0/0.
        private static final double LITTLE = 1e-7;

        static Seen of(Tensor x, Tensor mask, int[] others) {
            var steps = mask;
            while (steps.rank() < x.rank()) {
                steps = steps.expandDims(-1);
            }
            long each = 1;
            for (int other : others) {
                each *= other < mask.rank() ? 1 : x.shape().dim(other);
            }
            var zero = Tensor.scalar(0, x.dtype());
            var counted = mask.cast(x.dtype()).sum().mul(each);
            var counts = steps.expandTo(x.shape());
            var mean = counts.where(x, zero).sum(others).div(counted.add(LITTLE));
            var wide = x.shape();
            for (int other : others) {
                wide = wide.with(other, 1);
            }
            var off = counts.where(x.sub(mean.reshape(wide)), zero);
            return new Seen(mean, off.square().sum(others).div(counted.add(LITTLE)), 0, counted);
        }

        Tensor unbiased() {
            return counted != null ? biased.mul(counted.div(counted.sub(1).max(1))) : n > 1 ? biased.mul(n / (n - 1.0)) : biased;
        }

        Tensor addedTo(Tensor weight) {
            return counted != null ? weight.add(counted) : weight.add(n);
        }

        Tensor times(Tensor share) {
            return counted != null ? share.mul(counted) : share.mul(n);
        }
    }

    private void follow(Scope s, Seen seen) {
        var units = seen.mean.shape();
        var running = s.state("moving_mean", units, Init.zeros());
        var spread = s.state("moving_variance", units, counted() ? Init.zeros() : Init.ones());
        boolean whole = statistics == Statistics.WHOLE_SET;
        var variance = unbiased && !whole ? seen.unbiased() : seen.biased;
        var off = seen.mean.sub(running);
        if (statistics == Statistics.RUNNING) {
            var gain = s.scalar("gain", 1 - momentum);
            follow(s, "moving_mean", running, seen.mean, gain);
            follow(s, "moving_variance", spread, variance, gain);
            if (corrected) {
                follow(s, "moving_weight", s.state("moving_weight", Shape.SCALAR, Init.zeros()), Tensor.scalar(1, s.dtype()), gain);
            }
            return;
        }
        var weight = s.state("moving_weight", Shape.SCALAR, Init.zeros());
        var more = whole ? seen.addedTo(weight) : weight.add(1);
        var gain = whole ? seen.times(more.reciprocal()) : more.reciprocal().mul(1);
        follow(s, "moving_mean", running, seen.mean, gain);
        var within = spread.add(variance.sub(spread).mul(gain));
        s.update("moving_variance", whole ? within.add(off.square().mul(gain.mul(gain.neg().add(1)))) : within);
        s.update("moving_weight", more);
    }

    private static void follow(Scope s, String name, Tensor average, Tensor value, Tensor gain) {
        s.update(name, MovingAverage.next(average, value, gain));
    }

    private Tensor[] running(Scope s, Shape units) {
        var mean = s.state("moving_mean", units, Init.zeros());
        var variance = s.state("moving_variance", units, counted() ? Init.zeros() : Init.ones());
        if (!counted()) {
            return new Tensor[] {mean, variance};
        }
        var weight = s.state("moving_weight", Shape.SCALAR, Init.zeros());
        var seen = weight.gt(0);
        var one = Tensor.scalar(1, s.dtype());
        if (statistics != Statistics.RUNNING) {
            boolean all = unbiased && statistics == Statistics.WHOLE_SET;
            return new Tensor[] {mean, seen.where(all ? variance.mul(weight.div(weight.sub(1).max(1))) : variance, one)};
        }
        return new Tensor[] {mean.div(seen.where(weight, one)), seen.where(variance.div(seen.where(weight, one)), one)};
    }

    @Override
    public String toString() {
        return "BatchNorm()";
    }
}
