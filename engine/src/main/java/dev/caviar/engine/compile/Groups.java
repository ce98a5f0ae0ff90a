package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Nest.Axis;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.compile.Values.Operand;
import dev.caviar.engine.compile.Values.Walk;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Index;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Reduce;
import dev.caviar.engine.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Which ops may share one compiled loop, and how each sees its operands there.
///
/// ```
/// rows × columns     sub(x, mean) · square · sum over the rows · … · mul(centred, factor)
/// columns alone      mul(sum, 1/n) · add(ε) · rsqrt                                        all one loop over blocks of columns
/// ```
final class Groups {
    /// Operations of a group: beyond this the JVM's compiler runs out of nodes for one method, and keeps vectors as objects. Passes over
    /// rows of a few numbers have masks, which take more of them.
    private static final int MOST_WEIGHT = 64;
    private static final int MOST_WEIGHT_OF_ROWS = 40;
    private static final int REDUCTION = 4;
    /// Loops count rows and columns in ints.
    private static final long MOST_ELEMENTS = 1 << 30;
    /// A sum of everything runs on one thread; what else belongs to so many elements should not.
    private static final long ALONE = 1 << 16;
    /// Slices of fewer elements are not worth a loop of their own.
    private static final long LEAST = 64;

    private Groups() {}

    /// A group of one op, or null where it has no loop.
    static Unit.@Nullable Fused of(Node node, Values values) {
        if (node.op().lane() != null) {
            var unit = new Unit.Fused(node.out().getFirst().shape().size());
            unit.nodes.add(node);
            unit.weight = Weights.of(node);
            unit.vectors = Weights.vectors(node);
            for (var tensor : node.in()) {
                var operand = values.operand(tensor, unit.n);
                var both = operand.slices() > 1 && unit.n / operand.slices() < LEAST ? null
                        : Form.of(unit).joined(unit.n, new Form(operand.slices(), operand.inner()));
                if (both != null) {
                    unit.slices = both.slices;
                    unit.inner = both.inner;
                }
            }
            return unit;
        }
        return switch (node.op()) {
            case Reduce(ReduceFn fn, List<Integer> axes) when fn != ReduceFn.PROD && !axes.isEmpty() && narrow(node) ->
                reduction(node, axes.getFirst(), axes.getLast() + 1);
            case Index.Arg(_, int axis) when axis == node.in().getFirst().rank() - 1 -> reduction(node, axis, axis + 1);
            default -> null;
        };
    }

    private static boolean narrow(Node node) {
        var dtype = node.in().getFirst().dtype();
        return dtype == DType.F32 || dtype == DType.BF16;
    }

    /// Over the first axes, the last ones, or in slices over those between.
    private static Unit.@Nullable Fused reduction(Node node, int from, int to) {
        var shape = node.in().getFirst().shape();
        long outer = product(shape.dims().subList(0, from));
        long middle = product(shape.dims().subList(from, to));
        long inner = product(shape.dims().subList(to, shape.rank()));
        if (middle < 2 || shape.size() == 0 || Math.max(middle, Math.max(outer, inner)) > MOST_ELEMENTS) {
            return null;
        }
        var unit = new Unit.Fused(shape.size());
        unit.nodes.add(node);
        unit.weight = REDUCTION;
        unit.vectors = node.op() instanceof Reduce;
        unit.axis = inner == 1 ? Axis.ROWS : Axis.COLUMNS;
        unit.inner = inner == 1 ? middle : inner;
        unit.slices = inner == 1 ? 1 : outer;
        return unit;
    }

    static long product(List<Long> dims) {
        return dims.stream().reduce(1L, Math::multiplyExact);
    }

    static boolean reduces(Op op) {
        return op instanceof Reduce || op instanceof Index.Arg;
    }

    /// How an op of a group sees a tensor: as [Values#operand] says, unless its rows are of another length than the group's.
    static Operand operand(Values values, Unit.Fused unit, Node node, Tensor tensor) {
        if (unit.outer(node)) {
            var operand = values.operand(tensor, unit.outer());
            return operand.mode() == Mode.SCALAR ? operand
                    : new Operand(operand.mode() == Mode.FULL ? operand.slot() : values.slot(tensor), unit.walk(unit.reduced()), 0, 1);
        }
        var operand = values.operand(tensor, unit.n);
        var seen = operand.mode() == Mode.SCALAR ? operand : sliced(unit, operand);
        return seen != null ? seen : new Operand(values.slot(tensor), unit.walk(Mode.FULL), 0, 1);
    }

    /// An operand as one slice of a group sees it; null where it has to be written out.
    private static @Nullable Operand sliced(Unit.Fused unit, Operand operand) {
        boolean same = operand.inner() == unit.inner;
        if (operand.inner() == 0) {
            return new Operand(operand.slot(), unit.walk(Mode.FULL), 0, 1);
        }
        if (operand.slices() > 1 || unit.slices == 1) {
            return same && operand.slices() == unit.slices ? operand : null;
        }
        boolean row = operand.mode() == Mode.ROW;
        if (same) {
            return row ? operand : operand.with(Mode.COLUMN, unit.rows());
        }
        return operand.inner() != unit.rows() * unit.inner ? null : row ? operand.with(Mode.FULL, 0) : operand.with(Mode.SCALAR, 1);
    }

    /// Into what slices and rows the elements of a group are cut; no rows where `inner` is 0.
    private record Form(long slices, long inner) {
        static Form of(Unit.Fused unit) {
            return new Form(unit.slices, unit.inner);
        }

