package dev.caviar.nn.loss;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How wrong a prediction is, per example.
///
/// Losses on probabilities and losses on logits are different things with different names. A model trains on logits
/// either way: where it ends in the loss's [#link], the two are taken together. What a loss has of [#numbers] is a scalar input
/// of the step.
///
/// ```java
/// Loss loss = Loss.of("sparse_categorical_crossentropy");
/// Tensor each = new CrossEntropy(false).perExample(Tensor.of(new float[][] {{0.1f, 0.2f, 0.6f, 0.1f}}), Tensor.of(2L));
/// ```
public interface Loss {
    /// The loss of each example: the predictions' shape without the last axis.
    Tensor perExample(Tensor predicted, Tensor target);

    /// Its name, which says whether it takes logits.
    String kind();

    /// Its numbers by name, such as a Huber loss's delta; none for most.
    default Map<String, Double> numbers() {
        return Map.of();
    }

    /// The loss of each example with these values for its [#numbers].
    default Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        return perExample(predicted, target);
    }

    /// The same where only some steps of the predictions count: `mask` is BOOL `[examples, steps]`, or null for all. A loss that has a number
    /// for each step need not look at it, its steps are left out afterwards; one that takes a sequence as a whole does.
    default Tensor perExample(Tensor predicted, Tensor target, @Nullable Tensor mask, Map<String, Tensor> numbers) {
        return perExample(predicted, target, numbers);
    }

    /// Which of the numbers of [#perExample] count, BOOL of their shape; null for all. The others are 0, and a mean is that of those which count.
    default @Nullable Tensor counted(Tensor predicted, Tensor target) {
        return null;
    }

    /// What turns logits into the predictions that this loss is about; null where it takes any numbers.
    default @Nullable Activation link() {
        return null;
    }

    /// Whether predictions are logits, to which [#link] has not been applied.
    default boolean fromLogits() {
        return false;
    }

    /// The same loss of logits.
    default Loss onLogits() {
        return this;
    }

    /// The mean over the batch; `weights` of shape `[examples]`, where given, multiply each example's loss, and the sum is
    /// still divided by the number of examples, or of those that are [#counted].
    default Tensor mean(Tensor predicted, Tensor target, @Nullable Tensor weights) {
        var each = perExample(predicted, target);
        var counted = counted(predicted, target);
        if (counted != null) {
            each = each.mul(each.shape().size()).div(counted.cast(each.dtype()).sum().max(1));
        }
        if (weights == null) {
            return each.mean();
        }
        var shape = weights.shape();
        while (shape.rank() < each.rank()) {
            shape = shape.insert(shape.rank(), 1);
        }
        return each.mul(weights.cast(each.dtype()).reshape(shape)).mean();
    }

    /// A loss's own numbers as constants.
    static Map<String, Tensor> constants(Loss loss, DType dtype) {
        var out = new LinkedHashMap<String, Tensor>();
        loss.numbers().forEach((name, value) -> out.put(name, Tensor.scalar(value, dtype)));
        return out;
    }

    /// By name: `categorical_crossentropy` (one-hot rows), `sparse_categorical_crossentropy` (classes), `crossentropy` (either),
    /// `binary_crossentropy`, `binary_focal_crossentropy`, `categorical_focal_crossentropy`, `generalized_crossentropy`, `ctc`, each also with `_from_logits` behind it;
    /// mse, mae, mape, msle, huber, log_cosh, poisson, kl_divergence, hinge, squared_hinge, categorical_hinge, cosine_similarity, dice, tversky, circle.
    static Loss of(String name) {
        var wanted = name.toLowerCase(Locale.ROOT);
        boolean logits = wanted.endsWith("_from_logits");
        var base = logits ? wanted.substring(0, wanted.length() - "_from_logits".length()) : wanted;
        @Nullable Loss loss = switch (base) {
            case "crossentropy" -> new CrossEntropy(logits);
            case "sparse_categorical_crossentropy" -> new CrossEntropy(logits).withLabels(CrossEntropy.Labels.CLASSES);
            case "categorical_crossentropy" -> new CrossEntropy(logits).withLabels(CrossEntropy.Labels.ROWS);
            case "binary_crossentropy" -> new BinaryCrossEntropy(logits);
            case "binary_focal_crossentropy" -> BinaryFocalCrossEntropy.of(2, logits);
            case "categorical_focal_crossentropy" -> CategoricalFocalCrossEntropy.of(2, logits);
            case "generalized_crossentropy" -> GeneralizedCrossEntropy.of(0.7, logits);
            case "ctc" -> Ctc.of(logits);
            default -> null;
        };
        if (loss == null && !logits) {
            loss = switch (base) {
                case "mse", "mean_squared_error" -> new MeanSquaredError();
                case "mae", "mean_absolute_error" -> Deviation.MAE;
                case "mape", "mean_absolute_percentage_error" -> Deviation.MAPE;
                case "msle", "mean_squared_logarithmic_error" -> Deviation.MSLE;
                case "huber" -> new Huber(1);
                case "log_cosh", "logcosh" -> Deviation.LOG_COSH;
                case "poisson" -> Deviation.POISSON;
                case "kl_divergence", "kld" -> Divergence.KL_DIVERGENCE;
                case "hinge" -> Hinge.HINGE;
                case "squared_hinge" -> Hinge.SQUARED_HINGE;
                case "categorical_hinge" -> Hinge.CATEGORICAL_HINGE;
                case "cosine_similarity" -> new CosineSimilarity(-1);
                case "dice" -> Overlap.dice();
                case "tversky" -> Overlap.tversky(0.5, 0.5);
                case "circle" -> Circle.of();
                default -> null;
            };
        }
        if (loss == null) {
            throw new IllegalArgumentException("There is no loss \"" + name + "\".\nMaybe one of "
                    + "sparse_categorical_crossentropy, categorical_crossentropy, crossentropy, binary_crossentropy, binary_focal_crossentropy, "
                    + "categorical_focal_crossentropy, generalized_crossentropy, ctc (each also with _from_logits), mse, mae, mape, msle, huber, log_cosh, poisson, "
                    + "kl_divergence, hinge, squared_hinge, categorical_hinge, cosine_similarity, dice, tversky, circle.");
        }
        return loss;
    }
}
