package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/// Checks that a graph is one: what every pass may rely on and must leave behind.
///
/// Each op's outputs have the types that its rule gives for its inputs, and nothing refers to an input or an op that the graph
/// does not have.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh()), Type.of(DType.F32, 3));
/// boolean fine = Verify.holds(g);     // true, or an exception that names the op
/// ```
public final class Verify {
    private Verify() {}

    /// True, so that it can stand behind `assert`; throws [IllegalStateException] that names what is wrong.
    public static boolean holds(Graph graph) {
        Set<Tensor> inputs = Collections.newSetFromMap(new IdentityHashMap<>());
        inputs.addAll(graph.inputs());
        Set<Node> known = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var node : graph.nodes()) {
            for (var tensor : node.in()) {
                refers(node.op().label(), tensor, inputs, known);
            }
            var types = node.op().infer(node.in().stream().map(Tensor::type).toList());
            if (!types.equals(node.out())) {
                throw new IllegalStateException(node.op().label() + node.in().stream().map(Tensor::type).toList() + " gives " + types
                        + ", but the graph says " + node.out() + ".");
            }
            known.add(node);
        }
        for (var output : graph.outputs()) {
            refers("return", output, inputs, known);
        }
        return true;
    }

    private static void refers(String who, Tensor tensor, Set<Tensor> inputs, Set<Node> known) {
        if (tensor instanceof Sym sym) {
            var node = sym.node();
            Type type = sym.type();
            if (node == null ? !inputs.contains(sym) : !known.contains(node) || !node.out().get(sym.output()).equals(type)) {
                throw new IllegalStateException(who + " refers to " + type + ", which is "
                        + (node == null ? "no input of the graph." : "made by " + node.op().label() + ", which does not come before it."));
            }
        }
    }
}
