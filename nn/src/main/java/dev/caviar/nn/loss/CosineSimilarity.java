package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;

/// Minus the cosine of the angle between prediction and target along an axis: −1 where they point the same way.
///
/// ```java
/// Tensor each = new CosineSimilarity(-1).perExample(Tensor.of(new float[][] {{3, 4}}), Tensor.of(new float[][] {{6, 8}}));      // −1
/// ```
public record CosineSimilarity(int axis) implements Loss {
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return unit(predicted).mul(unit(Targets.like(kind(), predicted, target))).sum(axis).neg();
    }

    private Tensor unit(Tensor x) {
        int at = x.shape().axis(axis);
        return x.mul(x.square().sum(at).expandDims(at).max(1e-14).rsqrt());
    }

    @Override
    public String kind() {
        return "cosine_similarity";
    }
}
