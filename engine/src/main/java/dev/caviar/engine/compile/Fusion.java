package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Binary;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Unary;
import dev.caviar.engine.tensor.View;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Decides what runs together: a bias and a relu join the product before them, elementwise ops over the same elements
/// join each other, and expansions vanish into the walk of their readers.
final class Fusion {
    private final Graph graph;
    private final Values values;
    private final Map<Node, Unit> units = new IdentityHashMap<>();
    private final Map<Slot, Integer> uses = new IdentityHashMap<>();
    private final Set<Slot> outputs = Collections.newSetFromMap(new IdentityHashMap<>());

    private Fusion(Graph graph, Values values) {
        this.graph = graph;
        this.values = values;
    }

    /// The units in an order in which each comes after what it reads and, where possible, after the last reader of an
    /// input whose memory it takes over.
    static List<Unit> apply(Graph graph, Values values) {
        var fusion = new Fusion(graph, values);
        var nodes = read(graph);
        fusion.count(nodes);
        for (int i = 0; i < nodes.size(); i++) {
            fusion.place(nodes.get(i), i);
        }
        Sliding.joinBiasGradients(fusion.units, values);
        nodes.forEach(fusion::reduction);
        nodes.forEach(fusion::merge);
        nodes.forEach(node -> fusion.units.get(node).ops.add(node));
        Recomputation.apply(graph, values, fusion.outputs, fusion.live());
        var live = fusion.live();
        live.forEach(unit -> {
            if (unit instanceof Unit.Fused fused) {
                fused.settle(values);
            }
        });
        return fusion.ordered(Chain.apply(live, fusion.outputs));
    }

    /// Each op on its own, in the same order.
    static List<Unit> apart(Graph graph, Values values) {
        var fusion = new Fusion(graph, values);
        var nodes = Schedule.of(graph).stream().filter(node -> !(node.op() instanceof View)).toList();
        fusion.count(nodes);
        for (int i = 0; i < nodes.size(); i++) {
            fusion.settle(new Unit.Single(nodes.get(i)), nodes.get(i), i);
        }
        nodes.forEach(node -> fusion.units.get(node).ops.add(node));
        return fusion.ordered(fusion.live());
    }

    /// The nodes that somebody reads: a product does not read the casts that widen its operands.
    private static List<Node> read(Graph graph) {
        var order = Schedule.of(graph);
        var nodes = order.stream().filter(node -> !(node.op() instanceof View)).toList();
        var read = Collections.<Node>newSetFromMap(new IdentityHashMap<>());
        graph.outputs().forEach(tensor -> read(tensor, read));
        order.stream().filter(node -> node.op() instanceof View).forEach(node -> node.in().forEach(tensor -> read(tensor, read)));
        nodes.forEach(node -> operands(node).forEach(tensor -> read(tensor, read)));
        return nodes.stream().filter(read::contains).toList();
    }

    private static void read(Tensor tensor, Set<Node> read) {
        if (tensor instanceof Sym sym && sym.node() instanceof Node node) {
            read.add(node);
        }
    }

    private static List<Tensor> operands(Node node) {
        return node.op() instanceof Contract ? factors(node) : node.in();
    }

    private void count(List<Node> nodes) {
        for (var node : nodes) {
            for (var tensor : operands(node)) {
                uses.merge(values.slot(tensor), 1, Integer::sum);
            }
        }
        for (var tensor : graph.outputs()) {
            outputs.add(values.slot(tensor));
        }
    }

    private void place(Node node, int position) {
        Unit unit;
        if (node.op() instanceof Contract contract) {
            var in = factors(node);
            var spec = contract.plan(in.get(0).type(), in.get(1).type()).spec().withOut(node.out().getFirst().dtype());
            var left = shared(in.get(0), spec.a(), spec.batch(), spec.m() * spec.k());
            var right = left == null ? shared(in.get(1), spec.b(), spec.batch(), spec.k() * spec.n()) : null;
            unit = new Unit.Product(left != null ? left : values.slot(in.get(0)), right != null ? right : values.slot(in.get(1)),
                    left != null ? spec.withShared(true) : right != null ? spec.withShared(false) : spec, values.slots(node).getFirst());
        } else if (follows(node) instanceof Unit.Product product) {
            unit = product;
        } else if (Sliding.unit(node, values, this::only) instanceof Unit sliding) {
            unit = sliding;
        } else if (node.op().lane() != null && Groups.of(node, values) instanceof Unit.Fused fused) {
            fused.read(values);
            unit = fused;
        } else {
            unit = new Unit.Single(node);
        }
        settle(unit, node, position);
    }

