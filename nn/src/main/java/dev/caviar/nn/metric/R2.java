package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Arrays;
import java.util.stream.IntStream;

/// How much of the targets' variance is explained: 1 less the squared errors over the squared distances from the mean. 0 where a
/// target does not vary.
///
/// With a number of `regressors` p it is the adjusted one, `1 − (1 − R²)(n − 1)/(n − p − 1)`, where n is the number of targets, all outputs of all
/// examples; as it was where these are too few.
///
/// ```java
/// Metric r2 = R2.of();
/// Metric adjusted = R2.of().withRegressors(3);
/// ```
public record R2(boolean byVariance, int regressors) implements Metric {
    public R2 {
        if (regressors < 0) {
            throw new IllegalArgumentException("R2: " + regressors + " regressors must be 0 or more.");
        }
    }

    /// The mean over the outputs.
    public static R2 of() {
        return new R2(false, 0);
    }

    /// Outputs that vary more count for more.
    public R2 withByVariance(boolean byVariance) {
        return new R2(byVariance, regressors);
    }

    /// Adjusted for so many things that the predictions were made from.
    public R2 withRegressors(int regressors) {
        return new R2(byVariance, regressors);
    }

    @Override
    public int width(Shape predicted) {
        return 3 * Labels.outputs(predicted, kind());
    }

    /// Targets, their squares and the squared errors.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var t = Targets.like(kind(), predicted, target);
        return Tensor.concat(-1, t, t.square(), predicted.sub(t).square());
    }

    @Override
    public double[] values(double[] means) {
        int n = means.length / 3;
        return IntStream.range(0, n).mapToDouble(i -> {
            double spread = spread(means, i);
            return spread == 0 ? 0 : 1 - means[2 * n + i] / spread;
        }).toArray();
    }

    private static double spread(double[] means, int i) {
        return means[means.length / 3 + i] - means[i] * means[i];
    }

    @Override
    public double finish(double[] means) {
        var each = values(means);
        double all = IntStream.range(0, each.length).mapToDouble(i -> spread(means, i)).sum();
        return byVariance ? IntStream.range(0, each.length).mapToDouble(i -> all == 0 ? 0 : each[i] * spread(means, i) / all).sum()
                : Arrays.stream(each).average().orElse(0);
    }

    @Override
    public double finish(double[] means, Seen seen) {
        return adjusted(finish(means), means, seen);
    }

    @Override
    public double[] values(double[] means, Seen seen) {
        return Arrays.stream(values(means)).map(each -> adjusted(each, means, seen)).toArray();
    }

    private double adjusted(double r2, double[] means, Seen seen) {
        double n = (double) seen.examples() * means.length / 3;
        return regressors == 0 || n - regressors - 1 <= 0 ? r2 : 1 - (1 - r2) * (n - 1) / (n - regressors - 1);
    }

    @Override
    public String kind() {
        return "r2_score";
    }
}
