package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;

/// The part of the predictions that is right.
///
/// The largest of several outputs is compared with the class (integer targets) or the largest of the target (one-hot
/// rows); a single output with the threshold. `binary` compares each output with it, however many there are.
///
/// ```java
/// Tensor right = new Accuracy(false).perExample(Tensor.of(new float[][] {{0.2f, 0.8f}}), Tensor.of(1L));      // 1
/// ```
public record Accuracy(boolean binary, double threshold) implements Metric {
    /// With a threshold of 0.5.
    public Accuracy(boolean binary) {
        this(binary, 0.5);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        if (binary || predicted.shape().dim(-1) == 1) {
            var truth = Targets.like(kind(), predicted, target).gt(0.5);
            return predicted.gt(threshold).cast(predicted.dtype()).eq(truth.cast(predicted.dtype())).cast(predicted.dtype()).mean(-1);
        }
        return predicted.argmax(-1).eq(Labels.classes(predicted, target)).cast(predicted.dtype());
    }

    @Override
    public boolean ranks() {
        return !binary;
    }

    @Override
    public String kind() {
        return binary ? "binary_accuracy" : "accuracy";
    }
}
