package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// For each class what prediction and target have in common over what either has, the mean over the classes that there are, or over some of
/// them (`targets`).
///
/// Predictions are rows of outputs, of which the largest counts, or classes already: whole numbers of the targets' shape, or any of shape `[…, 1]`; of
/// [#binary] ones, each number from the threshold on is class 1. Where the target is one of the `ignored` ones, nothing counts.
///
/// ```java
/// Metric overlap = new MeanIoU(4);
/// Metric ofTheCats = new MeanIoU(4).withTargets(2).withIgnored(0);
/// Metric ofMasks = MeanIoU.binary(0.5).withTargets(1);
/// ```
public record MeanIoU(int classes, List<Integer> targets, List<Integer> ignored, boolean binary, double threshold) implements Metric {
    public MeanIoU {
        targets = List.copyOf(targets);
        ignored = List.copyOf(ignored);
        if (classes < 1) {
            throw new IllegalArgumentException("MeanIoU: " + classes + " classes must be 1 or more.");
        }
        for (int target : targets) {
            if (target < 0 || target >= classes) {
                throw new IllegalArgumentException("MeanIoU: there is no class " + target + " of " + classes + ".");
            }
        }
    }

    /// Of all classes.
    public MeanIoU(int classes) {
        this(classes, List.of(), List.of(), false, 0);
    }

    /// Of yes and no: numbers from the threshold on are class 1, all others class 0.
    public static MeanIoU binary(double threshold) {
        return new MeanIoU(2, List.of(), List.of(), true, threshold);
    }

    /// Of these classes only; none for all of them.
    public MeanIoU withTargets(int... targets) {
        return new MeanIoU(classes, Arrays.stream(targets).boxed().toList(), ignored, binary, threshold);
    }

    /// Without the places whose target is one of these.
    public MeanIoU withIgnored(int... ignored) {
        return new MeanIoU(classes, targets, Arrays.stream(ignored).boxed().toList(), binary, threshold);
    }

    @Override
    public int width(Shape predicted) {
        return 3 * classes;
    }

    /// Of each class what both have, what was predicted, and what is true.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        if (binary) {
            return places(predicted.ge(Tensor.scalar(threshold, predicted.dtype())).cast(DType.I64), Targets.like(kind(), predicted, target).cast(DType.I64));
        }
        boolean given = predicted.shape().dim(-1) == 1;
        if (!given && !predicted.dtype().isFloat() && predicted.shape().equals(target.shape())) {
            return places(predicted, target);
        }
        var t = target.rank() < predicted.rank() ? target.cast(DType.I64) : given ? target.squeeze(-1).cast(DType.I64) : target.argmax(-1);
        return places(given ? predicted.squeeze(-1).cast(DType.I64) : predicted.argmax(-1), t);
    }

    private Tensor places(Tensor predicted, Tensor target) {
        var counts = target.eq(target);
        for (int one : ignored) {
            counts = counts.and(target.ne(Tensor.scalar(one, target.dtype())));
        }
        var each = counts.cast(DType.F32).expandDims(-1);
        // An ignored class may lie outside of all others, as 255 does in maps of pictures.
        var truth = counts.where(target, Tensor.scalar(0, target.dtype())).oneHot(classes, DType.F32).mul(each);
        var said = predicted.oneHot(classes, DType.F32).mul(each);
        return Tensor.concat(-1, said.mul(truth), said, truth);
    }

    /// Of each class; NaN where it is nowhere.
    @Override
    public double[] values(double[] means) {
        return IntStream.range(0, classes).mapToDouble(i -> means[i] / (means[classes + i] + means[2 * classes + i] - means[i])).toArray();
    }

    @Override
    public double finish(double[] means) {
        var each = values(means);
        var of = targets.isEmpty() ? IntStream.range(0, classes) : targets.stream().mapToInt(Integer::intValue);
        return of.mapToDouble(i -> each[i]).filter(one -> !Double.isNaN(one)).average().orElse(0);
    }

    @Override
    public String kind() {
        return binary ? "binary_iou" : targets.isEmpty() ? "mean_iou" : "iou";
    }
}