    /// The one matrix that is repeated for all slices of a product; null where the operand has one for each.
    private @Nullable Slot shared(Tensor tensor, GemmSpec.Strides strides, long batch, long size) {
        return batch > 1 && strides.batch() == size && values.operand(tensor, batch * size) instanceof Values.Operand operand && operand.row(size)
                ? operand.slot() : null;
    }

    private void settle(Unit unit, Node node, int position) {
        unit.position = position;
        units.put(node, unit);
        if (!(unit instanceof Unit.Fused)) {
            for (var tensor : node.in()) {
                unit.reads.add(values.slot(tensor));
            }
        }
        node.in().forEach(tensor -> values.awaited(tensor, unit.waits));
        for (var slot : values.slots(node)) {
            slot.producer = unit;
            unit.writes.add(slot);
        }
        if (unit instanceof Unit.Convolution convolution) {
            convolution.settle();
        }
        if (unit instanceof Unit.Product product) {
            unit.reads.clear();
            unit.reads.addAll(List.of(product.left, product.right));
            if (product.bias != null) {
                unit.reads.add(product.bias);
            }
            unit.writes.clear();
            unit.writes.add(product.out);
        }
    }

    /// What a product multiplies: where both operands were widened from one narrow type, what was widened, for then the
    /// product reads the narrow type itself.
    private static List<Tensor> factors(Node node) {
        var narrow = node.in().stream().map(Fusion::widened).toList();
        boolean both = narrow.stream().allMatch(tensor -> tensor != null && tensor.dtype() == narrow.getFirst().dtype());
        return both ? narrow : node.in();
    }

    private static @Nullable Tensor widened(Tensor tensor) {
        return tensor.dtype() == DType.F32 && tensor instanceof Sym sym && sym.node() instanceof Node node
                && node.op() instanceof Cast && (node.in().getFirst().dtype() == DType.BF16 || node.in().getFirst().dtype() == DType.F16)
                ? node.in().getFirst() : null;
    }

    /// The product whose only reader this op is, if it can end it: `x·w + b` with a row b, or relu of such.
    private Unit.@Nullable Product follows(Node node) {
        if (node.op() == Unary.RELU && only(node.in().getFirst()) instanceof Unit.Product product
                && product.spec.activation() == GemmSpec.Activation.NONE) {
            product.spec = product.spec.withActivation(GemmSpec.Activation.RELU);
            product.out = values.slots(node).getFirst();
            return product;
        }
        if (node.op() instanceof Cast(DType to) && only(node.in().getFirst()) instanceof Unit.Product product
                && product.spec.dtype() == to && product.spec.out() == DType.F32 && to != DType.F32) {
            product.spec = product.spec.withOut(to);
            product.out = values.slots(node).getFirst();
            return product;
        }
        if (node.op() != Binary.ADD) {
            return null;
        }
        for (int side = 0; side < 2; side++) {
            long n = node.out().getFirst().shape().size();
            if (only(node.in().get(side)) instanceof Unit.Product product && product.bias == null && product.spec.batch() == 1
                    && product.spec.activation() == GemmSpec.Activation.NONE) {
                var other = values.operand(node.in().get(1 - side), n);
                if (other.row(product.spec.n()) && product.spec.m() * product.spec.n() == n) {
                    product.bias = other.slot();
                    product.spec = product.spec.withBias(node.out().getFirst().dtype());
                    product.out = values.slots(node).getFirst();
                    return product;
                }
            }
        }
        return null;
    }

    /// The unit that makes a tensor which nobody else reads.
    private @Nullable Unit only(Tensor tensor) {
        var slot = values.slot(tensor);
        return uses.getOrDefault(slot, 0) == 1 && !outputs.contains(slot) ? slot.producer : null;
    }

    /// Turns what is left of reductions into groups that others may join.
    private void reduction(Node node) {
        if (Groups.reduces(node.op()) && units.get(node) instanceof Unit.Single single && Groups.of(node, values) instanceof Unit.Fused fused) {
            fused.position = single.position;
            fused.waits.addAll(single.waits);
            fused.writes.addAll(single.writes);
            fused.writes.forEach(slot -> slot.producer = fused);
            units.put(node, fused);
            fused.read(values);
        }
    }

