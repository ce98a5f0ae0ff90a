package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How wrong a prediction is, per example.
///
/// Losses on probabilities and losses on logits are different things with different names. A model trains on logits
/// either way: where it ends in the loss's [#link], the two are taken together.
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
    /// still divided by the number of examples.
    default Tensor mean(Tensor predicted, Tensor target, @Nullable Tensor weights) {
        var each = perExample(predicted, target);
        return weights == null ? each.mean() : each.mul(weights.cast(each.dtype())).mean();
    }

    /// By name: `categorical_crossentropy` and `sparse_categorical_crossentropy` (one-hot and integer labels),
    /// `binary_crossentropy`, each also with `_from_logits` behind it; `mse`.
    static Loss of(String name) {
        var wanted = name.toLowerCase(Locale.ROOT);
        boolean logits = wanted.endsWith("_from_logits");
        var base = logits ? wanted.substring(0, wanted.length() - "_from_logits".length()) : wanted;
        return switch (base) {
            case "sparse_categorical_crossentropy", "categorical_crossentropy" -> new CrossEntropy(logits);
            case "binary_crossentropy" -> new BinaryCrossEntropy(logits);
            case "mse", "mean_squared_error" -> new MeanSquaredError();
            default -> throw new IllegalArgumentException("There is no loss \"" + name + "\".\nMaybe one of "
                    + "sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy (each also with "
                    + "_from_logits), mse.");
        };
    }
}
