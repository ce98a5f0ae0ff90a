package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
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
    private long examples;

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

    /// A batch more, whose examples count by `weights` of shape `[examples]`, or their steps by weights of shape `[examples, steps]`.
    public void update(Tensor predicted, Tensor target, @Nullable Tensor weights) {
        update(predicted, target, weights, null);
    }

    /// A batch more, of whose steps only those count that the mask `[examples, steps]` says are there.
    public void update(Tensor predicted, Tensor target, @Nullable Tensor weights, @Nullable Tensor mask) {
        var p = predicted.rank() == 1 ? predicted.expandDims(1) : predicted;
        var each = metric.perExample(p, target.rank() == 1 && p.rank() == 2 && p.shape().dim(1) == 1 ? target.expandDims(1) : target, mask);
        int width = metric.width(p.shape());
        int n = (int) each.shape().dim(0);
        var values = each.cast(DType.F64).toDoubles();
        int places = n == 0 ? 0 : values.length / width / n;
        // A mean is over examples, each the mean of its steps; rows of counts are over all steps.
        double share = width > 1 ? 1 : 1.0 / places;
        if (sums == null || sums.length != width) {
            reset();
            sums = new double[width];
        }
        // A mask of steps is for what has a value for each step.
        boolean steps = mask != null && each.rank() > 1 && mask.shape().dims().equals(each.shape().dims().subList(0, 2));
        var counts = counts(weights, steps ? mask : null, n, places);
        for (int i = 0; i < n; i++) {
            for (int place = 0; place < places; place++) {
                double count = counts[i * places + place];
                for (int k = 0; k < width; k++) {
                    // What does not count may be anything, also NaN.
                    sums[k] += count == 0 ? 0 : count * values[(i * places + place) * width + k] * share;
                }
                weight += count * share;
            }
        }
        examples += n;
    }

    /// What each place of each example counts for.
    private double[] counts(@Nullable Tensor weights, @Nullable Tensor mask, int n, int places) {
        var counts = new double[n * places];
        Arrays.fill(counts, 1);
        for (var factor : new @Nullable Tensor[] {weights, mask}) {
            if (factor == null) {
                continue;
            }
            var numbers = factor.cast(DType.F64).toDoubles();
            if (n == 0 || numbers.length % n != 0 || numbers.length == 0 || places % (numbers.length / n) != 0) {
                throw new IllegalArgumentException("Meter of " + metric.kind() + ": " + numbers.length + " weights for " + n + " examples"
                        + (places > 1 ? " of " + places + " values each." : "."));
            }
            int each = places / (numbers.length / n);
            for (int i = 0; i < counts.length; i++) {
                counts[i] *= numbers[i / each];
            }
        }
        return counts;
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
        return weight == 0 ? Double.NaN : metric.finish(means(), new Metric.Seen(examples, weight));
    }

    /// All values so far, such as one for each class; empty before the first example.
    public double[] results() {
        return weight == 0 ? new double[0] : metric.values(means(), new Metric.Seen(examples, weight));
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
        examples = 0;
    }
}
