package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;

/// How good yes/no decisions are: an output above the threshold is a yes.
///
/// With several outputs all of them count, or one (`output`); with `top` only the largest `top` of a row may be a yes. Nothing to divide
/// by gives 0.
///
/// ```java
/// Metric precision = Decision.PRECISION.at(0.5);
/// Metric recallOfClassTwo = Decision.RECALL.at(0.5).withOutput(2);
/// ```
public record Decision(Of of, double threshold, int output, int top) implements Metric {
    /// Right yeses among what was said to be yes.
    public static final Decision PRECISION = new Decision(Of.PRECISION, 0.5, -1, 0);
    /// Right yeses among what is yes.
    public static final Decision RECALL = new Decision(Of.RECALL, 0.5, -1, 0);
    /// Right noes among what is no.
    public static final Decision SPECIFICITY = new Decision(Of.SPECIFICITY, 0.5, -1, 0);

    /// What is counted among what.
    public enum Of {
        PRECISION,
        RECALL,
        SPECIFICITY
    }

    /// With another threshold.
    public Decision at(double threshold) {
        return new Decision(of, threshold, output, top);
    }

    /// One output only; −1 for all.
    public Decision withOutput(int output) {
        return new Decision(of, threshold, output, top);
    }

    /// At most the largest `top` of a row are a yes, whatever the threshold; 0 for no such limit.
    public Decision withTop(int top) {
        return new Decision(of, threshold, output, top);
    }

    @Override
    public int width(Shape predicted) {
        return 4;
    }

    /// True and false positives, false and true negatives.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var truth = Labels.rows(kind(), predicted, target).gt(0.5).cast(predicted.dtype());
        var yes = (top > 0 ? largest(predicted) : predicted.gt(threshold)).cast(predicted.dtype());
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
        return switch (of) {
            case PRECISION -> part(means[0], means[1]);
            case RECALL -> part(means[0], means[2]);
            case SPECIFICITY -> part(means[3], means[1]);
        };
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
