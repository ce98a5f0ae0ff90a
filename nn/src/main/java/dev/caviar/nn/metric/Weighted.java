package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A metric over examples that count by their weights: sums of weighted values over sums of weights, exact however the examples are cut into
/// batches. Examples without weights count alike.
///
/// ```java
/// var model = Model.of(Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy", "accuracy", "weighted_accuracy");
/// var examples = Examples.of(new float[][] {{1, 2}, {3, 4}}, new int[] {0, 1}).withWeights(1, 3);
/// double value = model.fit(examples, Fit.of()).last("weighted_accuracy");
/// ```
public record Weighted(Metric metric) implements Metric {
    static final String PREFIX = "weighted_";

    public Weighted {
        if (metric.weighted()) {
            throw new IllegalArgumentException(metric.kind() + " counts examples by their weights already.\nMaybe use it as it is.");
        }
    }

    @Override
    public boolean weighted() {
        return true;
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return metric.perExample(predicted, target);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, @Nullable Tensor mask) {
        return metric.perExample(predicted, target, mask);
    }

    @Override
    public String kind() {
        return PREFIX + metric.kind();
    }

    @Override
    public int width(Shape predicted) {
        return metric.width(predicted);
    }

    @Override
    public boolean ranks() {
        return metric.ranks();
    }

    @Override
    public double finish(double mean) {
        return metric.finish(mean);
    }

    @Override
    public double finish(double[] means) {
        return metric.finish(means);
    }

    @Override
    public double[] values(double[] means) {
        return metric.values(means);
    }

    @Override
    public double finish(double[] means, Seen seen) {
        return metric.finish(means, seen);
    }

    @Override
    public double[] values(double[] means, Seen seen) {
        return metric.values(means, seen);
    }
}
