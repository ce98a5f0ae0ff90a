package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;

/// How good decisions can be where another rate of them must be reached: the largest `best` over all thresholds at which `where` is `value`
/// or more; 0 where no threshold reaches it.
///
/// Counted at `thresholds` of them, at equal distances in [0, 1] (one alone is 0.5), as Keras's `SensitivityAtSpecificity` and its kin. Sensitivity
/// is [Decision.Of#RECALL]. All outputs count, or one (`output`).
///
/// ```java
/// Metric sensitivity = OperatingPoint.of(Decision.Of.RECALL, Decision.Of.SPECIFICITY, 0.9);
/// Metric precision = OperatingPoint.of(Decision.Of.PRECISION, Decision.Of.RECALL, 0.8).withThresholds(500).withOutput(1);
/// ```
public record OperatingPoint(Decision.Of best, Decision.Of where, double value, int thresholds, int output) implements Metric {
    public OperatingPoint {
        if (!(value >= 0 && value <= 1) || thresholds < 1) {
            throw new IllegalArgumentException("OperatingPoint at " + value + " with " + thresholds + " thresholds: the rate must be in [0, 1], the number 1 or more.");
        }
        if (best.counts() || where.counts()) {
            throw new IllegalArgumentException("OperatingPoint of " + best + " at " + where + ": both must be rates.\nMaybe use RECALL, PRECISION or SPECIFICITY.");
        }
    }

    /// With 200 thresholds, of all outputs.
    public static OperatingPoint of(Decision.Of best, Decision.Of where, double value) {
        return new OperatingPoint(best, where, value, 200, -1);
    }

    public OperatingPoint withThresholds(int thresholds) {
        return new OperatingPoint(best, where, value, thresholds, output);
    }

    /// One output only; −1 for all.
    public OperatingPoint withOutput(int output) {
        return new OperatingPoint(best, where, value, thresholds, output);
    }

    @Override
    public int width(Shape predicted) {
        return 2 * thresholds + 2;
    }

    /// True positives at each threshold, then false ones, then all positives and negatives.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var truth = Labels.rows(kind(), predicted, target).gt(0.5).cast(predicted.dtype());
        var p = predicted.min(1);
        if (output >= 0) {
            truth = truth.slice(-1, output, output + 1);
            p = p.slice(-1, output, output + 1);
        }
        return Thresholds.counts(p, truth, truth.neg().add(1), Thresholds.even(thresholds, 0), false);
    }

    @Override
    public double finish(double[] means) {
        double most = 0;
        for (int i = 0; i < thresholds; i++) {
            double yes = means[2 * thresholds];
            double no = means[2 * thresholds + 1];
            var counts = new double[] {means[i], means[thresholds + i], yes - means[i], no - means[thresholds + i]};
            if (where.of(counts) >= value) {
                most = Math.max(most, best.of(counts));
            }
        }
        return most;
    }

    @Override
    public String kind() {
        return name(best) + "_at_" + name(where);
    }

    private static String name(Decision.Of rate) {
        return rate == Decision.Of.RECALL ? "sensitivity" : rate.name().toLowerCase(Locale.ROOT);
    }
}
