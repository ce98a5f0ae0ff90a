package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Layers that feed each other along a graph without circles, with several inputs and outputs where wanted.
///
/// One layer object that is used several times has one set of weights. Names are those given to [Layer#on(String, Symbolic...)],
/// else made of the layer's kind: `dense`, `dense_1`, … in the order in which outputs need them.
///
/// ```java
/// var left = Input.of("left", 8);
/// var right = Input.of("right", 8);
/// var encoder = Dense.of(4, "tanh");                       // shared: one kernel
/// Layer difference = (s, x) -> x[0].sub(x[1]).square();
/// var distance = Dense.of(1, "sigmoid").on(difference.on(encoder.on(left), encoder.on(right)));
/// var net = Functional.of(List.of(left, right), List.of(distance));
/// ```
public record Functional(List<Slot> inputs, List<Step> steps, List<Ref> results) implements Layer {
    /// A named input and the shape of one example of it, in which −1 is any length.
    ///
    /// ```java
    /// var slot = new Functional.Slot("image", Shape.of(28, 28));
    /// ```
    public record Slot(String name, Shape shape) {}

    /// One use of a layer; equal names are the same weights.
    ///
    /// ```java
    /// var step = new Functional.Step("dense", Dense.of(3), List.of(new Functional.Ref(-1, 0)));    // on the first input
    /// ```
    public record Step(String name, Layer layer, List<Ref> in) {
        public Step {
            in = List.copyOf(in);
            if (name.isEmpty() || name.contains("/")) {
                throw new IllegalArgumentException("A layer cannot be named \"" + name + "\": a name is not empty and has no /.\nMaybe use _ instead.");
            }
        }
    }

    /// Where a tensor comes from: output `output` of a step, or for −1, −2, … the first, second, … input.
    ///
    /// ```java
    /// var second = new Functional.Ref(-2, 0);
    /// ```
    public record Ref(int step, int output) {}

    public Functional {
        inputs = List.copyOf(inputs);
        steps = List.copyOf(steps);
        results = List.copyOf(results);
        if (inputs.isEmpty() || results.isEmpty()) {
            throw new IllegalArgumentException("Functional of " + inputs.size() + " inputs and " + results.size()
                    + " outputs: it needs one of each or more.");
        }
        for (int i = 0; i < steps.size(); i++) {
            check(steps.get(i).in, i, inputs.size());
        }
        check(results, steps.size(), inputs.size());
    }

    private static void check(List<Ref> refs, int before, int inputs) {
        for (var ref : refs) {
            if (ref.step >= before || ref.step < -inputs || ref.output < 0) {
                throw new IllegalArgumentException("Functional: " + ref + " stands in step " + before + " of " + inputs + " inputs.");
            }
        }
    }

    /// The graph between these inputs and outputs. Throws [IllegalArgumentException] where the outputs need an input that is
    /// not listed, or do not need one that is, and where two layers have one name.
    public static Functional of(List<Input> inputs, List<? extends Symbolic> outputs) {
        return new Building(inputs).build(outputs);
    }

    /// The same with one output.
    public static Functional of(Input input, Symbolic output) {
        return of(List.of(input), List.of(output));
    }

    private static final class Building {
        private final List<Input> inputs;
        private final Map<Symbolic.Call, Integer> places = new IdentityHashMap<>();
        private final List<Symbolic.Call> order = new ArrayList<>();
        private final Map<Layer, String> named = new IdentityHashMap<>();
        private final Set<String> taken = new HashSet<>();
        private final Map<String, Integer> counts = new HashMap<>();
        private final Set<Input> reached = Collections.newSetFromMap(new IdentityHashMap<>());

        Building(List<Input> inputs) {
            this.inputs = inputs;
        }

        Functional build(List<? extends Symbolic> outputs) {
            outputs.forEach(this::visit);
            for (var input : inputs) {
                if (!reached.contains(input)) {
                    throw new IllegalArgumentException("Functional: no output depends on " + input + ".\nMaybe leave it out.");
                }
            }
            order.stream().filter(call -> !call.name().isEmpty()).forEach(this::given);
            var steps = order.stream().map(call -> new Step(name(call), call.layer(), call.in().stream().map(this::ref).toList())).toList();
            var slots = IntStream.range(0, inputs.size())
                    .mapToObj(i -> new Slot(inputs.get(i).name().isEmpty() ? i == 0 ? "input" : "input_" + i : inputs.get(i).name(),
                            inputs.get(i).shape())).toList();
            return new Functional(slots, steps, outputs.stream().map(this::ref).toList());
        }

        /// Each call after those that it needs, without recursion.
        private void visit(Symbolic output) {
            var stack = new ArrayDeque<Symbolic>(List.of(output));
            while (!stack.isEmpty()) {
                switch (stack.peek()) {
                    case Input input -> {
                        stack.pop();
                        if (inputs.stream().noneMatch(one -> one == input)) {
                            throw new IllegalArgumentException("Functional: the outputs depend on " + input + ", which is not among the "
                                    + "inputs " + inputs + ".\nMaybe list it too.");
                        }
                        reached.add(input);
                    }
                    case Symbolic.Applied(var call, _) -> {
                        var missing = call.in().stream().filter(in -> !known(in)).toList();
                        if (places.containsKey(call) || missing.isEmpty()) {
                            stack.pop();
                            if (places.putIfAbsent(call, order.size()) == null) {
                                order.add(call);
                            }
                        } else {
                            missing.reversed().forEach(stack::push);
                        }
                    }
                }
            }
        }

