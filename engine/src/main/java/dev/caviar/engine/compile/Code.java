package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Nest.Axis;
import dev.caviar.engine.compile.Nest.Instruction;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Index;
import dev.caviar.engine.tensor.Lane;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Reduce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A group of ops as a nest, with the slots that its sources are read from and its stores go to, and how many bytes further each of them, sources
/// first, begins in the next slice.
record Code(Nest nest, long slices, long rows, long columns, List<Slot> sources, List<Slot> stores, List<Long> steps) {
    /// Assembles a group. `needed` are the slots that others read; `donors` tells whose memory an output takes over.
    static Code of(Unit.Fused unit, Values values, Set<Slot> needed, Map<Slot, Slot> donors) {
        var assembly = new Assembly(unit, values);
        unit.nodes.forEach(assembly::node);
        return assembly.finish(needed, donors);
    }

    private static final class Assembly {
        private final Unit.Fused unit;
        private final Values values;
        private final List<Instruction> code = new ArrayList<>();
        private final List<Nest.Source> sources = new ArrayList<>();
        private final List<Slot> slots = new ArrayList<>();
        private final List<Long> steps = new ArrayList<>();
        private final Map<Values.Operand, Integer> known = new HashMap<>();
        private final Map<Slot, Integer> made = new IdentityHashMap<>();

        Assembly(Unit.Fused unit, Values values) {
            this.unit = unit;
            this.values = values;
        }

        void node(Node node) {
            var dtype = node.out().getFirst().dtype();
            int value = switch (node.op()) {
                case Reduce reduce -> write(new Nest.Reduce(reduce.fn(), dtype, source(node, 0)));
                case Index.Arg arg -> write(new Nest.Arg(arg.largest(), source(node, 0)));
                default -> emit(Objects.requireNonNull(node.op().lane()), node, dtype);
            };
            made.put(values.slots(node).getFirst(), value);
        }

        /// The result of instruction k is k, source k is `−k − 1` until the number of sources is known.
        private int emit(Lane lane, Node node, DType wanted) {
            return switch (lane) {
                case Lane.In(int i) -> source(node, i);
                case Lane.Map1(var fn, Lane x) -> write(new Nest.Map1(fn, wanted, emit(x, node, node.in().getFirst().dtype())));
                case Lane.Map2(var fn, Lane x, Lane y) -> {
                    var operands = node.in().getFirst().dtype();
                    yield write(new Nest.Map2(fn, wanted, emit(x, node, operands), emit(y, node, operands)));
                }
                case Lane.Choose(Lane c, Lane x, Lane y) ->
                    write(new Nest.Choose(wanted, emit(c, node, DType.BOOL), emit(x, node, wanted), emit(y, node, wanted)));
                case Lane.Convert(DType to, Lane x) -> write(new Nest.Convert(to, emit(x, node, node.in().getFirst().dtype())));
            };
        }

        private int write(Instruction instruction) {
            code.add(instruction);
            return code.size() - 1;
        }

        private int source(Node node, int i) {
            var operand = Groups.operand(values, unit, node, node.in().get(i));
            var inside = made.get(operand.slot());
            if (inside != null) {
                return inside;
            }
            return known.computeIfAbsent(operand, o -> {
                sources.add(new Nest.Source(node.in().get(i).dtype(), mode(o.mode())));
                slots.add(o.slot());
                steps.add(o.walk().step() * o.slot().type.dtype().bytes());
                return -sources.size();
            });
        }

        /// With a single row and nothing reduced there is nothing to repeat.
        private Mode mode(Mode mode) {
            if (unit.rows() > 1 || unit.axis != Axis.FLAT) {
                return mode;
            }
            return mode == Mode.ROW ? Mode.FULL : mode == Mode.COLUMN ? Mode.SCALAR : mode;
        }

        Code finish(Set<Slot> needed, Map<Slot, Slot> donors) {
            var stores = new ArrayList<Nest.Store>();
            var targets = new ArrayList<Slot>();
            var after = new ArrayList<Long>();
            for (var node : unit.nodes) {
                var slot = values.slots(node).getFirst();
                if (needed.contains(slot) && !unit.again.contains(node)) {
                    var mode = unit.mode(node);
                    stores.add(new Nest.Store(moved(made.get(slot)), mode, over(donors.get(slot), mode)));
                    targets.add(slot);
                    after.add(unit.walk(mode).step() * slot.type.dtype().bytes());
                }
            }
            var axis = unit.axis == Axis.FLAT && unit.rows() > 1 ? Axis.ROWS : unit.axis;
            var nest = new Nest(axis, sources, code.stream().map(instruction -> instruction.with(this::moved)).toList(), stores);
            steps.addAll(after);
            return new Code(nest, unit.slices, unit.rows(), unit.n / unit.slices / unit.rows(), List.copyOf(slots), List.copyOf(targets), List.copyOf(steps));
        }

        private int over(@Nullable Slot donor, Mode mode) {
            return IntStream.range(0, slots.size()).filter(k -> donor != null && slots.get(k) == donor && sources.get(k).mode() == mode
                            && steps.get(k) == unit.walk(mode).step() * donor.type.dtype().bytes())
                    .findFirst().orElse(-1);
        }

        private int moved(int value) {
            return value < 0 ? -1 - value : sources.size() + value;
        }
    }
}
