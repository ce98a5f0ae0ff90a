package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The order in which ops are placed: one that keeps little alive.
///
/// What leads to the outputs that depend on the fewest ops comes first: so a weight's update follows its gradient, before the gradient
/// goes on to the layer below, and the activation that it was made from ends there. Of an op's operands the one that takes the
/// longest way comes first (Sethi & Ullman 1970): a dropout mask is drawn where it is used and not at the start.
final class Schedule {
    private final Map<Node, Integer> depth = new IdentityHashMap<>();
    private final Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Node> order = new ArrayList<>();

    private Schedule() {}

    /// The graph's ops, each after its operands.
    static List<Node> of(Graph graph) {
        var schedule = new Schedule();
        for (var node : graph.nodes()) {
            schedule.depth.put(node, 1 + node.in().stream().mapToInt(schedule::depth).max().orElse(0));
        }
        graph.outputs().stream().sorted(Comparator.comparingInt(schedule::depth)).forEach(schedule::place);
        return schedule.order;
    }

    private int depth(Tensor tensor) {
        return tensor instanceof Sym sym && sym.node() instanceof Node node ? depth.get(node) : 0;
    }

    /// All that a tensor needs and is not placed yet, without recursion: graphs of unrolled loops are deep.
    private void place(Tensor output) {
        var stack = new ArrayDeque<Node>();
        push(output, stack);
        while (!stack.isEmpty()) {
            var node = stack.peek();
            int before = stack.size();
            if (!done.contains(node)) {
                node.in().stream().sorted(Comparator.comparingInt(this::depth)).forEach(tensor -> push(tensor, stack));
            }
            if (stack.size() == before) {
                stack.pop();
                if (done.add(node)) {
                    order.add(node);
                }
            }
        }
    }

    private void push(Tensor tensor, ArrayDeque<Node> stack) {
        if (tensor instanceof Sym sym && sym.node() instanceof Node node && !done.contains(node)) {
            stack.push(node);
        }
    }
}
