package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;

/// The area under a curve of decisions at many thresholds, found by counting at `thresholds` of them, as Keras does: with 200, about
/// 1e-2 from the exact one of a [RocCurve].
///
/// All outputs count; targets are 0 or 1, predictions in [0, 1].
///
/// ```java
/// Metric auc = Auc.of(Auc.Curve.ROC);
/// ```
public record Auc(Curve curve, int thresholds, Summation summation) implements Metric {
    /// Which curve.
    public enum Curve {
        /// True against false positive rate.
        ROC,
        /// Precision against recall.
        PR
    }

    /// What the curve is between two thresholds.
    public enum Summation {
        /// Straight, or for precision and recall what lies between their counts (Davis & Goadrich 2006).
        INTERPOLATION,
        /// The lower of both ends.
        MINORING,
        /// The higher of both ends.
        MAJORING
    }

    public Auc {
        if (thresholds < 3) {
            throw new IllegalArgumentException("Auc: " + thresholds + " thresholds are too few.\nMaybe use 200.");
        }
    }

    /// With 200 thresholds, interpolated.
    public static Auc of(Curve curve) {
        return new Auc(curve, 200, Summation.INTERPOLATION);
    }

    public Auc withThresholds(int thresholds) {
        return new Auc(curve, thresholds, summation);
    }

    public Auc withSummation(Summation summation) {
        return new Auc(curve, thresholds, summation);
    }

    @Override
    public int width(Shape predicted) {
        return 2 * thresholds + 2;
    }

    /// True positives at each threshold, then false ones, then all positives and negatives.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var p = predicted.expandDims(-1);
        var truth = Labels.rows(kind(), predicted, target).gt(0.5).cast(predicted.dtype());
        var wrong = truth.neg().add(1);
        var levels = new double[thresholds];
        for (int i = 0; i < thresholds; i++) {
            levels[i] = i == 0 ? -1e-7 : i == thresholds - 1 ? 1 + 1e-7 : (double) i / (thresholds - 1);
        }
        var yes = p.gt(Tensor.of(levels).cast(predicted.dtype())).cast(predicted.dtype());
        return Tensor.concat(-1, yes.mul(truth.expandDims(-1)).sum(-2), yes.mul(wrong.expandDims(-1)).sum(-2),
                truth.sum(-1).expandDims(-1), wrong.sum(-1).expandDims(-1));
    }

    @Override
    public double finish(double[] means) {
        double area = 0;
        for (int i = 0; i + 1 < thresholds; i++) {
            area += curve == Curve.PR && summation == Summation.INTERPOLATION ? between(means, i) : strip(means, i);
        }
        return area;
    }

    private double strip(double[] means, int i) {
        double left = y(means, i);
        double right = y(means, i + 1);
        return (x(means, i) - x(means, i + 1)) * switch (summation) {
            case INTERPOLATION -> (left + right) / 2;
            case MINORING -> Math.min(left, right);
            case MAJORING -> Math.max(left, right);
        };
    }

    private double x(double[] means, int i) {
        return curve == Curve.ROC ? ratio(means[thresholds + i], means[2 * thresholds + 1]) : ratio(means[i], means[2 * thresholds]);
    }

    private double y(double[] means, int i) {
        return curve == Curve.ROC ? ratio(means[i], means[2 * thresholds]) : ratio(means[i], means[i] + means[thresholds + i]);
    }

    /// What lies under precision and recall between two thresholds, the counts moving on straight lines.
    private double between(double[] means, int i) {
        double above = means[i + 1];
        double gained = means[i] - above;
        double all = means[i] + means[thresholds + i];
        double few = above + means[thresholds + i + 1];
        double slope = ratio(gained, Math.max(all - few, 0));
        double start = above - slope * few;
        double growth = all > 0 && few > 0 ? all / few : 1;
        return ratio(slope * (gained + start * Math.log(growth)), means[2 * thresholds]);
    }

    private static double ratio(double a, double b) {
        return b == 0 ? 0 : a / b;
    }

    @Override
    public String kind() {
        return curve == Curve.ROC ? "auc" : "auc_" + curve.name().toLowerCase(Locale.ROOT);
    }
}
