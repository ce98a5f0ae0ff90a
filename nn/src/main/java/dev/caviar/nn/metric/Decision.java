package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;

/// How good yes/no decisions are: an output above the threshold is a yes.
///
/// With several outputs all of them count, or one (`output`); with `top` only the largest `top` of a row may be a yes. Nothing to divide
/// by gives 0. Counts are sums, by weights where there are some.
///
/// ```java
/// Metric precision = Decision.PRECISION.at(0.5);
/// Metric recallOfClassTwo = Decision.RECALL.at(0.5).withOutput(2);
/// Metric falseAlarms = Decision.of(Decision.Of.FALSE_POSITIVES).at(0.9);
/// ```
public record Decision(Of of, double threshold, int output, int top) implements Metric {
    /// Right yeses among what was said to be yes.
    public static final Decision PRECISION = new Decision(Of.PRECISION, 0.5, -1, 0);
    /// Right yeses among what is yes.
    public static final Decision RECALL = new Decision(Of.RECALL, 0.5, -1, 0);
    /// Right noes among what is no.
    public static final Decision SPECIFICITY = new Decision(Of.SPECIFICITY, 0.5, -1, 0);

    /// Lower than any prediction.
    private static final double ANYTHING = -1e10;

    /// What is counted among what, or just counted.
    public enum Of {
        PRECISION,
        RECALL,
        SPECIFICITY,
        TRUE_POSITIVES,
        FALSE_POSITIVES,
        FALSE_NEGATIVES,
        TRUE_NEGATIVES;

        /// Whether it is a number of decisions, not a rate.
        public boolean counts() {
            return compareTo(TRUE_POSITIVES) >= 0;
        }

        /// Of true and false positives, false and true negatives.
        double of(double[] counts) {
            return switch (this) {
                case PRECISION -> part(counts[0], counts[1]);
                case RECALL -> part(counts[0], counts[2]);
                case SPECIFICITY -> part(counts[3], counts[1]);
                case TRUE_POSITIVES -> counts[0];
                case FALSE_POSITIVES -> counts[1];
                case FALSE_NEGATIVES -> counts[2];
                case TRUE_NEGATIVES -> counts[3];
            };
        }
    }

    /// With a threshold of 0.5, of all outputs.
    public static Decision of(Of of) {
        return new Decision(of, 0.5, -1, 0);
    }

    /// With another threshold; said after [#withTop], a yes must be above it too.
    public Decision at(double threshold) {
        return new Decision(of, threshold, output, top);
    }

    /// One output only; −1 for all.
    public Decision withOutput(int output) {
        return new Decision(of, threshold, output, top);
    }

    /// At most the largest `top` of a row are a yes, whatever the threshold; 0 for no such limit.
    public Decision withTop(int top) {
        return new Decision(of, top > 0 ? ANYTHING : threshold, output, top);
    }

    @Override
    public int width(Shape predicted) {
        return 4;
    }

    /// True and false positives, false and true negatives.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var truth = Labels.rows(kind(), predicted, target).gt(0.5).cast(predicted.dtype());
        var yes = (top > 0 ? largest(predicted).and(predicted.gt(threshold)) : predicted.gt(threshold)).cast(predicted.dtype());
        if (output >= 0) {
            truth = truth.slice(-1, output, output + 1);
            yes = yes.slice(-1, output, output + 1);
        }
        var no = yes.neg().add(1);
        var wrong = truth.neg().add(1);
        return Tensor.stack(-1, yes.mul(truth).sum(-1), yes.mul(wrong).sum(-1), no.mul(truth).sum(-1), no.mul(wrong).sum(-1));
    }

    private Tensor largest(Tensor predicted) {
        var sorted = predicted.sort();
        long n = predicted.shape().dim(-1);
        return predicted.ge(sorted.slice(-1, Math.max(0, n - top), Math.max(0, n - top) + 1));
    }

    @Override
    public double finish(double[] means) {
        return of.of(means);
    }

    @Override
    public double finish(double[] means, Seen seen) {
        return of.counts() ? of.of(means) * seen.weight() : of.of(means);
    }

    /// `a` of `a` and `b`; 0 where there is nothing.
    static double part(double a, double b) {
        return a == 0 ? 0 : a / (a + b);
    }

    @Override
    public String kind() {
        return of.name().toLowerCase(Locale.ROOT);
    }
}
