package dev.caviar.app.check;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.MeanSquaredError;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Losses, whose cases are named by them: each one's own numbers, their mean and sum, the weighted mean, and gradients of the means.
final class LossChecks {
    private LossChecks() {}

    static Map<String, Check> checks() {
        return Map.of("loss", LossChecks::loss);
    }

    private static Loss of(Case c) {
        var name = c.name().replaceFirst("_(logits|probs|soft|3d|\\d).*$", "");
        var logits = c.flag("from_logits", false);
        c.demand("label_smoothing", 0.0, 0L);
        return switch (name) {
            case "cce", "sparse_cce" -> new CrossEntropy(logits);
            case "bce" -> new BinaryCrossEntropy(logits);
            case "mse" -> new MeanSquaredError();
            default -> throw new Unsupported("there is no loss \"" + name + "\".");
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
