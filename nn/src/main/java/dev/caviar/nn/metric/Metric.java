package dev.caviar.nn.metric;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import dev.caviar.nn.loss.CosineSimilarity;
import dev.caviar.nn.loss.Loss;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A number per example, or a row of [#width] numbers, of which the mean over all examples is taken, and what is reported is made from:
/// exact however the examples are cut into batches.
///
/// In an own loop a [Meter] keeps the means.
///
/// ```java
/// record Bias() implements Metric {
///     public Tensor perExample(Tensor predicted, Tensor target) { return predicted.sub(target).mean(-1); }
///     public String kind() { return "bias"; }
/// }
/// Metric metric = Metric.of("accuracy");
/// ```
public interface Metric {
    /// One number per example: the predictions' shape without the last axis; or `width` of them along a last axis of that length.
    /// Predictions are probabilities where the loss knows how to make them.
    Tensor perExample(Tensor predicted, Tensor target);

    /// The same where a mask `[examples, steps]` says which steps of the predictions are there: what is left out of a mean over steps is left
    /// out for every metric, so only one whose numbers are not one for each step looks at it.
    default Tensor perExample(Tensor predicted, Tensor target, @Nullable Tensor mask) {
        return perExample(predicted, target);
    }

    /// The name in histories.
    String kind();

    /// How many numbers there are per example, for predictions of this shape.
    default int width(Shape predicted) {
        return 1;
    }

    /// Whether only the order of a row's predictions counts, so that logits do as well as their softmax.
    default boolean ranks() {
        return false;
    }

    /// Whether examples count by their weights, and in training also by those of their classes; else all count alike.
    default boolean weighted() {
        return false;
    }

    /// The same with examples counted by their weights, as the loss counts them. In an own loop a [Meter] is given the weights.
    default Metric withWeights() {
        return new Weighted(this);
    }

    /// What is reported, given the mean over the examples of one number each.
    default double finish(double mean) {
        return mean;
    }

    /// What is reported, given the means over the examples.
    default double finish(double[] means) {
        return finish(means[0]);
    }

    /// All values that there are, such as one for each class; by itself the one that is reported.
    default double[] values(double[] means) {
        return new double[] {finish(means)};
    }

    /// What is reported, given the means over the examples, where it depends on how many there were.
    default double finish(double[] means, Seen seen) {
        return finish(means);
    }

    /// All values that there are, where they depend on how many examples there were.
    default double[] values(double[] means, Seen seen) {
        return values(means);
    }

    /// How many examples there were, and what all that the means are over weighed together: examples, or their steps.
    ///
    /// ```java
    /// double found = Decision.of(Decision.Of.TRUE_POSITIVES).finish(new double[] {0.5, 0, 0.5, 0}, new Metric.Seen(10, 10));     // 5
    /// ```
    record Seen(long examples, double weight) {}

    /// By name: accuracy (by the targets: classes, one-hot or yes/no), binary_accuracy, categorical_accuracy, sparse_categorical_accuracy,
    /// top_k_accuracy (k = 5, or any in place of the k), precision, recall, specificity, true_positives, false_positives,
    /// false_negatives, true_negatives, f1 (the mean over the classes), auc, auc_pr, binary_iou, rmse, r2, pearson_correlation,
    /// concordance_correlation, equality, cosine_similarity (larger is better), and every loss by its name, such as mae; and each of
    /// them with `weighted_` in front, see [#withWeights].
    static Metric of(String name) {
        var wanted = name.toLowerCase(Locale.ROOT);
        if (wanted.startsWith(Weighted.PREFIX)) {
            return of(name.substring(Weighted.PREFIX.length())).withWeights();
        }
        var top = java.util.regex.Pattern.compile("top_?(k|\\d+)(_categorical)?_accuracy").matcher(wanted);
        if (top.matches()) {
            return new TopK(top.group(1).equals("k") ? 5 : Integer.parseInt(top.group(1)));
        }
        return switch (wanted) {
            case "accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy" -> new Accuracy(false);
            case "binary_accuracy" -> new Accuracy(true);
            case "precision" -> Decision.PRECISION.at(0.5);
            case "recall" -> Decision.RECALL.at(0.5);
            case "specificity" -> Decision.SPECIFICITY;
            case "true_positives" -> Decision.of(Decision.Of.TRUE_POSITIVES);
            case "false_positives" -> Decision.of(Decision.Of.FALSE_POSITIVES);
            case "false_negatives" -> Decision.of(Decision.Of.FALSE_NEGATIVES);
            case "true_negatives" -> Decision.of(Decision.Of.TRUE_NEGATIVES);
            case "binary_iou" -> MeanIoU.binary(0.5);
            case "pearson_correlation" -> Correlation.PEARSON;
            case "concordance_correlation" -> Correlation.CONCORDANCE;
            case "equality" -> new Equality();
            case "f1", "f1_score" -> FScore.of(FScore.Average.MACRO);
            case "auc", "auc_roc" -> Auc.of(Auc.Curve.ROC);
            case "auc_pr" -> Auc.of(Auc.Curve.PR);
            case "mae", "mean_absolute_error" -> Distance.MAE;
            case "mse", "mean_squared_error" -> Distance.MSE;
            case "rmse", "root_mean_squared_error" -> Distance.RMSE;
            case "r2", "r2_score" -> R2.of();
            case "cosine_similarity" -> new Similarity(-1);
            default -> ofLoss(name);
        };
    }

    private static Metric ofLoss(String name) {
        try {
            return new LossMetric(Loss.of(name));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("There is no metric \"" + name
                    + "\".\nMaybe one of accuracy, binary_accuracy, top_5_accuracy, precision, recall, f1, auc, auc_pr, mse, rmse, mae, r2, "
                    + "cosine_similarity, or a loss.", e);
        }
    }

    /// Distances between predicted and true values.
    enum Distance implements Metric {
        MAE {
            @Override
            Tensor of(Tensor difference) {
                return difference.abs();
            }
        },
        MSE {
            @Override
            Tensor of(Tensor difference) {
                return difference.square();
            }
        },
        RMSE {
            @Override
            Tensor of(Tensor difference) {
                return difference.square();
            }

            @Override
            public double finish(double mean) {
                return Math.sqrt(mean);
            }
        };

        abstract Tensor of(Tensor difference);

        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return of(predicted.sub(Targets.like(kind(), predicted, target))).mean(-1);
        }

        @Override
        public String kind() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// A loss as a metric: of probabilities, as metrics get them.
    ///
    /// ```java
    /// Metric metric = new Metric.LossMetric(Loss.of("kl_divergence"));
    /// ```
    record LossMetric(Loss loss) implements Metric {
        public LossMetric {
            if (loss.fromLogits()) {
                throw new IllegalArgumentException("The metric " + loss.kind() + ": metrics get probabilities.\nMaybe use "
                        + loss.kind().replace("_from_logits", "") + ".");
            }
        }

        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return loss.perExample(predicted, target);
        }

        @Override
        public Tensor perExample(Tensor predicted, Tensor target, @Nullable Tensor mask) {
            return loss.perExample(predicted, target, mask, Loss.constants(loss, predicted.dtype()));
        }

        @Override
        public String kind() {
            return loss.kind();
        }
    }

    /// The part of the predictions that equal their targets, number by number: of classes, of what was rounded.
    ///
    /// ```java
    /// Metric same = new Metric.Equality();
    /// ```
    record Equality() implements Metric {
        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return predicted.eq(Targets.like(kind(), predicted, target)).cast(predicted.dtype().isFloat() ? predicted.dtype() : DType.F32).mean(-1);
        }

        @Override
        public String kind() {
            return "equality";
        }
    }

    /// The cosine of the angle between prediction and target along an axis: 1 where they point the same way.
    ///
    /// ```java
    /// Metric metric = new Metric.Similarity(-1);
    /// ```
    record Similarity(int axis) implements Metric {
        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return new CosineSimilarity(axis).perExample(predicted, target).neg();
        }

        @Override
        public String kind() {
            return "cosine_similarity";
        }
    }
}
