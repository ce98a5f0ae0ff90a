package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.tensor.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Lets groups compute again what is cheap, instead of one storing it for the other: memory is slower than arithmetic.
///
/// ```
/// before   A: x̂ = (x − mean)·factor -> memory;  … sums over x̂        B: dx = … x̂ …
/// after    A: x̂ = (x − mean)·factor;  … sums over x̂                  B: x̂ = (x − mean)·factor;  dx = … x̂ …
/// ```
///
/// Only from what the reader reads anyway, or from the program's inputs: nothing has to be kept longer or stored for it.
final class Recomputation {
    /// Fewer elements stay in the cache until they are read.
    private static final long MANY = 1 << 16;
    /// What is computed again takes at most so many operations on vectors.
    private static final int CHEAP = 4;

    private final Values values;
    private final Set<Slot> outputs;
    private final Set<Slot> lasting = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Unit> units;

    private Recomputation(Graph graph, Values values, Set<Slot> outputs, List<Unit> units) {
        this.values = values;
        this.outputs = outputs;
        this.units = new ArrayList<>(units);
        for (int i = 0; i < graph.inputs().size(); i++) {
            if (!graph.donated().containsKey(i)) {
                lasting.add(values.input(graph.inputs().get(i)));
            }
        }
    }

    /// Puts units that compute more and read less in the place of some; `outputs` are the slots that the caller wants. Afterwards nobody may read
    /// what a unit makes.
    static void apply(Graph graph, Values values, Set<Slot> outputs, List<Unit> units) {
        var all = new Recomputation(graph, values, outputs, units);
        for (int i = 0; i < units.size(); i++) {
            if (all.units.get(i) instanceof Unit.Fused made && made.n >= MANY) {
                made.nodes.forEach(node -> all.spare(made, node));
            }
        }
    }

    /// Spares the store of a node's result, where all who read it can do without.
    private void spare(Unit.Fused made, Node node) {
        var slot = values.slots(node).getFirst();
        var readers = units.stream().filter(unit -> unit.reads.contains(slot)).toList();
        if (made.again.contains(node) || made.mode(node) != Mode.FULL || outputs.contains(slot) || readers.isEmpty()) {
            return;
        }
        var joined = new ArrayList<Unit.Fused>();
        for (var reader : readers) {
            var with = reader instanceof Unit.Fused fused && fused != made ? joined(made, node, fused) : null;
            if (with == null || reader.waits.contains(slot)) {
                return;
            }
            joined.add(with);
        }
        for (int i = 0; i < readers.size(); i++) {
            replace((Unit.Fused) readers.get(i), joined.get(i));
        }
    }

    /// The reader with all that leads to a node's result; null where that is dear or needs what would have to be kept.
    private Unit.@Nullable Fused joined(Unit.Fused made, Node node, Unit.Fused reader) {
        var chain = chain(made, node, reader);
        if (chain == null) {
            return null;
        }
        Unit.Fused all = null;
        for (var each : chain) {
            var one = Groups.of(each, values);
            all = one == null ? null : all == null ? one : Groups.joined(all, one, values);
            if (all == null) {
                return null;
            }
        }
        var joined = all == null ? null : Groups.joined(all, reader, values);
        if (joined != null) {
            joined.again.addAll(chain);
            joined.again.addAll(reader.again);
        }
        return joined;
    }

    /// The ops that a result is made by from what is there anyway, in order; null where they are dear or other things are needed.
    private @Nullable List<Node> chain(Unit.Fused made, Node node, Unit.Fused reader) {
        var needed = Collections.<Node>newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<>(List.of(node));
        int weight = 0;
        while (!stack.isEmpty()) {
            var at = stack.pop();
            if (!needed.add(at)) {
                continue;
            }
            weight += Weights.of(at);
            if (weight > CHEAP) {
                return null;
            }
            for (var tensor : at.in()) {
                var operand = Groups.operand(values, made, at, tensor);
                if (operand.slot().producer == made && operand.mode() == Mode.FULL) {
                    stack.push(maker(made, operand.slot()));
                } else if (operand.mode() == Mode.FULL && !lasting.contains(operand.slot()) && !reader.reads.contains(operand.slot())) {
                    return null;
                }
            }
        }
        // What the reader computes again already, it need not twice.
        return made.nodes.stream().filter(needed::contains).filter(each -> !reader.nodes.contains(each)).toList();
    }

    private Node maker(Unit.Fused made, Slot slot) {
        return made.nodes.stream().filter(node -> values.slots(node).getFirst() == slot).findFirst().orElseThrow();
    }

    private void replace(Unit.Fused reader, Unit.Fused joined) {
        joined.position = reader.position;
        joined.ops.addAll(reader.ops);
        joined.waits.addAll(reader.waits);
        joined.writes.addAll(reader.writes);
        joined.writes.forEach(slot -> slot.producer = joined);
        joined.read(values);
        units.set(units.indexOf(reader), joined);
    }
}
