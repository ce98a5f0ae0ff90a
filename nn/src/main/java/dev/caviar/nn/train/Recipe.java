package dev.caviar.nn.train;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a model is trained with: the layers as computed, and a head for each output.
record Recipe(@Nullable Optimizer optimizer, Layer body, List<Head> heads) {
    Recipe {
        heads = List.copyOf(heads);
    }

    static Recipe of(Layer layer, @Nullable Optimizer optimizer, Loss loss, List<Metric> metrics) {
        return of(layer, optimizer, List.of(new Goal(loss, 1, metrics)));
    }

    /// Refuses a loss that does not fit what the model ends in, and another number of goals than outputs.
    static Recipe of(Layer layer, @Nullable Optimizer optimizer, List<Goal> goals) {
        var names = names(layer);
        if (goals.size() != names.size()) {
            throw new IllegalArgumentException("compile: the model has " + names.size() + " outputs, " + names + ", but " + goals.size()
                    + (goals.size() == 1 ? " loss was given." : " losses were given.") + "\nMaybe give a Goal for each output, in this order.");
        }
        var heads = new ArrayList<Head>();
        var body = layer;
        for (int i = 0; i < goals.size(); i++) {
            var joined = Head.of(body, i, names.get(i), goals.get(i));
            heads.add(joined.head());
            body = joined.body();
        }
        return new Recipe(optimizer, body, heads);
    }

    private static List<String> names(Layer layer) {
        if (layer instanceof Functional functional) {
            return functional.names();
        }
        var names = new ArrayList<String>();
        for (int i = 0; i < layer.outputs(); i++) {
            names.add("output_" + i);
        }
        return names;
    }

    /// The same with what lies inside the model computed once more for the gradients.
    Recipe recomputed() {
        return body instanceof Sequential layers ? new Recipe(optimizer, layers.recomputed(), heads) : this;
    }

    Recipe with(Optimizer other) {
        return new Recipe(other, body, heads);
    }

    /// The first head: the only one of most models.
    Head head() {
        return heads.getFirst();
    }

    boolean single() {
        return heads.size() == 1;
    }

    List<Goal> goals() {
        return heads.stream().map(head -> new Goal(head.given(), head.weight(), head.metrics())).toList();
    }

    /// The heads' weights as numbers of the step, where there are several.
    Map<String, Double> weights() {
        var weights = new LinkedHashMap<String, Double>();
        if (!single()) {
            heads.forEach(head -> weights.put(head.name(), head.weight()));
        }
        return weights;
    }

    /// What the model gives, from what the body gives.
    List<Tensor> outputs(List<Tensor> raw) {
        var out = new ArrayList<Tensor>();
        for (int i = 0; i < heads.size(); i++) {
            out.add(heads.get(i).output(raw.get(i)));
        }
        return out;
    }

    /// The loss of each example `[n]`, and where there are several heads those of each head after it.
    List<Tensor> losses(List<Tensor> raw, List<Tensor> y, Map<String, Tensor> weights) {
        if (single()) {
            return List.of(head().losses(raw.getFirst(), y.getFirst()));
        }
        var each = new ArrayList<Tensor>();
        Tensor sum = null;
        for (int i = 0; i < heads.size(); i++) {
            var losses = heads.get(i).losses(raw.get(i), y.get(i));
            var weighted = losses.mul(weights.get(heads.get(i).name()));
            each.add(losses);
            sum = sum == null ? weighted : sum.add(weighted);
        }
        each.addFirst(sum);
        return each;
    }

    /// The values of each metric for each example `[n]`, head by head.
    List<Tensor> measures(List<Tensor> raw, List<Tensor> y) {
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < heads.size(); i++) {
            all.addAll(heads.get(i).measures(raw.get(i), y.get(i)));
        }
        return all;
    }

    /// The names of what is logged: the loss, the loss of each of several heads, the metrics.
    List<String> names() {
        var names = new ArrayList<String>();
        names.add("loss");
        if (!single()) {
            heads.forEach(head -> names.add(head.name() + "_loss"));
        }
        heads.forEach(head -> head.metrics().forEach(metric -> names.add(single() ? metric.kind() : head.name() + "_" + metric.kind())));
        return names;
    }

    /// What is reported, given the means over the examples.
    double finish(int i, double mean) {
        int losses = single() ? 1 : 1 + heads.size();
        if (i < losses) {
            return mean;
        }
        return heads.stream().flatMap(head -> head.metrics().stream()).skip(i - losses).findFirst().orElseThrow().finish(mean);
    }
}
