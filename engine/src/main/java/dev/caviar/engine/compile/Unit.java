package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.PoolSpec;
import dev.caviar.engine.tensor.Cost;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What runs as one step: a single op, a matrix product or a convolution with what follows it, or a group of elementwise ops.
abstract sealed class Unit {
    /// Where its last op stands in the graph.
    int position;
    final Set<Slot> reads = new LinkedHashSet<>();
    final Set<Slot> writes = new LinkedHashSet<>();
    /// What it only waits for.
    final Set<Slot> waits = new LinkedHashSet<>();
    /// The ops that it computes, in order.
    final List<Node> ops = new ArrayList<>();

    /// Any op, by its own kernel.
    static final class Single extends Unit {
        final Node node;

        Single(Node node) {
            this.node = node;
        }

        @Override
        String what() {
            return node.op().label();
        }
    }

    /// A matrix product, with a bias and an activation where those follow it and nobody else looks.
    static final class Product extends Unit {
        final Slot left;
        final Slot right;
        GemmSpec spec;
        @Nullable Slot bias;
        Slot out;

        Product(Slot left, Slot right, GemmSpec spec, Slot out) {
            this.left = left;
            this.right = right;
            this.spec = spec;
            this.out = out;
        }

        @Override
        String what() {
            return "matmul" + (bias == null ? "" : " + bias")
                    + (spec.activation() == GemmSpec.Activation.NONE ? "" : " + " + spec.activation().name().toLowerCase(Locale.ROOT));
        }
    }

    /// A convolution, with a bias and an activation where those follow it and nobody else looks, or a gradient of one, with the
    /// gradient of the bias where that is the sum of the same slopes.
    static final class Convolution extends Unit {
        final Slot left;
        final Slot right;
        ConvSpec spec;
        /// What is added, or for a gradient what the sum is written to.
        @Nullable Slot bias;
        Slot out;

        Convolution(Slot left, Slot right, ConvSpec spec, Slot out) {
            this.left = left;
            this.right = right;
            this.spec = spec;
            this.out = out;
        }

        /// The slots in the order of the routine's operands.
        List<Slot> operands() {
            if (bias == null) {
                return List.of(left, right, out);
            }
            return spec.pass() == ConvSpec.Pass.FORWARD ? List.of(left, right, bias, out) : List.of(left, right, out, bias);
        }

        /// What it reads and writes, once more.
        void settle() {
            reads.clear();
            reads.addAll(List.of(left, right));
            writes.clear();
            writes.add(out);
            if (bias != null) {
                (spec.pass() == ConvSpec.Pass.FORWARD ? reads : writes).add(bias);
            }
        }

        @Override
        String what() {
            var name = switch (spec.pass()) {
                case FORWARD -> "conv";
                case INPUT_GRADIENT -> "conv input gradient";
                case WEIGHT_GRADIENT -> "conv weight gradient";
            };
            return name + (bias == null ? "" : " + bias")
                    + (spec.activation() == GemmSpec.Activation.NONE ? "" : " + " + spec.activation().name().toLowerCase(Locale.ROOT));
        }
    }

    /// A pooling or its gradient.
    static final class Pooling extends Unit {
        final Node node;
        final PoolSpec spec;

        Pooling(Node node, PoolSpec spec) {
            this.node = node;
            this.spec = spec;
        }

        @Override
        String what() {
            return node.op().label();
        }
    }

    /// Ops over the same `n` elements, which are rows of `inner` where some operand is repeated or reduced, and, where `axis` is not FLAT, ops
    /// over what reductions along that axis leave. Where something is repeated or reduced in the middle, the rows are those of `slices`, each
    /// of which is a loop of its own.
    static final class Fused extends Unit {
        final long n;
        Nest.Axis axis = Nest.Axis.FLAT;
        long inner;
        long slices = 1;
        /// How many operations on vectors it takes, and whether all of it can run on vectors.
        int weight;
        boolean vectors;
        final List<Node> nodes = new ArrayList<>();
        /// Ops that another unit computes, too, and that this one has no result of.
        final Set<Node> again = Collections.newSetFromMap(new IdentityHashMap<>());
        /// How the group reads each slot, and how it makes those that it writes.
        final Map<Slot, Set<Values.Walk>> seen = new IdentityHashMap<>();
        final Map<Slot, Values.Walk> made = new IdentityHashMap<>();

        Fused(long n) {
            this.n = n;
        }

