package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;

/// The squared distance, the mean over the last axis.
///
/// ```java
/// Tensor each = new MeanSquaredError().perExample(Tensor.of(new float[][] {{1, 3}}), Tensor.of(new float[][] {{1, 1}}));   // 2
/// ```
public record MeanSquaredError() implements Loss {
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return predicted.sub(Targets.like(kind(), predicted, target)).square().mean(-1);
    }

    @Override
    public String kind() {
        return "mse";
    }
}
