package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// An exponentially weighted average, `v ← β·v + (1−β)·x` from 0: what momentum, Adam and batch norm keep of gradients and
/// statistics.
///
/// It looks back over about `1/(1−β)` values. From 0 it starts too low; `corrected`, it is divided by `1−β^t` after `t`
/// values, the weight that it has got so far (Kingma & Ba 2015, section 3).
///
/// ```java
/// var smooth = MovingAverage.of(0.9).withCorrected(true).over(4, 9, 10);     // 4, 6.63…, 7.87…
/// double days = MovingAverage.of(0.98).window();                             // 50
/// ```
public record MovingAverage(double beta, boolean corrected) {
    public MovingAverage {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("MovingAverage: beta " + beta + " must be in [0, 1).");
        }
    }

    /// Without correction.
    public static MovingAverage of(double beta) {
        return new MovingAverage(beta, false);
    }

    public MovingAverage withCorrected(boolean corrected) {
        return new MovingAverage(beta, corrected);
    }

    /// The weight of a new value, 1−β.
    public double gain() {
        return 1 - beta;
    }

    /// About how many values it averages over, `1/(1−β)`.
    public double window() {
        return 1 / (1 - beta);
    }

    /// What the average of the values up to number `step`, from 0, is multiplied by: 1 where it is not corrected.
    public double correction(long step) {
        return corrected ? correction(beta, step) : 1;
    }

    /// What corrects the average with this beta of the values up to number `step`, from 0: `1/(1 − βˢᵗᵉᵖ⁺¹)`.
    public static double correction(double beta, long step) {
        return 1 / (1 - Math.pow(beta, step + 1));
    }

    /// The average after each of the values.
    public double[] over(double... values) {
        var out = new double[values.length];
        double average = 0;
        for (int i = 0; i < values.length; i++) {
            average += (values[i] - average) * gain();
            out[i] = average * correction(i);
        }
        return out;
    }

    /// The uncorrected average after one more value, `v + (x − v)·gain`.
    public static Tensor next(Tensor average, Tensor value, Tensor gain) {
        return average.add(value.sub(average).mul(gain));
    }
}
