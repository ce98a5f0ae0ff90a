package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;

/// The part of the examples whose class is among the `k` largest outputs. Classes whose outputs are equal to that of the true one do not
/// count against it.
///
/// ```java
/// Tensor found = new TopK(2).perExample(Tensor.of(new float[][] {{0.2f, 0.5f, 0.3f}}), Tensor.of(2L));      // 1
/// ```
public record TopK(int k) implements Metric {
    public TopK {
        if (k < 1) {
            throw new IllegalArgumentException("TopK(" + k + "): k must be 1 or more.");
        }
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var truth = Labels.classes(predicted, target).oneHot(predicted.shape().dim(-1), predicted.dtype());
        var right = predicted.mul(truth).sum(-1).expandDims(-1);
        var above = predicted.gt(right).cast(DType.F32).sum(-1);
        return above.lt(Tensor.scalar(k)).cast(predicted.dtype());
    }

    @Override
    public boolean ranks() {
        return true;
    }

    @Override
    public String kind() {
        return "top_" + k + "_accuracy";
    }
}
