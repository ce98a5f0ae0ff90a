package dev.caviar.nn.train;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A graph some of whose inputs never change again: what depends on them alone is computed here, once, and the rest takes it as inputs.
///
/// So the square root of batch norm's variance is not drawn anew for each batch.
///
/// @param graph  its inputs are those that may change, in their order, and then the values
/// @param values copies: the given buffers may change afterwards
record Frozen(Graph graph, List<Buffer> values) {
    /// How a known value is made: by an op of one output.
    private record Made(Node node, List<Tensor> in) {}

    /// What is known of a graph's nodes, the values that take more memory than what they are made of, and the values that unknown nodes read.
    private record Known(Map<Node, List<Tensor>> nodes, Map<Tensor, Made> spread, Map<Tensor, Integer> read, List<Array> order,
            Map<Tensor, Boolean> constants) {
        Known() {
            this(new IdentityHashMap<>(), new IdentityHashMap<>(), new IdentityHashMap<>(), new ArrayList<>(), new IdentityHashMap<>());
        }

        List<Tensor> evaluate(Node node, List<Tensor> in) {
            var values = node.op().apply(in);
            nodes.put(node, values);
            long read = in.stream().mapToLong(value -> value.type().bytes()).sum();
            if (values.size() == 1 && values.getFirst().type().bytes() > read) {
                spread.put(values.getFirst(), new Made(node, in));
            }
            return values;
        }

        /// What is spread over a batch, or widened for a product, is read faster where it is small: programs do both for nothing.
        void reads(Tensor value) {
            var made = spread.get(value);
            if (made != null) {
                made.in.forEach(this::reads);
            } else if (!constants.containsKey(value) && read.putIfAbsent(value, order.size()) == null) {
                order.add((Array) value);
            }
        }

        /// The same value in a trace whose inputs stand for what is read.
        Tensor symbol(Tensor value, List<Tensor> inputs) {
            var made = spread.get(value);
            if (made != null) {
                return made.node.op().apply(made.in.stream().map(each -> symbol(each, inputs)).toList()).getFirst();
            }
            var place = read.get(value);
            return place == null ? value : inputs.get(place);
        }
    }

    /// Freezes the inputs that have a buffer here; those that are empty may change.
    static Frozen of(Graph graph, List<Optional<Buffer>> inputs) {
        var arguments = inputs.stream().map(input -> input.<Tensor>map(buffer -> Tensor.wrap(State.copy(buffer)))).toList();
        var known = new Known();
        var outputs = graph.<Optional<Tensor>>fold(arguments, array -> {
            known.constants.put(array, true);
            return Optional.of(array);
        }, (node, in) -> {
            if (in.stream().allMatch(Optional::isPresent)) {
                return known.evaluate(node, in.stream().map(Optional::orElseThrow).toList()).stream().map(Optional::of).toList();
            }
            in.stream().flatMap(Optional::stream).forEach(known::reads);
            return node.out().stream().map(_ -> Optional.<Tensor>empty()).toList();
        });
        outputs.stream().flatMap(Optional::stream).forEach(known::reads);
        return new Frozen(rest(graph, arguments, known), known.order.stream().map(Array::buffer).toList());
    }

    private static Graph rest(Graph graph, List<Optional<Tensor>> arguments, Known known) {
        var types = new ArrayList<Type>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).isEmpty()) {
                types.add(graph.inputs().get(i).type());
            }
        }
        int free = types.size();
        known.order.forEach(value -> types.add(value.type()));
        return Trace.of(in -> {
            var given = in.iterator();
            var all = arguments.stream().map(argument -> argument.orElseGet(given::next)).toList();
            var values = in.subList(free, in.size());
            var outputs = graph.<Tensor>fold(all, array -> array, (node, operands) -> {
                var made = known.nodes.get(node);
                return made != null ? made : node.op().apply(operands.stream().map(value -> known.symbol(value, values)).toList());
            });
            return outputs.stream().map(value -> known.symbol(value, values)).toList();
        }, types);
    }
}
