package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// The area under a curve of decisions at many thresholds, found by counting at `thresholds` of them, as Keras does: with 200, about
/// 1e-2 from the exact one of a [RocCurve].
///
/// Targets are 0 or 1, predictions in [0, 1], or any where `logits` says to take their sigmoid. All outputs count as one; or each label has a
/// curve of its own, and the mean of their areas is reported. Labels may count by weights, in the counts or in that mean.
///
/// ```java
/// Metric auc = Auc.of(Auc.Curve.ROC);
/// Metric ofLabels = Auc.of(Auc.Curve.PR).withMultiLabel(true).withLabelWeights(1, 2, 1);
/// Metric coarse = Auc.of(Auc.Curve.ROC).withLevels(0.1, 0.4, 0.6);       // and one below 0 and one above 1
/// ```
public record Auc(Curve curve, int thresholds, Summation summation, List<Double> levels, boolean multiLabel, List<Double> labelWeights, boolean logits)
        implements Metric {
    /// What a level lies beyond the smallest and the largest probability, so that the curve has both ends.
    private static final double BEYOND = 1e-7;

    /// Which curve.
    public enum Curve {
        /// True against false positive rate.
        ROC,
        /// Precision against recall.
        PR,
        /// Both of these above what a random guess has, in parts of what it lacks (Flach & Kull 2015).
        PRGAIN
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
        levels = levels.stream().sorted().toList();
        labelWeights = List.copyOf(labelWeights);
        thresholds = levels.isEmpty() ? thresholds : levels.size() + 2;
        if (thresholds < 2) {
            throw new IllegalArgumentException("Auc: " + thresholds + " thresholds are too few.\nMaybe use 200.");
        }
        if (levels.stream().anyMatch(level -> !(level >= 0 && level <= 1))) {
            throw new IllegalArgumentException("Auc: the levels " + levels + " must be in [0, 1].");
        }
    }

    /// With 200 thresholds, interpolated.
    public static Auc of(Curve curve) {
        return new Auc(curve, 200, Summation.INTERPOLATION, List.of(), false, List.of(), false);
    }

    /// So many, at equal distances.
    public Auc withThresholds(int thresholds) {
        return new Auc(curve, thresholds, summation, List.of(), multiLabel, labelWeights, logits);
    }

    /// These in [0, 1] for thresholds, besides one on each side of them all.
    public Auc withLevels(double... levels) {
        return new Auc(curve, thresholds, summation, Arrays.stream(levels).boxed().toList(), multiLabel, labelWeights, logits);
    }

    public Auc withSummation(Summation summation) {
        return new Auc(curve, thresholds, summation, levels, multiLabel, labelWeights, logits);
    }

    /// A curve for each of the outputs.
    public Auc withMultiLabel(boolean multiLabel) {
        return new Auc(curve, thresholds, summation, levels, multiLabel, labelWeights, logits);
    }

    /// What each output counts for; none for 1 each.
    public Auc withLabelWeights(double... weights) {
        return new Auc(curve, thresholds, summation, levels, multiLabel, Arrays.stream(weights).boxed().toList(), logits);
    }

    /// Predictions are logits: for a loop of one's own, since a model hands out probabilities.
    public Auc withLogits(boolean logits) {
        return new Auc(curve, thresholds, summation, levels, multiLabel, labelWeights, logits);
    }

    private int stride() {
        return 2 * thresholds + 2;
    }

    @Override
    public int width(Shape predicted) {
        return multiLabel ? Labels.outputs(predicted, kind()) * stride() : stride();
    }

    /// True positives at each threshold, then false ones, then all positives and negatives; so for each label.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        int outputs = Labels.outputs(predicted.shape(), kind());
        if (!labelWeights.isEmpty() && labelWeights.size() != outputs) {
            throw new IllegalArgumentException("Auc: " + labelWeights.size() + " label weights for " + outputs + " outputs.");
        }
        var p = logits ? predicted.sigmoid() : levels.isEmpty() ? predicted.max(0).min(1) : predicted;
        var truth = Labels.rows(kind(), predicted, target).gt(0.5).cast(predicted.dtype());
        var wrong = truth.neg().add(1);
        if (!multiLabel && !labelWeights.isEmpty()) {
            var weights = Tensor.of(labelWeights.stream().mapToDouble(Double::doubleValue).toArray()).cast(predicted.dtype());
            truth = truth.mul(weights);
            wrong = wrong.mul(weights);
        }
        var counts = Thresholds.counts(p, truth, wrong, at(), multiLabel);
        return multiLabel ? counts.reshape(predicted.shape().with(predicted.rank() - 1, (long) outputs * stride())) : counts;
    }

    private double[] at() {
        var even = Thresholds.even(thresholds, BEYOND);
        for (int i = 0; i < levels.size(); i++) {
            even[i + 1] = levels.get(i);
        }
        return even;
    }

    /// The area of each label, or the only one.
    @Override
    public double[] values(double[] means) {
        return IntStream.range(0, means.length / stride()).mapToDouble(label -> area(Arrays.copyOfRange(means, label * stride(), (label + 1) * stride())))
                .toArray();
    }

    @Override
    public double finish(double[] means) {
        var areas = values(means);
        double all = 0;
        double sum = 0;
        for (int label = 0; label < areas.length; label++) {
            double weight = multiLabel && !labelWeights.isEmpty() ? labelWeights.get(label) : 1;
            all += weight;
            sum += weight * areas[label];
        }
        return Thresholds.ratio(sum, all);
    }

    private double area(double[] means) {
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
        double positives = means[2 * thresholds];
        return switch (curve) {
            case ROC -> Thresholds.ratio(means[thresholds + i], means[2 * thresholds + 1]);
            case PR -> Thresholds.ratio(means[i], positives);
            case PRGAIN -> Math.max(0, gain(means, i, positives - means[i], 0));
        };
    }

    private double y(double[] means, int i) {
        return switch (curve) {
            case ROC -> Thresholds.ratio(means[i], means[2 * thresholds]);
            case PR -> Thresholds.ratio(means[i], means[i] + means[thresholds + i]);
            case PRGAIN -> gain(means, i, means[thresholds + i], 1);
        };
    }

    /// How much of what a random guess lacks is gained, `errors` standing against the true positives.
    private double gain(double[] means, int i, double errors, double otherwise) {
        return means[i] == 0 ? otherwise : 1 - Thresholds.ratio(means[2 * thresholds], means[2 * thresholds + 1]) * errors / means[i];
    }

    /// What lies under precision and recall between two thresholds, the counts moving on straight lines.
    private double between(double[] means, int i) {
        double above = means[i + 1];
        double gained = means[i] - above;
        double all = means[i] + means[thresholds + i];
        double few = above + means[thresholds + i + 1];
        double slope = Thresholds.ratio(gained, Math.max(all - few, 0));
        double start = above - slope * few;
        double growth = all > 0 && few > 0 ? all / few : 1;
        return Thresholds.ratio(slope * (gained + start * Math.log(growth)), means[2 * thresholds]);
    }

    @Override
    public String kind() {
        return curve == Curve.ROC ? "auc" : "auc_" + curve.name().toLowerCase(Locale.ROOT);
    }
}
