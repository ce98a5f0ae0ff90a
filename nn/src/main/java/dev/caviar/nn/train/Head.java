package dev.caviar.nn.train;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Meter;
import dev.caviar.nn.metric.Metric;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How one output of a model is judged: its loss as given, and as computed, where a last softmax or sigmoid (`last`) is taken together
/// with the loss of its logits; and what its loss counts for in the sum of all.
record Head(String name, Loss given, Loss loss, @Nullable Activation last, List<Metric> metrics, double weight) {
    /// Activations that give probabilities.
    private static final Set<Activation> SHARES = Set.of(Activation.SOFTMAX, Activation.SIGMOID, Activation.HARD_SIGMOID, Activation.SPARSE_SIGMOID);

    Head {
        metrics = List.copyOf(metrics);
    }

    /// A head with the layers that it leaves to compute.
    record Joined(Head head, Layer body) {}

    /// Refuses a loss that does not fit what the output ends in.
    static Joined of(Layer layer, int output, String name, Goal goal) {
        var loss = goal.loss();
        var plain = new Head(name, loss, loss, null, goal.metrics(), goal.weight());
        var link = loss.link();
        var tail = layer.tail(output).orElse(null);
        if (link == null || tail == null) {
            return new Joined(plain, layer);
        }
        var last = tail.activation();
        var which = layer.outputs() == 1 ? "the model" : "the output \"" + name + "\"";
        if (loss.fromLogits() && (last == link || last == Activation.SOFTMAX || last == Activation.SIGMOID)) {
            throw new IllegalArgumentException("compile: " + which + " ends in " + last.kind() + ", but the loss " + loss.kind()
                    + " takes logits and would apply it again.\nMaybe use " + loss.kind().replace("_from_logits", "")
                    + ", or end the model without an activation.");
        }
        if (!loss.fromLogits() && !SHARES.contains(last)) {
            throw new IllegalArgumentException("compile: the loss " + loss.kind() + " takes probabilities, but " + which + " ends in "
                    + (last == Activation.LINEAR ? "a linear layer" : last.kind()) + ".\nMaybe end the model in " + link.kind() + ", or use "
                    + loss.onLogits().kind() + (last == Activation.LINEAR ? "." : " behind a linear layer."));
        }
        return !loss.fromLogits() && last == link
                ? new Joined(new Head(name, loss, loss.onLogits(), last, goal.metrics(), goal.weight()), tail.body())
                : new Joined(plain, layer);
    }

    /// What the model gives, from what the body gives.
    Tensor output(Tensor raw) {
        return last == null ? raw : last.on(raw);
    }

    /// What metrics see: probabilities where they can be made.
    private Tensor predicted(Tensor raw) {
        var link = loss.link();
        return last == null && loss.fromLogits() && link != null ? link.on(raw) : output(raw);
    }

    /// The loss of each example `[n]`; of a sequence the mean over those steps that the mask says.
    Tensor losses(Tensor raw, @Nullable Tensor mask, Tensor y, Map<String, Tensor> numbers) {
        var own = new HashMap<String, Tensor>();
        loss.numbers().keySet().forEach(number -> own.put(number, numbers.get(name + ":" + number)));
        return perExample(loss.perExample(raw, y, mask, own), mask);
    }

    /// The values of each metric for each example, `[n]` or `[n, width]`.
    List<Tensor> measures(Tensor raw, @Nullable Tensor mask, Tensor y) {
        var predicted = predicted(raw);
        boolean ranked = loss.link() == Activation.SOFTMAX && raw.shape().dim(-1) > 1;
        return metrics.stream().map(metric -> {
            var p = ranked && metric.ranks() ? raw : predicted;
            return (metric.width(p.shape()) == 1 ? perExample(metric.perExample(p, y), mask) : Meter.rows(metric, p, y)).cast(raw.dtype());
        }).toList();
    }

    private static Tensor perExample(Tensor each, @Nullable Tensor mask) {
        if (each.rank() <= 1) {
            return each;
        }
        long n = each.shape().dim(0);
        if (mask == null || !each.shape().dims().subList(0, 2).equals(mask.shape().dims())) {
            return each.reshape(n, each.shape().size() / n).mean(1);
        }
        var steps = each.rank() == 2 ? each : each.reshape(n, each.shape().dim(1), each.shape().size() / n / each.shape().dim(1)).mean(2);
        var counted = mask.cast(each.dtype()).sum(1).max(1);
        return mask.where(steps, Tensor.scalar(0, each.dtype())).sum(1).div(counted);
    }
}
