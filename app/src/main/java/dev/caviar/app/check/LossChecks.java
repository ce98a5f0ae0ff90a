package dev.caviar.app.check;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.BinaryFocalCrossEntropy;
import dev.caviar.nn.loss.CategoricalFocalCrossEntropy;
import dev.caviar.nn.loss.CosineSimilarity;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Losses, whose cases are named by them: each one's own numbers, their mean and sum, the weighted mean, and gradients of the means.
final class LossChecks {
    private LossChecks() {}

    static Map<String, Check> checks() {
        return Map.of("loss", LossChecks::loss);
    }

    /// The kind is what the name begins with; the longest known one counts.
    private static final List<String> KINDS = List.of("categorical_crossentropy", "categorical_focal", "categorical_hinge", "sparse_categorical_crossentropy",
            "sparse_cce", "cce", "bce", "binary_crossentropy", "binary_focal", "mse", "mae", "mape", "msle", "huber", "log_cosh", "logcosh", "poisson", "kld",
            "kl_divergence", "squared_hinge", "hinge", "cosine");

    private static Loss of(Case c) {
        var kind = Kinds.longest(KINDS, c.name());
        var logits = c.flag("from_logits", false);
        return switch (kind) {
            case "cce", "categorical_crossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.ROWS, c.number("label_smoothing", 0));
            case "sparse_cce", "sparse_categorical_crossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.CLASSES, 0);
            case "bce", "binary_crossentropy" -> new BinaryCrossEntropy(logits, c.number("label_smoothing", 0));
            case "binary_focal" -> new BinaryFocalCrossEntropy(c.number("gamma", 2), c.number("alpha", 0.25), c.flag("apply_class_balancing", false),
                    logits, c.number("label_smoothing", 0));
            case "categorical_focal" -> new CategoricalFocalCrossEntropy(c.number("gamma", 2), c.number("alpha", 0.25), logits,
                    c.number("label_smoothing", 0));
            case "huber" -> new Huber(c.number("delta", 1));
            case "cosine" -> new CosineSimilarity(c.whole("axis", -1));
            default -> c.named(kind, Loss::of);
        };
    }

    private static void loss(Case c) {
        var loss = of(c);
        var predicted = c.array("y_pred");
        var target = c.array("y_true");
        var each = loss.perExample(predicted, target);
        c.output(each, "loss_per_sample");
        // The sum over the first axis of means over the others.
        var sum = each.sum();
        if (c.holds("loss_sum")) c.output(sum, "loss_sum");
        mean(c, loss, predicted, target, null, "");
        if (c.holds("sample_weight")) mean(c, loss, predicted, target, c.array("sample_weight"), "_weighted");
    }

    private static void mean(Case c, Loss loss, Tensor predicted, Tensor target, @Nullable Tensor weights, String suffix) {
        var both = Gradient.at(in -> loss.mean(in.getFirst(), target, weights), List.of(predicted));
        c.output(both.value(), "loss_mean" + suffix);
        if (c.holds("g_y_pred" + suffix)) c.slope(both.gradients().getFirst(), "g_y_pred" + suffix);
    }
}