        /// The rows of a slice.
        long rows() {
            return inner == 0 ? 1 : n / slices / inner;
        }

        /// The number of elements that a reduction leaves, or −1 where there is none.
        long outer() {
            return switch (axis) {
                case FLAT -> -1;
                case ROWS -> slices * rows();
                case COLUMNS -> slices * inner;
            };
        }

        /// Whether an op works on what a reduction leaves.
        boolean outer(Node node) {
            return axis != Nest.Axis.FLAT && !Groups.reduces(node.op()) && node.out().getFirst().shape().size() != n;
        }

        /// How a reduction's result varies.
        Values.Mode reduced() {
            return axis == Nest.Axis.COLUMNS ? Values.Mode.ROW : Values.Mode.COLUMN;
        }

        /// How an op's result varies.
        Values.Mode mode(Node node) {
            return outer(node) || Groups.reduces(node.op()) ? reduced() : Values.Mode.FULL;
        }

        /// How something that has an element for each of ours, or for each of our rows or columns, is walked.
        Values.Walk walk(Values.Mode mode) {
            return new Values.Walk(mode, slices == 1 ? 0 : switch (mode) {
                case FULL -> rows() * inner;
                case ROW -> inner;
                case COLUMN -> rows();
                case SCALAR -> 0;
            });
        }

        /// Notes what is read of what others make.
        void read(Values values) {
            reads.clear();
            var own = nodes.stream().map(node -> values.slots(node).getFirst()).toList();
            for (var node : nodes) {
                for (var tensor : node.in()) {
                    var slot = Groups.operand(values, this, node, tensor).slot();
                    if (!own.contains(slot)) {
                        reads.add(slot);
                    }
                }
            }
        }

        /// Notes what is read and made, and how.
        void settle(Values values) {
            for (var node : nodes) {
                for (var tensor : node.in()) {
                    var operand = Groups.operand(values, this, node, tensor);
                    seen.computeIfAbsent(operand.slot(), _ -> new HashSet<>()).add(operand.walk());
                }
                made.put(values.slots(node).getFirst(), walk(mode(node)));
            }
        }

        /// Whether `out` may be written over `given`: both are walked alike, so that each element is read before it is written.
        boolean mayOverwrite(Slot given, Slot out) {
            return !seen.containsKey(given) || seen.get(given).equals(Set.of(made.get(out)));
        }

        @Override
        String what() {
            var names = nodes.stream().map(node -> node.op().label()).toList();
            return names.size() <= 6 ? String.join(" ", names)
                    : String.join(" ", names.subList(0, 5)) + " … " + names.getLast() + " (" + names.size() + " ops)";
        }
    }

    /// A product and a group that goes over its result, which nobody else reads and which is never whole.
    static final class Chained extends Unit {
        final Product product;
        final Fused group;

        Chained(Product product, Fused group) {
            this.product = product;
            this.group = group;
            position = group.position;
            ops.addAll(product.ops);
            ops.addAll(group.ops);
            reads.addAll(product.reads);
            reads.addAll(group.reads);
            reads.remove(product.out);
            waits.addAll(product.waits);
            waits.addAll(group.waits);
            writes.addAll(group.writes);
            writes.forEach(slot -> slot.producer = this);
        }

        @Override
        String what() {
            return product.what() + ", " + group.what();
        }
    }

    abstract String what();

    /// All that must be computed before it.
    Set<Slot> before() {
        if (waits.isEmpty()) {
            return reads;
        }
        var all = new LinkedHashSet<>(reads);
        all.addAll(waits);
        return all;
    }

    /// What it asks of the machine: the arithmetic of its ops, and the bytes of what it reads and leaves behind.
    Cost cost() {
        var costs = ops.stream().map(node -> node.op().cost(node.in().stream().map(Tensor::type).toList())).toList();
        return costs.size() == 1 ? costs.getFirst()
                : new Cost(costs.stream().mapToLong(Cost::flops).sum(), bytes(reads), bytes(writes));
    }

    private static long bytes(Set<Slot> slots) {
        return slots.stream().mapToLong(slot -> slot.type.bytes()).sum();
    }

    /// The parts of the model that it works for, such as `dense`, or `dense … dense_1` where there are several.
    String part() {
        var parts = ops.stream().map(node -> node.origin().part()).filter(part -> !part.isEmpty()).distinct().toList();
        return parts.size() <= 1 ? String.join("", parts) : parts.getFirst() + " … " + parts.getLast();
    }
}
