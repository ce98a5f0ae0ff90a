package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.View;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Where each tensor of a graph lies. Reshapes are no work: they share their input's slot.
final class Values {
    private final Map<Sym, Slot> inputs = new IdentityHashMap<>();
    private final Map<Array, Slot> constants = new IdentityHashMap<>();
    private final Map<Node, List<Slot>> made = new IdentityHashMap<>();

    Values(Graph graph) {
        for (int i = 0; i < graph.inputs().size(); i++) {
            inputs.put(graph.inputs().get(i), Slot.input(graph.inputs().get(i).type(), i));
        }
        for (var node : graph.nodes()) {
            if (!(node.op() instanceof View)) {
                made.put(node, node.out().stream().map(Slot::made).toList());
            }
        }
    }

    /// What must have been computed before a tensor may be read, though it is not read itself.
    void awaited(Tensor tensor, Set<Slot> found) {
        var at = tensor;
        while (at instanceof Sym sym && sym.node() instanceof Node node && node.op() instanceof View) {
            if (node.op() instanceof View.After) {
                found.add(slot(node.in().get(1)));
            }
            at = node.in().getFirst();
        }
    }

    /// The tensor behind reshapes.
    static Tensor root(Tensor tensor) {
        var at = tensor;
        while (at instanceof Sym sym && sym.node() instanceof Node node && node.op() instanceof View) {
            at = node.in().getFirst();
        }
        return at;
    }

    Slot slot(Tensor tensor) {
        return switch (root(tensor)) {
            case Array array -> constants.computeIfAbsent(array, Slot::constant);
            case Sym sym -> {
                var node = sym.node();
                yield node == null ? inputs.get(sym) : made.get(node).get(sym.output());
            }
        };
    }

    List<Slot> slots(Node node) {
        return made.get(node);
    }

    Slot input(Sym sym) {
        return inputs.get(sym);
    }

    /// How an elementwise op over `n` elements sees a tensor.
    enum Mode {
        /// Element by element.
        FULL,
        /// One number for all.
        SCALAR,
        /// Element `i mod inner`: a row that is repeated.
        ROW,
        /// Element `i / inner`: one number for each row.
        COLUMN
    }

    /// How one slice of a group walks a slot, and how many elements further it begins in the next slice.
    record Walk(Mode mode, long step) {}

    /// An operand of a group: whose elements, and how they are walked; where it is repeated in the middle, in how many slices.
    record Operand(Slot slot, Walk walk, long inner, long slices) {
        Operand(Slot slot, Mode mode, long inner) {
            this(slot, new Walk(mode, 0), inner, 1);
        }

        Mode mode() {
            return walk.mode;
        }

        Operand with(Mode mode, long step) {
            return new Operand(slot, new Walk(mode, step), inner, slices);
        }

        /// Whether it is one row that is repeated for all others.
        boolean row(long length) {
            return mode() == Mode.ROW && inner == length && slices == 1;
        }
    }

    /// Sees through expansions: what they repeat is read again and again instead of being written out.
    Operand operand(Tensor tensor, long n) {
        var at = root(tensor);
        if (at instanceof Sym sym && sym.node() instanceof Node node && node.op() instanceof Move.Expand expand) {
            var source = operand(node.in().getFirst(), 1);
            if (node.in().getFirst().shape().size() == 1) {
                return new Operand(source.slot, Mode.SCALAR, 0);
            }
            return repeated(expand, slot(node.in().getFirst()), slot(tensor));
        }
        return new Operand(slot(tensor), n > 1 && tensor.shape().size() == 1 ? Mode.SCALAR : Mode.FULL, 0);
    }

    private static Operand repeated(Move.Expand expand, Slot source, Slot whole) {
        var stretches = expand.stretches();
        boolean column = !stretches.isEmpty() && stretches.getLast().fresh();
        long inner = stretches.isEmpty() ? 0 : stretches.getLast().length();
        return switch (stretches.size()) {
            case 2 -> new Operand(source, column ? Mode.COLUMN : Mode.ROW, inner);
            case 3 -> new Operand(source, column ? new Walk(Mode.COLUMN, 0) : new Walk(Mode.ROW, inner), inner, stretches.getFirst().length());
            default -> new Operand(stretches.size() > 3 ? whole : source, Mode.FULL, 0);
        };
    }
}
