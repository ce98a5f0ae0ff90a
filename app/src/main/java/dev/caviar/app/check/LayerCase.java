package dev.caviar.app.check;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/// How a layer is compared: outputs `y…`, state `n_…` after the call, and the gradients `g_…` of Σ y·dy for inputs `x…` and
/// parameters `p_…`, where the case has them.
///
/// `training` is how it is called; `paths` gives the layer's path of a parameter or state, by the reference's name.
record LayerCase(Case c, boolean training, UnaryOperator<String> paths) {
    static LayerCase of(Case c) {
        return new LayerCase(c, false, UnaryOperator.identity());
    }

    LayerCase withTraining(boolean training) {
        return new LayerCase(c, training, paths);
    }

    LayerCase withPaths(UnaryOperator<String> paths) {
        return new LayerCase(c, training, paths);
    }

    void compare(Layer layer) {
        compareAll((s, x) -> List.of(layer.apply(s, x)));
    }

    /// The same for what has several outputs. Everything is computed twice: op by op, and as a compiled program; before that, shapes are
    /// compared by tracing alone, so that no settings whatever ask for more memory than the reference's arrays take.
    void compareAll(BiFunction<Scope, Tensor[], List<Tensor>> layer) {
        var given = new LinkedHashMap<String, Tensor>();
        given.putAll(c.numbered("x"));
        given.putAll(c.numbered("dy"));
        for (var prefix : List.of("p_", "s_")) c.prefixed(prefix).forEach((name, value) -> given.put(prefix + name, value));
        var names = List.copyOf(given.keySet());
        var labels = new ArrayList<String>();
        UnaryOperator<List<Tensor>> body = in -> {
            var named = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < in.size(); i++) named.put(names.get(i), in.get(i));
            labels.clear();
            return run(layer, named, labels);
        };
        var shapes = Trace.of(body::apply, given.values().stream().map(Tensor::type).toList()).outputs();
        for (int i = 0; i < labels.size(); i++) c.fits(labels.get(i), shapes.get(i), c.array(labels.get(i)));
        compare("", labels, body.apply(List.copyOf(given.values())));
        try (var compiled = Function.of(body::apply, Options.of())) {
            compare("compiled: ", labels, compiled.call(List.copyOf(given.values())));
        }
    }

    private void compare(String how, List<String> labels, List<Tensor> results) {
        for (int i = 0; i < labels.size(); i++) {
            var name = labels.get(i);
            c.close(how + name, results.get(i), c.array(name), name.startsWith("g_") ? c.layerSlopes() : c.outputs());
        }
    }

    /// Outputs, gradients and state, and in `labels` the arrays that they are to be equal to.
    private List<Tensor> run(BiFunction<Scope, Tensor[], List<Tensor>> layer, Map<String, Tensor> in, List<String> labels) {
        var values = new LinkedHashMap<String, Tensor>();
        in.forEach((name, value) -> {
            if (name.startsWith("p_") || name.startsWith("s_")) values.put(paths.apply(name.substring(2)), value);
        });
        // A scope takes its precision from what it holds.
        values.put("", Tensor.scalar(0, c.dtype()));
        var scope = Bound.of(values, Random.key(1), training);
        var watched = new LinkedHashMap<String, Tensor>();
        in.forEach((name, value) -> {
            var gradient = "g_" + name.replaceFirst("^p_", "");
            if (c.holds(gradient)) watched.put(gradient, value);
        });
        var results = new ArrayList<Tensor>();
        var slopes = Gradient.tape(tape -> {
            tape.watch(watched.values().toArray(Tensor[]::new));
            var y = layer.apply(scope, of("x", in).toArray(Tensor[]::new));
            labels.addAll(c.numbered("y").keySet());
            if (y.size() != labels.size()) throw new Mismatch("there are " + y.size() + " outputs, in the reference " + labels.size() + ".");
            results.addAll(y);
            return watched.isEmpty() ? List.<Tensor>of() : tape.gradient(y, of("dy", in), List.copyOf(watched.values()));
        });
        labels.addAll(watched.keySet());
        results.addAll(slopes);
        states(scope.updates(), in, labels, results);
        return results;
    }

    private static List<Tensor> of(String name, Map<String, Tensor> in) {
        return in.entrySet().stream().filter(one -> one.getKey().matches(name + "\\d*")).map(Map.Entry::getValue).toList();
    }

    /// A state that a call does not change is as before it.
    private void states(Map<String, Tensor> updates, Map<String, Tensor> in, List<String> labels, List<Tensor> results) {
        for (var name : c.prefixed("n_").keySet()) {
            var after = updates.getOrDefault(paths.apply(name), in.get("s_" + name));
            if (after == null) throw new Mismatch("there is no state " + name + ".");
            labels.add("n_" + name);
            results.add(after);
        }
        updates.keySet().forEach(path -> {
            if (in.keySet().stream().noneMatch(name -> name.startsWith("s_") && paths.apply(name.substring(2)).equals(path))) {
                throw new Mismatch("the reference has no state " + path + ".");
            }
        });
    }
}
