package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Arrays;
import java.util.stream.IntStream;

/// How much of the targets' variance is explained: 1 less the squared errors over the squared distances from the mean. 0 where a
/// target does not vary.
///
/// ```java
/// Metric r2 = R2.of();
/// ```
public record R2(boolean byVariance) implements Metric {
    /// The mean over the outputs.
    public static R2 of() {
        return new R2(false);
    }

    /// Outputs that vary more count for more.
    public R2 withByVariance(boolean byVariance) {
        return new R2(byVariance);
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
    public String kind() {
        return "r2_score";
    }
}