        private boolean known(Symbolic in) {
            return switch (in) {
                case Input input -> reached.contains(input);
                case Symbolic.Applied(var call, _) -> places.containsKey(call);
            };
        }

        private void given(Symbolic.Call call) {
            var before = named.putIfAbsent(call.layer(), call.name());
            if (before != null && !before.equals(call.name())) {
                throw new IllegalArgumentException("Functional: one " + call.layer() + " is named \"" + before + "\" and \"" + call.name()
                        + "\".\nMaybe make a layer of its own for each, since one that is shared has one name.");
            }
            if (before == null && !taken.add(call.name())) {
                throw new IllegalArgumentException("Functional: two layers are named \"" + call.name() + "\".\nMaybe share one layer object.");
            }
        }

        /// Constants such as an activation have no weights to share, so each use has a name of its own.
        private String name(Symbolic.Call call) {
            if (!call.name().isEmpty()) {
                return call.name();
            }
            var kind = call.layer().kind();
            return call.layer() instanceof Enum ? fresh(kind) : named.computeIfAbsent(call.layer(), _ -> fresh(kind));
        }

        private String fresh(String kind) {
            while (true) {
                int before = counts.merge(kind, 1, Integer::sum) - 1;
                var name = before == 0 ? kind : kind + "_" + before;
                if (taken.add(name)) {
                    return name;
                }
            }
        }

        private Ref ref(Symbolic tensor) {
            return switch (tensor) {
                case Input input -> new Ref(-1 - IntStream.range(0, inputs.size()).filter(i -> inputs.get(i) == input).findFirst().orElseThrow(), 0);
                case Symbolic.Applied(var call, int output) -> new Ref(places.get(call), output);
            };
        }
    }

    @Override
    public int outputs() {
        return results.size();
    }

    /// What its outputs are called: by the layers that make them.
    public List<String> names() {
        return results.stream().map(ref -> ref.step < 0 ? inputs.get(-1 - ref.step).name
                : steps.get(ref.step).name + (ref.output == 0 ? "" : "_" + ref.output)).toList();
    }

    /// The only output; throws [ShapeException] where there are several.
    @Override
    public Tensor apply(Scope s, Tensor... x) {
        if (results.size() > 1) {
            throw new ShapeException("it has the outputs " + names() + ", where one is needed.\nMaybe take one of all(...).");
        }
        return applyAll(s, x).getFirst();
    }

    @Override
    public List<Tensor> applyAll(Scope s, Tensor... x) {
        check(x);
        var values = new ArrayList<List<Tensor>>();
        for (var step : steps) {
            var in = step.in.stream().map(ref -> value(ref, values, x)).toArray(Tensor[]::new);
            values.add(s.callAll(step.name, step.layer, in));
        }
        return results.stream().map(ref -> value(ref, values, x)).toList();
    }

    private void check(Tensor... x) {
        if (x.length != inputs.size()) {
            throw new ShapeException("it takes " + inputs.size() + " inputs, " + inputs.stream().map(Slot::name).toList() + ", not " + x.length
                    + ".\nMaybe give Examples of as many features.");
        }
        for (int i = 0; i < x.length; i++) {
            var wanted = inputs.get(i).shape;
            var given = x[i].shape();
            boolean fits = given.rank() == wanted.rank() + 1;
            for (int axis = 0; fits && axis < wanted.rank(); axis++) {
                fits = wanted.dim(axis) < 0 || wanted.dim(axis) == given.dim(axis + 1);
            }
            if (!fits) {
                throw new ShapeException("the input \"" + inputs.get(i).name + "\" takes examples of shape " + wanted + ", these are "
                        + given.without(List.of(0)) + ".\nMaybe the inputs are in another order, or from another data set.");
            }
        }
    }

    private static Tensor value(Ref ref, List<List<Tensor>> values, Tensor... x) {
        return ref.step < 0 ? x[-1 - ref.step] : values.get(ref.step).get(ref.output);
    }

    @Override
    public Optional<Tail> tail() {
        return results.size() == 1 ? tail(0) : Optional.empty();
    }

    /// Known where nothing else reads what the last layer of this output gives, and its weights are not shared.
    @Override
    public Optional<Tail> tail(int output) {
        int last = results.get(output).step;
        if (last < 0 || results.get(output).output > 0 || uses(last) > 1
                || steps.stream().filter(step -> step.name.equals(steps.get(last).name)).count() > 1) {
            return Optional.empty();
        }
        var step = steps.get(last);
        return step.layer.tail().map(tail -> {
            var changed = new ArrayList<>(steps);
            changed.set(last, new Step(step.name, tail.body(), step.in));
            return new Tail(new Functional(inputs, changed, results), tail.activation());
        });
    }

    private long uses(int step) {
        return steps.stream().flatMap(s -> s.in.stream()).filter(ref -> ref.step == step).count()
                + results.stream().filter(ref -> ref.step == step).count();
    }

    @Override
    public String toString() {
        return inputs.stream().map(Slot::name).collect(Collectors.joining(", ", "Functional(", " -> "))
                + names().stream().collect(Collectors.joining(", ")) + ")";
    }
}
