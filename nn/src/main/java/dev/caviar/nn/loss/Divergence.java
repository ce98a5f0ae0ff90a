package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Locale;

/// How far one distribution is from another, the sum over the last axis.
///
/// ```java
/// Tensor none = Divergence.KL_DIVERGENCE.perExample(Tensor.of(new float[][] {{0.5f, 0.5f}}), Tensor.of(new float[][] {{0.5f, 0.5f}}));   // 0
/// ```
public enum Divergence implements Loss {
    /// Σ t·log(t/p), both kept within 1e-7 and 1.
    KL_DIVERGENCE;

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var t = Targets.like(kind(), predicted, target).max(1e-7).min(1);
        return t.mul(t.div(predicted.max(1e-7).min(1)).log()).sum(-1);
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }
}
