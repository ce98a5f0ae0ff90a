package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A metric with a memory, for a loop of one's own: the value over all that it has seen, however it was cut into batches.
///
/// For one thread.
///
/// ```java
/// var accuracy = Meter.of(Metric.of("accuracy"));
/// accuracy.update(Tensor.of(new float[][] {{0.2f, 0.8f}, {0.9f, 0.1f}}), Tensor.of(1L, 1L));
/// accuracy.update(Tensor.of(new float[][] {{0.3f, 0.7f}}), Tensor.of(1L));
/// double value = accuracy.result();       // 2/3
/// ```
public final class Meter {
    private final Metric metric;
    private double @Nullable [] sums;
    private double weight;

    private Meter(Metric metric) {
        this.metric = metric;
    }

    public static Meter of(Metric metric) {
        return new Meter(metric);
    }

    /// A batch more.
    public void update(Tensor predicted, Tensor target) {
        update(predicted, target, null);
    }

    /// A batch more, whose examples count by `weights` of shape `[examples]`.
    public void update(Tensor predicted, Tensor target, @Nullable Tensor weights) {
        var p = predicted.rank() == 1 ? predicted.expandDims(1) : predicted;
        var rows = rows(metric, p, target.rank() == 1 && p.rank() == 2 && p.shape().dim(1) == 1 ? target.expandDims(1) : target);
        var values = rows.cast(DType.F64).toDoubles();
        var counts = weights == null ? null : weights.toDoubles();
        int n = (int) rows.shape().dim(0);
        int width = (int) rows.shape().dim(1);
        if (counts != null && counts.length != n) {
            throw new IllegalArgumentException("Meter of " + metric.kind() + ": " + counts.length + " weights for " + n + " examples.");
        }
        if (sums == null || sums.length != width) {
            sums = new double[width];
            weight = 0;
        }
        for (int i = 0; i < n; i++) {
            double count = counts == null ? 1 : counts[i];
            for (int k = 0; k < width; k++) {
                // What does not count may be anything, also NaN.
                sums[k] += count == 0 ? 0 : count * values[i * width + k];
            }
            weight += count;
        }
    }

    /// The values of a metric for each example, `[n, width]`: the mean over all axes between.
    public static Tensor rows(Metric metric, Tensor predicted, Tensor target) {
        var each = metric.perExample(predicted, target);
        int width = metric.width(predicted.shape());
        long n = each.shape().dim(0);
        var rows = each.reshape(n, each.shape().size() / Math.max(1, n * width), width);
        return rows.shape().dim(1) == 1 ? rows.squeeze(1) : rows.mean(1);
    }

    /// The value so far; NaN before the first example.
    public double result() {
        return weight == 0 ? Double.NaN : metric.finish(means());
    }

    /// All values so far, such as one for each class; empty before the first example.
    public double[] results() {
        return weight == 0 ? new double[0] : metric.values(means());
    }

    private double[] means() {
        var means = new double[sums == null ? 0 : sums.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = sums[i] / weight;
        }
        return means;
    }

    /// Forgets all that it has seen.
    public void reset() {
        sums = null;
        weight = 0;
    }
}
