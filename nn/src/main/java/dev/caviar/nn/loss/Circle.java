package dev.caviar.nn.loss;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// Brings examples of a class together and others apart, by the cosines of all pairs of a batch (Sun et al. 2020):
/// `softplus(log Σ e^{−γ·a·(1−m−d)} over pairs of a class + log Σ e^{γ·b·(1−m−d)} over the others)`.
///
/// Predictions are vectors `[examples, size]` of length 1, such as behind [dev.caviar.nn.layer.UnitNorm]; targets their classes `[examples]`.
/// `d` is 1 minus the cosine, `a` = max(m + d, 0) and `b` = max(1 + m − d, 0), with the margin m. In a mean those count that are more than 0. Pairs
/// are those of one batch, or of one replica's share of it.
///
/// ```java
/// Loss loss = Circle.of().withMargin(0.25);
/// ```
///
/// @param itself whether an example is a pair with itself
public record Circle(double gamma, double margin, boolean itself) implements Loss {
    /// What counts as nothing in a sum of powers, and leaves no infinity behind.
    private static final double NEVER = -1e30;

    /// γ 80, margin 0.4, without pairs of an example and itself.
    public static Circle of() {
        return new Circle(80, 0.4, false);
    }

    public Circle withGamma(double gamma) {
        return new Circle(gamma, margin, itself);
    }

    public Circle withMargin(double margin) {
        return new Circle(gamma, margin, itself);
    }

    public Circle withItself(boolean itself) {
        return new Circle(gamma, margin, itself);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        if (predicted.rank() != 2 || target.shape().size() != predicted.shape().dim(0)) {
            throw new ShapeException("circle: predictions are " + predicted.type() + " but targets are " + target.type()
                    + "; they must be [examples, size] and a class of each.\nMaybe a Flatten is missing in the model.");
        }
        long n = predicted.shape().dim(0);
        var classes = target.reshape(n);
        var same = classes.expandDims(1).eq(classes.expandDims(0));
        var place = Tensor.range(n, DType.I64);
        var pairs = itself ? same : same.and(place.expandDims(1).ne(place.expandDims(0)));
        var far = predicted.matmul(predicted.transpose()).neg().add(1).max(0);
        var never = Tensor.scalar(NEVER, predicted.dtype());
        var together = far.add(margin).max(0).mul(far.neg().add(margin)).mul(-gamma);
        var apart = far.neg().add(1 + margin).max(0).mul(far.neg().add(1 - margin)).mul(gamma);
        return pairs.where(together, never).logSumExp(1).add(same.where(never, apart).logSumExp(1)).softplus();
    }

    @Override
    public Tensor counted(Tensor predicted, Tensor target) {
        return perExample(predicted, target).gt(0);
    }

    @Override
    public String kind() {
        return "circle";
    }
}
