package dev.caviar.nn.train;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
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
import java.util.function.UnaryOperator;
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

    /// The loss of each example `[n]`, of a sequence the mean over its steps. Of steps that a mask counts it is such that the mean over the batch is
    /// the mean over all steps that count, as in Keras: their sum over `lengths` of the mask, the number of such steps in an example on average.
    Tensor losses(Tensor raw, @Nullable Tensor mask, Tensor y, Map<String, Tensor> numbers, UnaryOperator<Tensor> lengths) {
        var own = new HashMap<String, Tensor>();
        loss.numbers().keySet().forEach(number -> own.put(number, numbers.get(name + ":" + number)));
        var each = loss.perExample(raw, y, mask, own);
        var counts = loss.counted(raw, y);
        if (counts != null) {
            return those(each, mask != null && prefixed(each, mask) ? counts.and(spread(mask, counts)) : counts, lengths);
        }
        var counted = mask == null ? null : steps(each, mask);
        return counted == null ? perExample(each) : counted.div(lengths.apply(mask.cast(each.dtype())));
    }

    /// The losses that count of each example, together, such that the mean over the batch is the mean over all that count.
    private static Tensor those(Tensor each, Tensor counts, UnaryOperator<Tensor> lengths) {
        long n = each.shape().dim(0);
        var flat = counts.where(each, Tensor.scalar(0, each.dtype())).reshape(n, each.shape().size() / Math.max(1, n));
        return flat.sum(1).div(lengths.apply(counts.cast(each.dtype()).reshape(flat.shape())));
    }

    private static Tensor spread(Tensor mask, Tensor like) {
        var wide = mask;
        while (wide.rank() < like.rank()) {
            wide = wide.expandDims(-1);
        }
        return wide.expandTo(like.shape());
    }

    private static boolean prefixed(Tensor each, Tensor mask) {
        return each.rank() > 1 && each.shape().dims().subList(0, 2).equals(mask.shape().dims());
    }

    /// How many steps a mask `[n, steps]` of zeros and ones counts, over the number of examples; never 0.
    static Tensor lengths(Tensor mask) {
        return mask.sum().max(1).div(mask.shape().dim(0));
    }

    /// The values of each metric for each example, `[n]` or `[n, width]`; where [#counted], the sums over the steps that count, and their number
    /// behind them, both times the example's weight where the metric is weighted.
    List<Tensor> measures(Tensor raw, @Nullable Tensor mask, Tensor y, @Nullable Tensor weights) {
        var predicted = predicted(raw);
        boolean ranked = loss.link() == Activation.SOFTMAX && raw.shape().dim(-1) > 1;
        return metrics.stream().map(metric -> {
            var p = ranked && metric.ranks() ? raw : predicted;
            boolean wide = metric.width(p.shape()) > 1;
            if (!counted(metric, p.shape(), mask != null)) {
                return (wide ? Meter.rows(metric, p, y) : perExample(metric.perExample(p, y))).cast(raw.dtype());
            }
            var each = metric.perExample(p, y, mask);
            var sums = (wide ? sumsAndNumber(each, mask) : sumAndNumber(each, mask)).cast(raw.dtype());
            return metric.weighted() && weights != null ? weighted(sums, weights) : sums;
        }).toList();
    }

    /// Each row by its weight; what counts for nothing may be anything, also NaN.
    private static Tensor weighted(Tensor rows, Tensor weights) {
        var each = weights.cast(rows.dtype()).reshape(rows.shape().dim(0), 1);
        return each.gt(0).where(rows.mul(each), Tensor.scalar(0, rows.dtype()));
    }

    /// Whether a metric of these outputs, with a mask or without, is kept as sums over steps and the number of these.
    static boolean counted(Metric metric, Shape output, boolean masked) {
        return masked || metric.weighted() || metric.width(output) > 1 && output.rank() > 2;
    }

    /// Of rows for each step, `[n, …, width]`: their sums over the steps that count, and behind them how many these are.
    private static Tensor sumsAndNumber(Tensor each, @Nullable Tensor mask) {
        long n = each.shape().dim(0);
        long width = each.shape().dim(-1);
        var counts = mask != null && each.rank() > 2 && prefixed(each, mask) ? spread(mask, each) : null;
        var kept = counts == null ? each : counts.where(each, Tensor.scalar(0, each.dtype()));
        var rows = kept.reshape(n, each.shape().size() / n / width, width);
        var numbers = counts == null ? Tensor.full(rows.shape().dim(1), Type.of(each.dtype(), n, 1))
                : counts.cast(each.dtype()).reshape(rows.shape()).slice(2, 0, 1).sum(1);
        return Tensor.concat(1, rows.sum(1), numbers);
    }

    private static Tensor perExample(Tensor each) {
        long n = each.shape().dim(0);
        return each.rank() <= 1 ? each : each.reshape(n, each.shape().size() / n).mean(1);
    }

    /// The sum over the steps that count, `[n]`; null where there is no value for each step.
    private static @Nullable Tensor steps(Tensor each, Tensor mask) {
        if (!prefixed(each, mask)) {
            return null;
        }
        long n = each.shape().dim(0);
        var steps = each.rank() == 2 ? each : each.reshape(n, each.shape().dim(1), each.shape().size() / n / each.shape().dim(1)).mean(2);
        return mask.where(steps, Tensor.scalar(0, each.dtype())).sum(1);
    }

    private static Tensor sumAndNumber(Tensor each, @Nullable Tensor mask) {
        var sum = mask == null ? null : steps(each, mask);
        return sum == null || mask == null ? Tensor.stack(1, perExample(each), Tensor.full(1, perExample(each).type()))
                : Tensor.stack(1, sum, mask.cast(sum.dtype()).sum(1));
    }
}
