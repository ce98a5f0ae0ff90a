package dev.caviar.nn.layer;

import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a layer asks for when it is given inputs of some types, each by path in the order of asking; `carried` are those states that begin
/// anew with each epoch, `masked` says of each output whether a mask tells which of its steps count.
///
/// Found by tracing the layer once; nothing is computed.
///
/// ```java
/// var needs = Needs.of(Dense.of(10), DType.F32, Type.of(DType.F32, 1, 64));
/// long numbers = needs.params().get("kernel").type().shape().size();      // 640
/// ```
public record Needs(Map<String, Wish> params, Map<String, Wish> states, Set<String> carried, Map<String, Double> scalars, List<Part> parts,
        List<Type> outputs, List<Boolean> masked, Map<String, Constraint> constraints) {
    /// A tensor that is asked for, and how it begins.
    ///
    /// ```java
    /// var bias = new Needs.Wish(Type.of(DType.F32, 10), Init.zeros());
    /// ```
    public record Wish(Type type, Init init) {}

    /// A named part without parts of its own, with the types of what it takes and gives.
    ///
    /// ```java
    /// var part = new Needs.Part("dense", Dense.of(10), List.of(Type.of(DType.F32, 1, 64)), List.of(Type.of(DType.F32, 1, 10)));
    /// ```
    public record Part(String path, Layer layer, List<Type> in, List<Type> out) {
        /// The first output.
        public Type output() {
            return out.getFirst();
        }
    }

    public Needs {
        params = Collections.unmodifiableMap(new LinkedHashMap<>(params));
        states = Collections.unmodifiableMap(new LinkedHashMap<>(states));
        carried = Collections.unmodifiableSet(new LinkedHashSet<>(carried));
        scalars = Collections.unmodifiableMap(new LinkedHashMap<>(scalars));
        parts = List.copyOf(parts);
        outputs = List.copyOf(outputs);
        masked = List.copyOf(masked);
        constraints = Map.copyOf(constraints);
    }

    /// The type of the first output.
    public Type output() {
        return outputs.getFirst();
    }

    /// What a step of training asks for, which includes what inference does.
    public static Needs of(Layer layer, DType dtype, Type... in) {
        var params = new LinkedHashMap<String, Wish>();
        var states = new LinkedHashMap<String, Wish>();
        var carried = new LinkedHashSet<String>();
        var scalars = new LinkedHashMap<String, Double>();
        var parts = new ArrayList<Part>();
        var constraints = new LinkedHashMap<String, Constraint>();
        var trace = Trace.open();
        var made = new LinkedHashMap<String, Tensor>();
        var source = new Bound.Source() {
            @Override
            public Tensor param(String path, Shape shape, Init init) {
                return ask(params, path, shape, init);
            }

            @Override
            public Tensor state(String path, Shape shape, Init init) {
                return ask(states, path, shape, init);
            }

            @Override
            public Tensor carried(String path, Shape shape) {
                carried.add(path);
                return state(path, shape, Init.zeros());
            }

            private Tensor ask(Map<String, Wish> wishes, String path, Shape shape, Init init) {
                var type = new Type(dtype, shape);
                var before = wishes.putIfAbsent(path, new Wish(type, init));
                if (before != null && !before.type().equals(type)) {
                    throw new ShapeException(path + " is " + before.type().shape() + " but is asked for again as " + shape
                            + ".\nMaybe two parts have the same name, or a shared layer is used on inputs of different sizes.");
                }
                return made.computeIfAbsent(path, _ -> trace.input(type));
            }

            @Override
            public Tensor scalar(String path, double value) {
                scalars.put(path, value);
                return made.computeIfAbsent(path, _ -> trace.input(Type.of(dtype)));
            }

            @Override
            public void constrain(String path, Constraint constraint) {
                constraints.put(path, constraint);
            }

            @Override
            public void applied(String path, Layer part, List<Tensor> in, List<Tensor> out) {
                if (parts.stream().noneMatch(p -> p.path.startsWith(path + "/"))) {
                    parts.add(new Part(path, part, in.stream().map(Tensor::type).toList(), out.stream().map(Tensor::type).toList()));
                }
            }
        };
        var inputs = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) {
            inputs[i] = trace.input(in[i]);
        }
        var scope = Bound.of(source, trace.input(Random.KEY), true, dtype);
        var outputs = trace.scoped(() -> layer.applyAll(scope, inputs));
        return new Needs(params, states, carried, scalars, parts, outputs.stream().map(Tensor::type).toList(),
                outputs.stream().map(output -> scope.mask(output) != null).toList(), constraints);
    }

    /// The first values of all parameters and states, each drawn by the seed and its own path alone.
    public Map<String, Tensor> initial(long seed) {
        var key = Random.key(seed);
        var out = new LinkedHashMap<String, Tensor>();
        params.forEach((path, wish) -> out.put(path, wish.init.tensor(wish.type, Init.keyFor(key, path))));
        states.forEach((path, wish) -> out.put(path, wish.init.tensor(wish.type, Init.keyFor(key, path))));
        return out;
    }
}
