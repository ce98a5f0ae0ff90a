package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import java.util.List;
import java.util.function.Function;

/// A compiled graph before it has memory: units in order and where everything will lie. Immutable; programs that are made from it
/// at the same time share it and nothing else.
record Blueprint(Graph graph, List<Unit> order, Layout layout, Options options, Function<Unit, Step> step) {
    Program program() {
        return new PlannedProgram(graph, order.stream().map(step).toList(), layout, options);
    }
}
