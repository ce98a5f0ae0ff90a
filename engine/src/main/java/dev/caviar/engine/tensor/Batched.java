package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What a batch rule is given: the inputs of K calls of one op at once. An input that differs from call to call has the
/// calls as one more axis in front; the others are shared. The rule gives each output with that axis in front.
///
/// ```java
/// // The rule of a transposition: the new axis stays where it is.
/// static List<Tensor> transpose(Batched b) {
///     return new Move.Transpose(List.of(0, 2, 1)).apply(b.in());
/// }
/// ```
///
/// @param values the inputs, at least one of which has the axis
/// @param k      how many calls there are
public record Batched(List<Value> values, int k) {
    /// A tensor, and whether it has the axis of the calls in front.
    ///
    /// ```java
    /// var shared = new Batched.Value(Tensor.ones(3), false);
    /// var each = new Batched.Value(Tensor.ones(16, 3), true);
    /// ```
    public record Value(Tensor tensor, boolean over) {
        /// The type that a single call sees.
        public Type single() {
            return over ? tensor.type().withShape(tensor.shape().without(List.of(0))) : tensor.type();
        }
    }

    public Batched {
        values = List.copyOf(values);
    }

    /// K calls of an op as one. What depends on nothing that differs is computed once.
    public static List<Value> apply(Op op, List<Value> in, int k) {
        boolean over = in.stream().anyMatch(Value::over);
        var out = over ? op.batch(new Batched(in, k)) : op.apply(in.stream().map(Value::tensor).toList());
        return out.stream().map(tensor -> new Value(tensor, over)).toList();
    }

    /// The inputs as they are.
    public List<Tensor> in() {
        return values.stream().map(Value::tensor).toList();
    }

    public Tensor in(int i) {
        return values.get(i).tensor;
    }

    /// Whether input `i` has the axis of the calls.
    public boolean over(int i) {
        return values.get(i).over;
    }

    /// Input `i` with the axis of the calls: what is shared is repeated.
    public Tensor wide(int i) {
        return wide(values.get(i), k);
    }

    /// All inputs with the axis of the calls.
    public List<Tensor> wide() {
        return IntStream.range(0, values.size()).mapToObj(this::wide).toList();
    }

    /// A value with the axis of the calls.
    public static Tensor wide(Value value, int k) {
        return value.over ? value.tensor : new Move.Expand(value.tensor.shape().insert(0, k), List.of(0)).on(value.tensor);
    }

    /// Axes of a single call, as axes behind that of the calls.
    public static List<Integer> after(List<Integer> axes) {
        return axes.stream().map(axis -> axis + 1).toList();
    }

    /// A single call's shape with the axis of the calls.
    public Shape after(Shape shape) {
        return shape.insert(0, k);
    }

    /// Each call by itself, one after the other: the rule of last resort.
    public List<Tensor> slices(Op op) {
        var parts = new ArrayList<List<Tensor>>();
        for (int call = 0; call < k; call++) {
            var in = new ArrayList<Tensor>();
            for (var value : values) {
                in.add(value.over ? value.tensor.slice(0, call, call + 1).reshape(value.single().shape()) : value.tensor);
            }
            parts.add(op.apply(in));
        }
        return IntStream.range(0, parts.getFirst().size())
                .mapToObj(output -> Tensor.stack(0, parts.stream().map(part -> part.get(output)).toArray(Tensor[]::new))).toList();
    }

    /// The ops of a body, each by its own rule.
    public List<Tensor> through(Body body) {
        var recorder = new Abstract();
        List<Tensor> symbols = values.stream().<Tensor>map(value -> Sym.input(value.single(), recorder)).toList();
        var outputs = recorder.scoped(() -> body.apply(symbols));
        Map<Tensor, Value> known = new IdentityHashMap<>();
        for (int i = 0; i < symbols.size(); i++) {
            known.put(symbols.get(i), values.get(i));
        }
        for (var call : recorder.calls()) {
            var in = call.in().stream().map(tensor -> known.getOrDefault(tensor, new Value(tensor, false))).toList();
            var out = apply(call.op(), in, k);
            for (int i = 0; i < out.size(); i++) {
                known.put(call.out().get(i), out.get(i));
            }
        }
        return outputs.stream().map(tensor -> wide(known.getOrDefault(tensor, new Value(tensor, false)), k)).toList();
    }
}