        /// The form in which both can be walked; null where there is none.
        @Nullable Form joined(long n, Form other) {
            if (inner == 0 || equals(other)) {
                return other;
            }
            if (other.inner == 0) {
                return this;
            }
            return fits(n, other) ? this : other.fits(n, this) ? other : null;
        }

        /// Whether what has rows but no slices can be walked in this form: by the same rows, or as one row for each slice.
        private boolean fits(long n, Form other) {
            return other.slices == 1 && (other.inner == inner || slices > 1 && other.inner == n / slices);
        }
    }

    /// Two groups as one, or null where their loops do not fit; neither is changed.
    static Unit.@Nullable Fused joined(Unit.Fused feeder, Unit.Fused unit, Values values) {
        var joined = feeder.axis == Axis.FLAT && unit.axis == Axis.FLAT ? flat(feeder, unit)
                : feeder.axis != Axis.FLAT && unit.axis != Axis.FLAT ? reduced(feeder, unit)
                : feeder.axis == Axis.FLAT ? mixed(unit, feeder) : mixed(feeder, unit);
        if (joined == null) {
            return null;
        }
        joined.nodes.addAll(feeder.nodes);
        joined.nodes.addAll(unit.nodes);
        joined.weight = weight(joined, values);
        return joined.weight <= (joined.axis == Axis.ROWS ? MOST_WEIGHT_OF_ROWS : MOST_WEIGHT) && consistent(joined, values) ? joined : null;
    }

    /// What the passes of a group compute together: an op counts in each pass that needs its result, for a later pass computes it
    /// again. What is computed once for a row weighs little.
    private static int weight(Unit.Fused group, Values values) {
        var phase = new IdentityHashMap<Slot, Integer>();
        var readers = new IdentityHashMap<Slot, Set<Integer>>();
        for (var node : group.nodes) {
            int at = 0;
            for (var tensor : node.in()) {
                at = Math.max(at, phase.getOrDefault(operand(values, group, node, tensor).slot(), 0));
            }
            phase.put(values.slots(node).getFirst(), reduces(node.op()) ? at + 1 : at);
        }
        int weight = 0;
        for (var node : group.nodes.reversed()) {
            var slot = values.slots(node).getFirst();
            var needed = readers.computeIfAbsent(slot, _ -> new TreeSet<>());
            boolean reduces = reduces(node.op());
            if (reduces || needed.isEmpty()) {
                needed.clear();
                needed.add(phase.get(slot) - (reduces ? 1 : 0));
            }
            boolean outer = group.outer(node);
            int once = reduces ? REDUCTION : Weights.of(node);
            weight += outer && group.axis == Axis.ROWS ? once / 4 : outer ? once : once * needed.size();
            for (var tensor : node.in()) {
                readers.computeIfAbsent(operand(values, group, node, tensor).slot(), _ -> new TreeSet<>()).addAll(needed);
            }
        }
        return weight;
    }

    private static Unit.@Nullable Fused flat(Unit.Fused a, Unit.Fused b) {
        var form = a.n == b.n && a.vectors == b.vectors ? Form.of(a).joined(a.n, Form.of(b)) : null;
        return form == null ? null : space(a.n, Axis.FLAT, form, a.vectors);
    }

    private static Unit.@Nullable Fused reduced(Unit.Fused a, Unit.Fused b) {
        boolean fits = a.n == b.n && a.axis == b.axis && a.inner == b.inner && a.vectors == b.vectors;
        var form = fits ? Form.of(a).joined(a.n, Form.of(b)) : null;
        return form != null && reduces(a, form) && reduces(b, form) ? space(a.n, a.axis, form, a.vectors) : null;
    }

    /// Whether reductions can run in this form: columns go through a whole slice, rows are the same in any.
    private static boolean reduces(Unit.Fused reducing, Form form) {
        return form.inner == reducing.inner && (form.slices == reducing.slices || reducing.axis == Axis.ROWS);
    }

    /// A group that reduces, and one over all elements or over what is left of them.
    private static Unit.@Nullable Fused mixed(Unit.Fused reducing, Unit.Fused flat) {
        var form = flat.n == reducing.n ? Form.of(reducing).joined(reducing.n, Form.of(flat)) : null;
        boolean full = form != null && reduces(reducing, form) && flat.vectors == reducing.vectors && (reducing.rows() > 1 || reducing.n <= ALONE);
        // Numbers of a row need no vectors.
        boolean outer = flat.n == reducing.outer() && flat.inner == 0 && (reducing.axis == Axis.ROWS || flat.vectors == reducing.vectors);
        return full ? space(reducing.n, reducing.axis, form, reducing.vectors)
                : outer ? space(reducing.n, reducing.axis, Form.of(reducing), reducing.vectors) : null;
    }

    private static Unit.Fused space(long n, Axis axis, Form form, boolean vectors) {
        var unit = new Unit.Fused(n);
        unit.axis = axis;
        unit.slices = form.slices;
        unit.inner = form.inner;
        unit.vectors = vectors;
        return unit;
    }

    /// Whether what the group makes itself is read as it is made: row by row, or column by column.
    private static boolean consistent(Unit.Fused joined, Values values) {
        var made = new IdentityHashMap<Slot, Walk>();
        for (var node : joined.nodes) {
            for (var tensor : node.in()) {
                var operand = operand(values, joined, node, tensor);
                var walk = made.get(operand.slot());
                boolean same = walk == null || walk.equals(operand.walk())
                        || joined.axis == Axis.ROWS && joined.rows() == 1 && walk.mode() == Mode.COLUMN && operand.mode() == Mode.SCALAR;
                if (!same) {
                    return false;
                }
            }
            made.put(values.slots(node).getFirst(), joined.walk(joined.mode(node)));
        }
        return true;
    }
}