    /// Joins an op's group with those that feed it, where no other step lies between.
    private void merge(Node node) {
        for (var tensor : node.in()) {
            if (units.get(node) instanceof Unit.Fused unit && Groups.operand(values, unit, node, tensor).slot().producer instanceof Unit.Fused feeder
                    && feeder != unit && Groups.joined(feeder, unit, values) instanceof Unit.Fused joined && !between(feeder, unit)) {
                join(feeder, unit, joined);
            }
        }
    }

    private void join(Unit.Fused feeder, Unit.Fused unit, Unit.Fused joined) {
        joined.position = Math.max(feeder.position, unit.position);
        joined.nodes.forEach(node -> units.put(node, joined));
        for (var part : List.of(feeder, unit)) {
            joined.waits.addAll(part.waits);
            joined.writes.addAll(part.writes);
            part.writes.forEach(slot -> slot.producer = joined);
        }
        joined.read(values);
    }

    /// Whether `unit` also depends on `feeder` through a third step; joined, the two would wait for it and it for them.
    static boolean between(Unit feeder, Unit unit) {
        var seen = Collections.<Unit>newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<Unit>();
        for (var slot : unit.before()) {
            if (slot.producer != null && slot.producer != feeder && slot.producer != unit && seen.add(slot.producer)) {
                stack.push(slot.producer);
            }
        }
        while (!stack.isEmpty()) {
            for (var slot : stack.pop().before()) {
                if (slot.producer == feeder) {
                    return true;
                }
                if (slot.producer != null && seen.add(slot.producer)) {
                    stack.push(slot.producer);
                }
            }
        }
        return false;
    }

    private List<Unit> live() {
        var live = Collections.<Unit>newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<Unit>();
        for (var slot : outputs) {
            if (slot.producer != null && live.add(slot.producer)) {
                stack.push(slot.producer);
            }
        }
        while (!stack.isEmpty()) {
            for (var slot : stack.pop().before()) {
                if (slot.producer != null && live.add(slot.producer)) {
                    stack.push(slot.producer);
                }
            }
        }
        return live.stream().sorted(Comparator.comparingInt(unit -> unit.position)).toList();
    }

    private List<Unit> ordered(List<Unit> live) {
        var after = new IdentityHashMap<Unit, Set<Unit>>();
        var waits = new IdentityHashMap<Unit, Integer>();
        live.forEach(unit -> after.put(unit, new LinkedHashSet<>()));
        for (var unit : live) {
            for (var slot : unit.before()) {
                if (slot.producer != null && slot.producer != unit) {
                    after.get(slot.producer).add(unit);
                }
            }
        }
        readersFirst(live, after);
        live.forEach(unit -> waits.put(unit, 0));
        after.values().forEach(next -> next.forEach(unit -> waits.merge(unit, 1, Integer::sum)));
        var ready = new PriorityQueue<Unit>(Comparator.comparingInt(unit -> unit.position));
        live.stream().filter(unit -> waits.get(unit) == 0).forEach(ready::add);
        var order = new ArrayList<Unit>();
        while (!ready.isEmpty()) {
            var unit = ready.poll();
            order.add(unit);
            for (var next : after.get(unit)) {
                if (waits.merge(next, -1, Integer::sum) == 0) {
                    ready.add(next);
                }
            }
        }
        return order;
    }

    /// Who reads a donated input goes before who writes over it, where that closes no circle.
    private void readersFirst(List<Unit> live, Map<Unit, Set<Unit>> after) {
        new TreeMap<>(graph.donated()).forEach((in, out) -> {
            var given = values.input(graph.inputs().get(in));
            var writer = values.slot(graph.outputs().get(out)).producer;
            for (var reader : live) {
                if (writer != null && reader != writer && reader.reads.contains(given) && !reaches(writer, reader, after)) {
                    after.get(reader).add(writer);
                }
            }
        });
    }

    private static boolean reaches(Unit from, Unit to, Map<Unit, Set<Unit>> after) {
        var seen = Collections.<Unit>newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<Unit>(List.of(from));
        while (!stack.isEmpty()) {
            for (var next : after.getOrDefault(stack.pop(), Set.of())) {
                if (next == to) {
                    return true;
                }
                if (seen.add(next)) {
                    stack.push(next);
                }
            }
        }
        return false;
    }
}
