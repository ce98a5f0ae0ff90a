package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Lane;
import dev.caviar.engine.tensor.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A group of elementwise ops as instructions over places: place `p < registers` is the result of instruction `p`, the
/// places after them are the sources.
record Code(List<Instruction> instructions, List<Source> sources, List<Store> stores) {
    /// What an instruction does; `unary` and `binary` matter for their kinds only.
    enum Kind { UNARY, BINARY, CHOOSE, CONVERT }

    /// One op over a run of elements. For CHOOSE `c` is the condition.
    record Instruction(Kind kind, UnaryFn unary, BinaryFn binary, DType from, DType to, int a, int b, int c) {
        private Instruction moved(int registers) {
            return new Instruction(kind, unary, binary, from, to, place(a, registers), place(b, registers), place(c, registers));
        }

        private static int place(int p, int registers) {
            return p < 0 ? registers - 1 - p : p;
        }

        boolean reads(int place) {
            return switch (kind) {
                case UNARY, CONVERT -> a == place;
                case BINARY -> a == place || b == place;
                case CHOOSE -> a == place || b == place || c == place;
            };
        }
    }

    /// Memory outside the group, and how it is walked.
    record Source(Values.Operand operand, DType dtype) {}

    /// A result that others need: where it goes, and whether it may be written there at once.
    record Store(Slot slot, int register, boolean direct, DType dtype) {}

    int registers() {
        return instructions.size();
    }

    /// For each register the last instruction that reads it; past the end where it is a result that others need.
    int[] lastReads() {
        var last = new int[registers()];
        for (int k = 0; k < last.length; k++) {
            last[k] = k;
            var instruction = instructions.get(k);
            for (int place : new int[] {instruction.a, instruction.b, instruction.c}) {
                if (place < k) {
                    last[place] = k;
                }
            }
        }
        stores.forEach(store -> last[store.register] = last.length);
        return last;
    }

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
        private final List<Source> sources = new ArrayList<>();
        private final Map<Values.Operand, Integer> known = new HashMap<>();
        private final Map<Slot, Integer> made = new IdentityHashMap<>();

        Assembly(Unit.Fused unit, Values values) {
            this.unit = unit;
            this.values = values;
        }

        void node(Node node) {
            int place = emit(Objects.requireNonNull(node.op().lane()), node, node.out().getFirst().dtype());
            made.put(values.slots(node).getFirst(), place);
        }

        private int emit(Lane lane, Node node, DType wanted) {
            return switch (lane) {
                case Lane.In(int i) -> source(node, i);
                case Lane.Map1(UnaryFn fn, Lane x) -> {
                    int a = emit(x, node, wanted);
                    yield write(Kind.UNARY, fn, BinaryFn.ADD, wanted, a, a, a);
                }
                case Lane.Map2(BinaryFn fn, Lane x, Lane y) -> {
                    int a = emit(x, node, wanted);
                    int b = emit(y, node, wanted);
                    yield write(Kind.BINARY, UnaryFn.NEG, fn, wanted, a, b, b);
                }
                case Lane.Choose(Lane condition, Lane x, Lane y) -> {
                    int c = emit(condition, node, DType.BOOL);
                    int a = emit(x, node, wanted);
                    int b = emit(y, node, wanted);
                    yield write(Kind.CHOOSE, UnaryFn.NEG, BinaryFn.ADD, wanted, a, b, c);
                }
                case Lane.Convert(DType to, Lane x) -> {
                    int a = emit(x, node, wanted);
                    yield write(Kind.CONVERT, UnaryFn.NEG, BinaryFn.ADD, to, a, a, a);
                }
            };
        }

        private int write(Kind kind, UnaryFn unary, BinaryFn binary, DType to, int a, int b, int c) {
            code.add(new Instruction(kind, unary, binary, dtype(a), to, a, b, c));
            return code.size() - 1;
        }

        /// A register of the group, or source k as `−k − 1` until the number of registers is known.
        private int source(Node node, int i) {
            var operand = Fusion.operand(values, unit, node.in().get(i));
            var inside = made.get(operand.slot());
            if (inside != null) {
                return inside;
            }
            return known.computeIfAbsent(operand, o -> {
                sources.add(new Source(o, node.in().get(i).dtype()));
                return -sources.size();
            });
        }

        private DType dtype(int place) {
            return place < 0 ? sources.get(-place - 1).dtype() : code.get(place).to();
        }

        Code finish(Set<Slot> needed, Map<Slot, Slot> donors) {
            var moved = code.stream().map(instruction -> instruction.moved(code.size())).toList();
            var stores = new ArrayList<Store>();
            made.forEach((slot, register) -> {
                if (needed.contains(slot)) {
                    stores.add(new Store(slot, register, direct(moved, register, donors.get(slot)), dtype(register)));
                }
            });
            stores.sort(Comparator.comparingInt(Store::register));
            return new Code(moved, List.copyOf(sources), List.copyOf(stores));
        }

        /// An output may be written at once unless a later instruction still reads the input whose memory it takes over.
        private boolean direct(List<Instruction> moved, int register, @Nullable Slot donor) {
            for (int k = 0; donor != null && k < sources.size(); k++) {
                int place = moved.size() + k;
                if (sources.get(k).operand().slot() == donor
                        && moved.stream().skip(register + 1L).anyMatch(instruction -> instruction.reads(place))) {
                    return false;
                }
            }
            return true;
        }
    }
}
