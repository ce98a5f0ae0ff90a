package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;

/// The part of the predictions that is right.
///
/// The largest of several outputs is compared with the class (integer targets) or the largest of the target (one-hot
/// rows); a single output with 0.5. `binary` compares each output with 0.5, however many there are.
///
/// ```java
/// Tensor right = new Accuracy(false).perExample(Tensor.of(new float[][] {{0.2f, 0.8f}}), Tensor.of(1L));      // 1
/// ```
public record Accuracy(boolean binary) implements Metric {
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        if (binary || predicted.shape().dim(-1) == 1) {
            var truth = Targets.like(kind(), predicted, target).gt(0.5);
            return predicted.gt(0.5).cast(predicted.dtype()).eq(truth.cast(predicted.dtype())).cast(predicted.dtype()).mean(-1);
        }
        var found = predicted.argmax(-1);
        var wanted = target.rank() == predicted.rank() ? target.argmax(-1) : target.cast(found.dtype());
        return found.eq(wanted).cast(predicted.dtype());
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
