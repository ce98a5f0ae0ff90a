package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Inline;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Turns graphs into programs.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh()), Type.of(DType.F32, 3));
/// try (Program program = Compiler.compile(g, Options.of())) {
///     System.out.println(program.graph());
/// }
/// ```
public final class Compiler {
    private Compiler() {}

    /// Compiles a graph whose lengths are all known; throws [IllegalArgumentException] where one is not.
    public static Program compile(Graph graph, Options options) {
        for (var input : graph.inputs()) {
            if (!input.shape().known()) {
                throw new IllegalArgumentException("compile: the input " + input.type() + " has an unknown length.\n"
                        + "Maybe specialise() the graph for the types it will run on.");
            }
        }
        // Calls first: what follows sees ops only, and none whose operands need another order of axes.
        var inlined = Inline.apply(graph);
        var values = new Values(inlined);
        // Groups before memory: what lives inside a group needs no place in the arena.
        var order = Fusion.apply(inlined, values);
        var needed = needed(inlined, values, order);
        order.forEach(unit -> unit.writes.removeIf(slot -> unit instanceof Unit.Fused && !needed.contains(slot)));
        var layout = Layout.of(inlined, values, order);
        var donors = donors(inlined, values);
        var steps = order.stream().map(unit -> step(unit, values, needed, donors, options)).toList();
        return new PlannedProgram(graph, values, steps, layout, options);
    }

    private static Set<Slot> needed(Graph graph, Values values, List<Unit> order) {
        var needed = Collections.<Slot>newSetFromMap(new IdentityHashMap<>());
        graph.outputs().forEach(tensor -> needed.add(values.slot(tensor)));
        order.forEach(unit -> needed.addAll(unit.reads));
        return needed;
    }

    /// For each output slot that takes over an input's memory, that input's slot.
    private static Map<Slot, Slot> donors(Graph graph, Values values) {
        var donors = new HashMap<Slot, Slot>();
        graph.donated().forEach((in, out) -> {
            var slot = values.slot(graph.outputs().get(out));
            if (slot.output == out) {
                donors.put(slot, values.input(graph.inputs().get(in)));
            }
        });
        return donors;
    }

    private static Step step(Unit unit, Values values, Set<Slot> needed, Map<Slot, Slot> donors, Options options) {
        return switch (unit) {
            case Unit.Single single -> new SingleStep(single, values, options.provider());
            case Unit.Product product -> new ProductStep(product, options.provider(), options.threads());
            case Unit.Fused fused -> new FusedStep(fused, Code.of(fused, values, needed, donors), options.provider(), options.threads());
        };
    }
}
