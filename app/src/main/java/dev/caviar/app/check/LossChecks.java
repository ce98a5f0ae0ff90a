package dev.caviar.app.check;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.BinaryFocalCrossEntropy;
import dev.caviar.nn.loss.CategoricalFocalCrossEntropy;
import dev.caviar.nn.loss.Circle;
import dev.caviar.nn.loss.CosineSimilarity;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.loss.GeneralizedCrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.Overlap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
            "kl_divergence", "squared_hinge", "hinge", "cosine", "dice", "tversky", "ctc", "gce", "categorical_generalized_cross_entropy",
            "circle", "torch_cross_entropy", "cross_entropy", "torch_mse", "mse_loss", "mean_squared_error", "mean_absolute_error",
            "mean_absolute_percentage_error", "mean_squared_logarithmic_error");

    static Loss of(Case c) {
        c.demand("reduction", "sum_over_batch_size", "mean");
        var kind = Kinds.longest(KINDS, c.name());
        var logits = c.flag("from_logits", false);
        return switch (kind) {
            case "cce", "categorical_crossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.ROWS, c.number("label_smoothing", 0))
                    .withAxis(c.whole("axis", -1));
            case "sparse_cce", "sparse_categorical_crossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.CLASSES, 0).withAxis(c.whole("axis", -1))
                    .withIgnored(c.numbers("ignore_class"));
            // PyTorch's takes logits, whose classes stand behind the examples.
            case "torch_cross_entropy", "cross_entropy" -> torch(c, new CrossEntropy(true).withSmoothing(c.number("label_smoothing", 0))
                    .withAxis(c.array("y_pred").rank() > 2 ? 1 : -1).withIgnored(c.numbers("ignore_index", -100)));
            case "torch_mse", "mse_loss" -> torch(c, new Each(Loss.of("mse")));
            case "gce", "categorical_generalized_cross_entropy" -> GeneralizedCrossEntropy.of(c.number("q"), logits);
            case "circle" -> Circle.of().withGamma(c.number("gamma", 80)).withMargin(c.number("margin", 0.4)).withItself(!c.flag("remove_diagonal", true));
            case "bce", "binary_crossentropy" -> along(c, new BinaryCrossEntropy(logits, c.number("label_smoothing", 0)));
            case "binary_focal" -> along(c, new BinaryFocalCrossEntropy(c.number("gamma", 2), c.number("alpha", 0.25),
                    c.flag("apply_class_balancing", false), logits, c.number("label_smoothing", 0)));
            case "categorical_focal" -> along(c, new CategoricalFocalCrossEntropy(c.number("gamma", 2), c.number("alpha", 0.25), logits,
                    c.number("label_smoothing", 0)));
            case "huber" -> new Huber(c.number("delta", 1));
            case "cosine" -> new CosineSimilarity(c.whole("axis", -1));
            // Keras's α counts what was missed, and its β what is too much; its Dice is doubled above and below, but for ε.
            case "dice" -> new Whole(Overlap.dice().withEpsilon(0.5e-7).withStrict(true), axes(c));
            case "tversky" -> new Whole(Overlap.tversky(c.number("beta", 0.5), c.number("alpha", 0.5)).withStrict(true), axes(c));
            case "ctc" -> Ctc.of(true);
            default -> c.named(kind, Loss::of);
        };
    }

    private static long @Nullable [] axes(Case c) {
        return c.value("axis") == null ? null : c.numbers("axis");
    }

    /// Over the last axis, or another.
    private static Loss along(Case c, Loss loss) {
        return c.whole("axis", -1) == -1 ? loss : new Whole(loss, c.numbers("axis"));
    }

    private static Loss torch(Case c, Loss loss) {
        if (!c.convention().equals("torch")) throw new Unsupported("\"" + c.name() + "\" is known as one of PyTorch only.");
        return loss;
    }

    /// A loss of each number by itself.
    private record Each(Loss loss) implements Loss {
        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return loss.perExample(predicted.expandDims(-1), target.expandDims(-1));
        }

        @Override
        public String kind() {
            return loss.kind();
        }
    }

    /// A loss over these axes together, or all of them: one number for each place of the others.
    private record Whole(Loss loss, long @Nullable [] axes) implements Loss {
        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            var over = axes == null ? IntStream.range(0, predicted.rank()).toArray()
                    : Arrays.stream(axes).mapToInt(axis -> predicted.shape().axis((int) axis)).sorted().toArray();
            var kept = IntStream.range(0, predicted.rank()).filter(axis -> Arrays.stream(over).noneMatch(one -> one == axis)).toArray();
            var order = IntStream.concat(Arrays.stream(kept), Arrays.stream(over)).toArray();
            var dims = Arrays.stream(kept).mapToLong(axis -> predicted.shape().dim(axis)).toArray();
            long rows = Arrays.stream(dims).reduce(1, Math::multiplyExact);
            return loss.perExample(rows(predicted, order, rows), rows(target, order, rows)).reshape(dims);
        }

        private static Tensor rows(Tensor x, int[] order, long rows) {
            return x.transpose(order).reshape(rows, x.shape().size() / rows);
        }

        @Override
        public String kind() {
            return loss.kind();
        }
    }

    /// Classes as whole numbers, one for each row, where the loss wants these: Keras takes them in a column and as other numbers too.
    static Tensor target(Loss loss, Tensor predicted, Tensor target) {
        if (!(loss instanceof CrossEntropy entropy && entropy.labels() == CrossEntropy.Labels.CLASSES)) return target;
        var classes = target.cast(DType.I64);
        return classes.rank() == predicted.rank() ? classes.squeeze(-1) : classes;
    }

    private static void loss(Case c) {
        var loss = of(c);
        var predicted = c.array("y_pred");
        var target = target(loss, predicted, c.array("y_true"));
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
