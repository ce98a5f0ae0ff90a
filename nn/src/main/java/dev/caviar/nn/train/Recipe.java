package dev.caviar.nn.train;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// What a model is trained with: the layers as computed, and a head for each output.
record Recipe(@Nullable Optimizer optimizer, Layer body, List<Head> heads, List<Double> classWeights, boolean recompute) {
    Recipe {
        heads = List.copyOf(heads);
        classWeights = List.copyOf(classWeights);
        if (!classWeights.isEmpty() && heads.size() > 1) {
            throw new IllegalArgumentException("fit: class weights are for a model of one output, this one has " + heads.size()
                    + ".\nMaybe give the examples weights of their own: examples.withWeights(...).");
        }
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
        return new Recipe(optimizer, body, heads, List.of(), false);
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
    Recipe withRecompute(boolean recompute) {
        return new Recipe(optimizer, body, heads, classWeights, recompute);
    }

    Recipe with(Optimizer other) {
        return new Recipe(other, body, heads, classWeights, recompute);
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

    /// The same with what an example of each class counts for; of classes beyond the last one, 1.
    Recipe withClassWeights(List<Double> weights) {
        return new Recipe(optimizer, body, heads, weights, recompute);
    }

    /// Numbers of the step: what several heads count for, those of the losses, and what classes count for.
    Map<String, Double> numbers() {
        var numbers = new LinkedHashMap<String, Double>();
        for (var head : heads) {
            if (!single()) {
                numbers.put(head.name(), head.weight());
            }
            head.loss().numbers().forEach((name, value) -> numbers.put(head.name() + ":" + name, value));
        }
        for (int i = 0; i < classWeights.size(); i++) {
            numbers.put("class " + i, classWeights.get(i));
        }
        return numbers;
    }

    /// What the model gives, from what the body gives.
    List<Tensor> outputs(List<Tensor> raw) {
        var out = new ArrayList<Tensor>();
        for (int i = 0; i < heads.size(); i++) {
            out.add(heads.get(i).output(raw.get(i)));
        }
        return out;
    }

    /// Which steps of what the body gave count, output by output.
    static List<Optional<Tensor>> masks(Scope scope, List<Tensor> raw) {
        return raw.stream().map(each -> Optional.ofNullable(scope.mask(each))).toList();
    }

    /// The loss of each example `[n]`, and where there are several heads those of each head after it. Labels that are left over are the
    /// examples' weights; classes have theirs in training only. For `lengths` see [Head#losses].
    List<Tensor> losses(List<Tensor> raw, List<Optional<Tensor>> masks, List<Tensor> y, Map<String, Tensor> numbers, boolean training,
            UnaryOperator<Tensor> lengths) {
        var each = new ArrayList<Tensor>();
        Tensor sum = null;
        for (int i = 0; i < heads.size(); i++) {
            var losses = heads.get(i).losses(raw.get(i), masks.get(i).orElse(null), y.get(i), numbers, lengths);
            var weights = weights(i, y, numbers, training, losses.dtype());
            losses = weights == null ? losses : losses.mul(weights);
            each.add(losses);
            var weighted = single() ? losses : losses.mul(numbers.get(heads.get(i).name()));
            sum = sum == null ? weighted : sum.add(weighted);
        }
        if (!single()) {
            each.addFirst(sum);
        }
        return each;
    }

    /// What each example counts for in one output's loss and in metrics that ask for it; null for all alike.
    private @Nullable Tensor weights(int i, List<Tensor> y, Map<String, Tensor> numbers, boolean training, DType dtype) {
        var own = y.size() > heads.size() ? y.getLast().cast(dtype) : null;
        if (!training || classWeights.isEmpty()) {
            return own;
        }
        var classes = classWeights(y.get(i), numbers).cast(dtype);
        return own == null ? classes : classes.mul(own);
    }

    /// What each example counts for, by its class: an integer, a yes or no, or the largest of a row.
    private Tensor classWeights(Tensor y, Map<String, Tensor> numbers) {
        var weights = new ArrayList<Tensor>();
        for (int i = 0; i < classWeights.size(); i++) {
            weights.add(numbers.get("class " + i));
        }
        weights.add(Tensor.scalar(1, weights.getFirst().dtype()));
        var classes = y.rank() == 2 && y.shape().dim(1) > 1 ? y.argmax(1) : y.reshape(y.shape().dim(0)).cast(DType.I64);
        return Tensor.stack(0, weights.toArray(Tensor[]::new)).gather(classes.min(classWeights.size()));
    }

    /// The values of each metric for each example, see [Head#measures], head by head.
    List<Tensor> measures(List<Tensor> raw, List<Optional<Tensor>> masks, List<Tensor> y, Map<String, Tensor> numbers, boolean training) {
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < heads.size(); i++) {
            all.addAll(heads.get(i).measures(raw.get(i), masks.get(i).orElse(null), y.get(i), weights(i, y, numbers, training, raw.get(i).dtype())));
        }
        return all;
    }

    /// The names of what is logged: the loss, the loss of each of several heads, the metrics; of several metrics of one kind the second ends in `_1`, as in Keras.
    List<String> names() {
        var names = new ArrayList<String>();
        names.add("loss");
        if (!single()) {
            heads.forEach(head -> names.add(head.name() + "_loss"));
        }
        heads.forEach(head -> head.metrics().forEach(metric -> names.add(unlike(names, single() ? metric.kind() : head.name() + "_" + metric.kind()))));
        return names;
    }

    private static String unlike(List<String> names, String wanted) {
        int i = 0;
        while (names.contains(i == 0 ? wanted : wanted + "_" + i)) {
            i++;
        }
        return i == 0 ? wanted : wanted + "_" + i;
    }

    /// What is reported, given the means over what was seen.
    double finish(int i, double[] means, Metric.Seen seen) {
        int losses = single() ? 1 : 1 + heads.size();
        if (i < losses) {
            return means[0];
        }
        return heads.stream().flatMap(head -> head.metrics().stream()).skip(i - losses).findFirst().orElseThrow().finish(means, seen);
    }
}
