package dev.caviar.nn.train;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model is trained with: the loss as given, and as computed, where a last softmax or sigmoid is taken together
/// with the loss of its logits.
record Recipe(@Nullable Optimizer optimizer, Loss given, Loss loss, Layer body, @Nullable Activation last, List<Metric> metrics) {
    Recipe {
        metrics = List.copyOf(metrics);
    }

    /// Refuses a loss that does not fit what the model ends in.
    static Recipe of(Layer layer, @Nullable Optimizer optimizer, Loss loss, List<Metric> metrics) {
        var link = loss.link();
        var tail = layer.tail().orElse(null);
        if (link == null || tail == null) {
            return new Recipe(optimizer, loss, loss, layer, null, metrics);
        }
        var last = tail.activation();
        if (loss.fromLogits() && last == link) {
            throw new IllegalArgumentException("compile: the model ends in " + last.kind() + ", but the loss " + loss.kind()
                    + " takes logits and would apply it again.\nMaybe use " + loss.kind().replace("_from_logits", "")
                    + ", or end the model without an activation.");
        }
        if (!loss.fromLogits() && last == Activation.LINEAR) {
            throw new IllegalArgumentException("compile: the loss " + loss.kind() + " takes probabilities, but the model ends in "
                    + "a linear layer.\nMaybe end the model in " + link.kind() + ", or use " + loss.onLogits().kind() + ".");
        }
        return !loss.fromLogits() && last == link
                ? new Recipe(optimizer, loss, loss.onLogits(), tail.body(), last, metrics)
                : new Recipe(optimizer, loss, loss, layer, null, metrics);
    }

    /// The same with what lies inside the model computed once more for the gradients.
    Recipe recomputed() {
        return body instanceof Sequential layers ? new Recipe(optimizer, given, loss, layers.recomputed(), last, metrics) : this;
    }

    Recipe with(Optimizer other) {
        return new Recipe(other, given, loss, body, last, metrics);
    }

    /// What the model gives, from what the body gives.
    Tensor output(Tensor raw) {
        return last == null ? raw : last.on(raw);
    }

    /// What metrics see: probabilities where they can be made.
    Tensor predicted(Tensor raw) {
        var link = loss.link();
        return last == null && loss.fromLogits() && link != null ? link.on(raw) : output(raw);
    }

    /// The loss of each example `[n]`.
    Tensor losses(Tensor raw, Tensor y) {
        return perExample(loss.perExample(raw, y));
    }

    /// The values of each metric for each example `[n]`.
    List<Tensor> measures(Tensor raw, Tensor y) {
        var predicted = predicted(raw);
        boolean ranked = loss.link() == Activation.SOFTMAX && raw.shape().dim(-1) > 1;
        return metrics.stream().map(metric -> perExample(metric.perExample(ranked && metric.ranks() ? raw : predicted, y))).toList();
    }

    private static Tensor perExample(Tensor each) {
        return each.rank() <= 1 ? each : each.reshape(each.shape().dim(0), each.shape().size() / each.shape().dim(0)).mean(1);
    }

    /// The names of what is logged.
    List<String> names() {
        var names = new ArrayList<String>();
        names.add("loss");
        metrics.forEach(metric -> names.add(metric.kind()));
        return names;
    }

    /// What is reported, given the means over the examples.
    double finish(int i, double mean) {
        return i == 0 ? mean : metrics.get(i - 1).finish(mean);
    }
}
