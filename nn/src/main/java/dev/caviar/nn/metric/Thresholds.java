package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Decisions at many thresholds at once, counted.
final class Thresholds {
    private Thresholds() {}

    /// `n` levels at equal distances in [0, 1], the first and the last moved out by `beyond`; a single one is 0.5.
    static double[] even(int n, double beyond) {
        if (n == 1) {
            return new double[] {0.5};
        }
        var levels = new double[n];
        for (int i = 0; i < n; i++) {
            levels[i] = i == 0 ? -beyond : i == n - 1 ? 1 + beyond : (double) i / (n - 1);
        }
        return levels;
    }

    /// True positives at each level, then false ones, then all positives and all negatives: over the outputs of the last axis
    /// together, or one row for `each` of them. `truth` and `wrong` are what a yes and a no count for, 0 where there is none.
    static Tensor counts(Tensor predicted, Tensor truth, Tensor wrong, double[] levels, boolean each) {
        var yes = predicted.expandDims(-1).gt(Tensor.of(levels).cast(predicted.dtype())).cast(predicted.dtype());
        var positives = truth.expandDims(-1);
        var negatives = wrong.expandDims(-1);
        var parts = List.of(yes.mul(positives), yes.mul(negatives), positives, negatives);
        return Tensor.concat(-1, parts.stream().map(part -> each ? part : part.sum(-2)).toArray(Tensor[]::new));
    }

    /// `a` over `b`; 0 where there is nothing to divide by.
    static double ratio(double a, double b) {
        return b == 0 ? 0 : a / b;
    }
}
