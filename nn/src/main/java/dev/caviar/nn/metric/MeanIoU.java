package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/// For each class what prediction and target have in common over what either has, the mean over the classes that there are.
///
/// Predictions are rows of outputs, of which the largest counts, or classes already: whole numbers of the targets' shape, or any of shape `[…, 1]`.
///
/// ```java
/// Metric overlap = new MeanIoU(4);
/// ```
public record MeanIoU(int classes) implements Metric {
    public MeanIoU {
        if (classes < 1) {
            throw new IllegalArgumentException("MeanIoU: " + classes + " classes must be 1 or more.");
        }
    }

    @Override
    public int width(Shape predicted) {
        return 3 * classes;
    }

    /// Of each class what both have, what was predicted, and what is true.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        boolean given = predicted.shape().dim(-1) == 1;
        if (!given && !predicted.dtype().isFloat() && predicted.shape().equals(target.shape())) {
            return perExample(predicted.expandDims(-1), target.expandDims(-1));
        }
        var p = (given ? predicted.squeeze(-1).cast(DType.I64) : predicted.argmax(-1)).oneHot(classes, DType.F32);
        var t = target.rank() < predicted.rank() ? target.cast(DType.I64) : given ? target.squeeze(-1).cast(DType.I64) : target.argmax(-1);
        var truth = t.oneHot(classes, DType.F32);
        return Tensor.concat(-1, p.mul(truth), p, truth);
    }

    /// Of each class; NaN where it is nowhere.
    @Override
    public double[] values(double[] means) {
        return IntStream.range(0, classes).mapToDouble(i -> means[i] / (means[classes + i] + means[2 * classes + i] - means[i])).toArray();
    }

    @Override
    public double finish(double[] means) {
        return Arrays.stream(values(means)).filter(one -> !Double.isNaN(one)).average().orElse(0);
    }

    @Override
    public String kind() {
        return "mean_iou";
    }
}
