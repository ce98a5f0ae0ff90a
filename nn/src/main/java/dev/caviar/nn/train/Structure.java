package dev.caviar.nn.train;

import dev.caviar.engine.graph.Diagram;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Regularized;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.TimeDistributed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How the layers of a model hang together, as far as it is known without tracing: layers of one's own are seen from outside only.
final class Structure {
    private Structure() {}

    /// All parts by path.
    static Map<String, Layer> paths(Layer model) {
        var out = new LinkedHashMap<String, Layer>();
        walk("", model, out);
        return out;
    }

    /// Throws [IllegalArgumentException] for a path that no part of the model has.
    static void check(Layer model, @Nullable State state, String... parts) {
        var known = paths(model).keySet();
        for (var part : parts) {
            boolean made = state != null && state.needs.params().keySet().stream().anyMatch(path -> path.startsWith(part + "/"));
            if (!known.contains(part) && !made) {
                throw new IllegalArgumentException("freeze: the model has no part \"" + part + "\"; it has " + known + ".\nMaybe look at "
                        + "summary(), or build the model first where it is of your own layers.");
            }
        }
    }

    /// Where a layer object stands in a model.
    static List<String> paths(Layer model, Layer wanted) {
        var all = paths(model);
        var found = all.entrySet().stream().filter(e -> e.getValue() == wanted).map(Map.Entry::getKey).toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("freeze: " + wanted + " is not a part of this model.\nMaybe name it: its parts are " + all.keySet() + ".");
        }
        return found;
    }

    private static void walk(String prefix, Layer layer, Map<String, Layer> out) {
        for (var step : functional(layer, 1).steps()) {
            if (step.layer() != layer && out.put(prefix + step.name(), step.layer()) == null) {
                walk(prefix + step.name() + "/", step.layer(), out);
            }
        }
    }

    /// Any layer as a graph of steps; one that is no graph is the only step.
    private static Functional functional(Layer layer, int inputs) {
        if (layer instanceof Functional functional) {
            return functional;
        }
        var slots = IntStream.range(0, inputs).mapToObj(i -> new Functional.Slot(i == 0 ? "input" : "input_" + i, Shape.SCALAR)).toList();
        var steps = new ArrayList<Functional.Step>();
        if (layer instanceof Sequential sequence) {
            for (var item : sequence.items()) {
                steps.add(new Functional.Step(item.name(), item.layer(), List.of(new Functional.Ref(steps.size() - 1, 0))));
            }
            return new Functional(slots, steps, List.of(new Functional.Ref(steps.size() - 1, 0)));
        }
        steps.add(new Functional.Step(layer.kind(), layer, IntStream.range(0, inputs).mapToObj(i -> new Functional.Ref(-1 - i, 0)).toList()));
        return new Functional(slots, steps, IntStream.range(0, layer.outputs()).mapToObj(i -> new Functional.Ref(0, i)).toList());
    }

    /// What is likely not meant, one sentence with advice each.
    static List<String> warnings(Layer model) {
        var out = new ArrayList<String>();
        warn("", model, true, out);
        return List.copyOf(out);
    }

    private static void warn(String prefix, Layer layer, boolean whole, List<String> out) {
        var graph = functional(layer, 1);
        var done = new ArrayList<String>();
        for (int i = 0; i < graph.steps().size(); i++) {
            var step = graph.steps().get(i);
            if (step.layer() == layer || done.contains(step.name())) {
                continue;
            }
            done.add(step.name());
            var path = prefix + step.name();
            var before = step.in().isEmpty() || step.in().getFirst().step() < 0 ? null : graph.steps().get(step.in().getFirst().step());
            if (step.layer() instanceof BatchNorm norm && norm.center() && before != null && biased(before.layer())) {
                out.add("\"" + prefix + before.name() + "\" has a bias, which \"" + path + "\" behind it cancels and replaces.\nMaybe use withBias(false).");
            }
            if ((step.layer() instanceof Softmax || step.layer() == Activation.SOFTMAX) && before != null && shares(before.layer())) {
                out.add("\"" + path + "\" is softmax of what \"" + prefix + before.name() + "\" made shares of 1 already.\nMaybe leave one of both out.");
            }
            if (single(step.layer(), before == null ? null : before.layer())) {
                out.add("\"" + path + "\" is softmax over a single unit, which is always 1.\nMaybe use sigmoid, or a unit for each class.");
            }
            if (whole && step.layer() instanceof Dropout && step.in().stream().anyMatch(ref -> ref.step() < 0)) {
                out.add("\"" + path + "\" drops parts of the input.\nMaybe drop only what hidden layers give.");
            }
            if (whole && step.layer() instanceof Dropout && last(graph, i)) {
                out.add("\"" + path + "\" drops parts of the output.\nMaybe drop only what hidden layers give.");
            }
            warn(path + "/", step.layer(), false, out);
        }
    }

    /// Whether what a step gives is a result of the model, but for an activation or a change of shape.
    private static boolean last(Functional graph, int step) {
        if (graph.results().stream().anyMatch(ref -> ref.step() == step)) {
            return true;
        }
        return IntStream.range(step + 1, graph.steps().size()).filter(i -> graph.steps().get(i).in().stream().anyMatch(ref -> ref.step() == step))
                .anyMatch(i -> graph.steps().get(i).layer() instanceof Activation && last(graph, i));
    }

    private static boolean single(Layer layer, @Nullable Layer before) {
        return layer instanceof Dense dense ? dense.units() == 1 && dense.activation() == Activation.SOFTMAX
                : layer == Activation.SOFTMAX && before instanceof Dense made && made.units() == 1;
    }

    private static boolean shares(Layer layer) {
        return layer.tail().map(tail -> tail.activation() == Activation.SOFTMAX).orElse(false);
    }

    /// Whether it ends in adding a bias: records of layers call that `bias`, and tell their last activation by their tail.
    private static boolean biased(Layer layer) {
        var inside = switch (layer) {
            case Sequential sequence -> sequence.items().getLast().layer();
            case TimeDistributed steps -> steps.layer();
            case Regularized regularized -> regularized.layer();
            default -> null;
        };
        if (inside != null) {
            return biased(inside);
        }
        if (!(layer instanceof Record) || layer.tail().map(Layer.Tail::activation).orElse(null) != Activation.LINEAR) {
            return false;
        }
        return Arrays.stream(layer.getClass().getRecordComponents()).filter(c -> c.getName().equals("bias") && c.getType() == boolean.class)
                .anyMatch(c -> {
                    try {
                        return (boolean) c.getAccessor().invoke(layer);
                    } catch (ReflectiveOperationException e) {
                        return false;       // another module's own layer, which keeps itself to itself
                    }
                });
    }

    /// A box for each layer, and for each input and output.
    static Diagram diagram(Layer model, DType dtype, List<Shape> inputs) {
        var graph = functional(model, inputs.size());
        var boxes = new ArrayList<Diagram.Box>();
        var arrows = new ArrayList<Diagram.Arrow>();
        for (int i = 0; i < inputs.size(); i++) {
            boxes.add(new Diagram.Box(graph.inputs().get(i).name(), List.of(inputs.get(i).toString()), Diagram.Kind.INPUT));
        }
        var types = new ArrayList<List<Type>>();
        var names = new ArrayList<String>();
        for (var step : graph.steps()) {
            var in = step.in().stream().map(ref -> type(ref, types, dtype, inputs)).toArray(Type[]::new);
            var needs = Needs.of(step.layer(), dtype, in);
            types.add(needs.outputs());
            step.in().forEach(ref -> arrows.add(arrow(ref, boxes.size(), types, dtype, inputs)));
            boxes.add(box(step, needs, names.contains(step.name())));
            names.add(step.name());
        }
        for (int i = 0; i < graph.results().size(); i++) {
            arrows.add(arrow(graph.results().get(i), boxes.size(), types, dtype, inputs));
            boxes.add(new Diagram.Box(graph.results().size() == 1 ? "output" : graph.names().get(i),
                    List.of(example(type(graph.results().get(i), types, dtype, inputs))), Diagram.Kind.OUTPUT));
        }
        return new Diagram("", boxes, arrows);
    }

    private static Diagram.Box box(Functional.Step step, Needs needs, boolean again) {
        var lines = new ArrayList<String>();
        lines.add(Layer.text(step.layer()));
        long numbers = Summary.count(needs.params(), "") + Summary.count(needs.states(), "");
        if (numbers > 0) {
            lines.add(again ? "shared" : String.format(Locale.ROOT, "%,d parameters", numbers));
        }
        return new Diagram.Box(step.name(), lines, Diagram.Kind.OP);
    }

    private static Diagram.Arrow arrow(Functional.Ref ref, int to, List<List<Type>> types, DType dtype, List<Shape> inputs) {
        return new Diagram.Arrow(ref.step() < 0 ? -1 - ref.step() : inputs.size() + ref.step(), to, example(type(ref, types, dtype, inputs)));
    }

    private static Type type(Functional.Ref ref, List<List<Type>> types, DType dtype, List<Shape> inputs) {
        return ref.step() < 0 ? new Type(dtype, inputs.get(-1 - ref.step()).insert(0, 1)) : types.get(ref.step()).get(ref.output());
    }

    private static String example(Type type) {
        return type.shape().without(List.of(0)).toString();
    }
}
