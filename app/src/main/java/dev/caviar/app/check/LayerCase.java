package dev.caviar.app.check;

import dev.caviar.engine.grad.Gradient;
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
/// `training` is how it is called; `paths` gives the layer's path of a parameter or state, by the reference's name; `slopes` is how far gradients
/// may be off.
record LayerCase(Case c, boolean training, UnaryOperator<String> paths, double slopes) {
    static LayerCase of(Case c) {
        return new LayerCase(c, false, UnaryOperator.identity(), c.slopes());
    }

    LayerCase withTraining(boolean training) {
        return new LayerCase(c, training, paths, slopes);
    }

    LayerCase withPaths(UnaryOperator<String> paths) {
        return new LayerCase(c, training, paths, slopes);
    }

    /// Where the reference's own gradients are rounded, at least this tolerance.
    LayerCase withRounded(double tolerance) {
        return new LayerCase(c, training, paths, Math.max(slopes, tolerance));
    }

    void compare(Layer layer) {
        compareAll((s, x) -> List.of(layer.apply(s, x)));
    }

    /// The same for what has several outputs.
    void compareAll(BiFunction<Scope, Tensor[], List<Tensor>> layer) {
        var inputs = c.numbered("x");
        var params = c.prefixed("p_");
        var states = c.prefixed("s_");
        var values = new LinkedHashMap<String, Tensor>();
        params.forEach((name, value) -> values.put(paths.apply(name), value));
        states.forEach((name, value) -> values.put(paths.apply(name), value));
        // A scope takes its precision from what it holds.
        values.put("", Tensor.scalar(0, c.dtype()));
        var scope = Bound.of(values, Random.key(1), training);
        var watched = new LinkedHashMap<String, Tensor>();
        inputs.forEach((name, value) -> watch(watched, name, value));
        params.forEach((name, value) -> watch(watched, name, value));
        var slopes = Gradient.tape(tape -> {
            tape.watch(watched.values().toArray(Tensor[]::new));
            var y = layer.apply(scope, inputs.values().toArray(Tensor[]::new));
            outputs(y);
            return watched.isEmpty() ? List.<Tensor>of() : tape.gradient(y, List.copyOf(c.numbered("dy").values()), List.copyOf(watched.values()));
        });
        var names = new ArrayList<>(watched.keySet());
        for (int i = 0; i < slopes.size(); i++) c.close("g_" + names.get(i), slopes.get(i), c.array("g_" + names.get(i)), this.slopes);
        states(scope.updates(), states);
    }

    private void watch(Map<String, Tensor> watched, String name, Tensor value) {
        if (c.holds("g_" + name)) watched.put(name, value);
    }

    private void outputs(List<Tensor> y) {
        var expected = List.copyOf(c.numbered("y").keySet());
        if (y.size() != expected.size()) throw new Mismatch("there are " + y.size() + " outputs, in the reference " + expected.size() + ".");
        for (int i = 0; i < y.size(); i++) c.output(y.get(i), expected.get(i));
    }

    /// A state that a call does not change is as before it.
    private void states(Map<String, Tensor> updates, Map<String, Tensor> before) {
        for (var name : c.prefixed("n_").keySet()) {
            var after = updates.getOrDefault(paths.apply(name), before.get(name));
            if (after == null) throw new Mismatch("there is no state " + name + ".");
            c.output(after, "n_" + name);
        }
        updates.keySet().forEach(path -> {
            if (before.keySet().stream().noneMatch(name -> paths.apply(name).equals(path))) throw new Mismatch("the reference has no state " + path + ".");
        });
    }
}
