package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/// A function of tensors as data: its inputs, and outputs that remember how they are made.
///
/// `donated` names inputs whose memory an output takes over (input position to output position): the caller gives the
/// old value away, as a training step does with the weights.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).mul(2).tanh()), Type.of(DType.F32, 3));
/// System.out.println(g.print());
/// ```
public record Graph(List<Sym> inputs, List<Tensor> outputs, Map<Integer, Integer> donated) {
    public Graph {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        donated = Map.copyOf(donated);
        for (var pair : donated.entrySet()) {
            var given = inputs.get(pair.getKey()).type();
            var taken = outputs.get(pair.getValue()).type();
            if (!given.equals(taken)) {
                throw new IllegalArgumentException("Donated input " + pair.getKey() + " is " + given + ", but output "
                        + pair.getValue() + ", which should take its memory, is " + taken + ".");
            }
        }
    }

    /// This graph with inputs given away to outputs.
    public Graph withDonated(Map<Integer, Integer> pairs) {
        return new Graph(inputs, outputs, pairs);
    }

    /// The ops that the outputs need, each after its inputs, without recursion: graphs of unrolled loops are deep.
    public List<Node> nodes() {
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        var order = new ArrayList<Node>();
        var stack = new ArrayDeque<Node>();
        for (var output : outputs) {
            push(output, stack, done);
            while (!stack.isEmpty()) {
                var node = stack.peek();
                int before = stack.size();
                if (!done.contains(node)) {
                    for (int i = node.in().size() - 1; i >= 0; i--) {
                        push(node.in().get(i), stack, done);
                    }
                }
                if (stack.size() == before) {
                    stack.pop();
                    if (done.add(node)) {
                        order.add(node);
                    }
                }
            }
        }
        return order;
    }

    /// The inputs that the outputs depend on.
    public Set<Sym> used() {
        Set<Sym> used = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var node : nodes()) {
            for (var tensor : node.in()) {
                if (tensor instanceof Sym sym && sym.node() == null) {
                    used.add(sym);
                }
            }
        }
        for (var tensor : outputs) {
            if (tensor instanceof Sym sym && sym.node() == null) {
                used.add(sym);
            }
        }
        return used;
    }

    private static void push(Tensor tensor, ArrayDeque<Node> stack, Set<Node> done) {
        if (tensor instanceof Sym sym && sym.node() != null && !done.contains(sym.node())) {
            stack.push(sym.node());
        }
    }

    /// What a fold does with each op: gives the values of its outputs from those of its inputs.
    public interface Rule<V> {
        List<V> node(Node node, List<V> in);
    }

    /// Goes through the graph once, from the inputs' values to the outputs'. What a rule writes has the node's own origin. `constant` gives the value of an array.
    public <V> List<V> fold(List<V> arguments, Function<Array, V> constant, Rule<V> rule) {
        var values = new IdentityHashMap<Node, List<V>>();
        var given = new IdentityHashMap<Sym, V>();
        for (int i = 0; i < inputs.size(); i++) {
            given.put(inputs.get(i), arguments.get(i));
        }
        Function<Tensor, V> look = tensor -> switch (tensor) {
            case Array array -> constant.apply(array);
            case Sym sym -> {
                var node = sym.node();
                yield node == null ? given.get(sym) : values.get(node).get(sym.output());
            }
        };
        for (var node : nodes()) {
            values.put(node, node.origin().scoped(() -> rule.node(node, node.in().stream().map(look).toList())));
        }
        return outputs.stream().map(look).toList();
    }

    /// The outputs for these arguments under the current interpreter.
    public List<Tensor> apply(List<? extends Tensor> arguments) {
        return this.<Tensor>fold(List.copyOf(arguments), array -> array, (node, in) -> node.op().apply(in));
    }

    /// This graph for inputs of these types, which give lengths that were unknown. Throws [IllegalArgumentException] that
    /// names the input where one does not fit.
    public Graph specialise(List<Type> types) {
        var lengths = new HashMap<Long, Long>();
        for (int i = 0; i < types.size(); i++) {
            bind(i, inputs.get(i).type(), types.get(i), lengths);
        }
        LongUnaryOperator known = dim -> dim < 0 ? lengths.getOrDefault(dim, dim) : dim;
        return Trace.of(arguments -> this.<Tensor>fold(arguments, array -> array,
                (node, in) -> node.op().withDims(known).apply(in)), types).withDonated(donated);
    }

    private static void bind(int i, Type declared, Type actual, Map<Long, Long> lengths) {
        boolean fits = declared.dtype() == actual.dtype() && declared.shape().rank() == actual.shape().rank();
        for (int axis = 0; fits && axis < declared.shape().rank(); axis++) {
            long want = declared.shape().dim(axis);
            long have = actual.shape().dim(axis);
            fits = want < 0 ? lengths.computeIfAbsent(want, _ -> have) == have : want == have;
        }
        if (!fits) {
            throw new IllegalArgumentException("Input " + i + " is declared as " + declared + " but was given " + actual + ".");
        }
    }

    /// The graph as text, one line per op, inputs first. Equal graphs print alike.
    public String print() {
        return new Printer(this).print();
    }

    /// The graph as boxes and arrows, to be drawn.
    public Diagram diagram() {
        return new Printer(this).diagram();
    }

    /// A digest of all that decides what the graph computes: types, ops with their attributes, constants to the last bit,
    /// outputs and donations, but not the lines that asked for the ops. Graphs of equal fingerprints may share a program.
    public String fingerprint() {
        return Fingerprint.of(this);
    }

    @Override
    public String toString() {
        return print();
    }
}
