package dev.caviar.nn.metric;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/// The harmonic mean of precision and recall of each class, recall counting β times as much: F1 for β 1.
///
/// Without a threshold (0) the largest output of a row is the only yes; else each output above it. Targets are classes or one-hot rows.
///
/// ```java
/// Metric f1 = FScore.of(FScore.Average.MACRO);
/// ```
public record FScore(double beta, Average average, double threshold) implements Metric {
    /// How the classes' scores become one number.
    public enum Average {
        /// Their mean.
        MACRO,
        /// That of all decisions counted together.
        MICRO,
        /// Their mean by how often each class is the true one.
        WEIGHTED
    }

    public FScore {
        if (!(beta > 0)) {
            throw new IllegalArgumentException("FScore: beta " + beta + " must be positive.");
        }
    }

    /// F1, by the largest output.
    public static FScore of(Average average) {
        return new FScore(1, average, 0);
    }

    public FScore withBeta(double beta) {
        return new FScore(beta, average, threshold);
    }

    public FScore withThreshold(double threshold) {
        return new FScore(beta, average, threshold);
    }

    @Override
    public int width(Shape predicted) {
        return 3 * Labels.outputs(predicted, kind());
    }

    /// True positives of each class, then false positives, then false negatives.
    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var truth = Labels.rows(kind(), predicted, target);
        var top = predicted.max(new int[] {-1}).expandDims(-1);
        var tiny = Tensor.scalar(1e-9, predicted.dtype());
        var yes = (threshold > 0 ? predicted.gt(threshold) : predicted.ge(top).and(predicted.abs().gt(tiny))).cast(predicted.dtype());
        return Tensor.concat(-1, yes.mul(truth), yes.mul(truth.neg().add(1)), yes.neg().add(1).mul(truth));
    }

    @Override
    public double finish(double[] means) {
        int classes = means.length / 3;
        var each = values(means);
        return switch (average) {
            case MACRO -> Arrays.stream(each).average().orElse(0);
            case MICRO -> score(sum(means, 0, classes), sum(means, classes, 2 * classes), sum(means, 2 * classes, 3 * classes));
            case WEIGHTED -> {
                double all = sum(means, 0, classes) + sum(means, 2 * classes, 3 * classes);
                yield all == 0 ? 0 : IntStream.range(0, classes).mapToDouble(i -> each[i] * (means[i] + means[2 * classes + i])).sum() / all;
            }
        };
    }

    private static double sum(double[] all, int from, int to) {
        return Arrays.stream(all, from, to).sum();
    }

    /// The score of each class.
    @Override
    public double[] values(double[] means) {
        int classes = means.length / 3;
        return IntStream.range(0, classes).mapToDouble(i -> score(means[i], means[classes + i], means[2 * classes + i])).toArray();
    }

    private double score(double right, double wrong, double missed) {
        double square = beta * beta;
        return right == 0 ? 0 : (1 + square) * right / ((1 + square) * right + square * missed + wrong);
    }

    @Override
    public String kind() {
        return beta == 1 ? "f1_score" : "f_beta_score";
    }
}
