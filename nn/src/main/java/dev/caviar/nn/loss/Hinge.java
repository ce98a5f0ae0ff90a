package dev.caviar.nn.loss;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Locale;

/// Losses that ask for a margin: what is right by 1 or more costs nothing.
///
/// Targets of the first two are −1 or 1; where all of a batch are 0 or 1 they are taken as these. Those of the categorical hinge are
/// one-hot rows.
///
/// ```java
/// Tensor each = Hinge.HINGE.perExample(Tensor.of(new float[][] {{0.5f}}), Tensor.of(new float[][] {{1}}));      // 0.5
/// ```
public enum Hinge implements Loss {
    /// max(0, 1 − t·p), the mean over the last axis.
    HINGE,
    /// Its square.
    SQUARED_HINGE,
    /// max(0, 1 + the largest wrong output − the right one).
    CATEGORICAL_HINGE;

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var t = Targets.like(kind(), predicted, target);
        if (this == CATEGORICAL_HINGE) {
            var right = t.mul(predicted).sum(-1);
            var wrong = t.neg().add(1).mul(predicted).max(new int[] {-1});
            return wrong.sub(right).add(1).max(0);
        }
        var zero = Tensor.scalar(0, t.dtype());
        var one = Tensor.scalar(1, t.dtype());
        var others = t.ne(zero).and(t.ne(one)).cast(DType.F32).sum();
        var sign = others.eq(Tensor.scalar(0)).where(t.mul(2).sub(1), t);
        var margin = sign.mul(predicted).neg().add(1).max(0);
        return (this == HINGE ? margin : margin.square()).mean(-1);
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }
}
