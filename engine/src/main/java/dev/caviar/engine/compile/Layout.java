package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Decides where every slot lies: outputs in their own buffers, everything between in one arena, in which a place is used
/// again as soon as its tensor was read for the last time.
///
/// An output takes over a donated input's memory only if nobody reads that input later; otherwise it is made in the arena
/// and copied at the end.
final class Layout {
    private static final long ALIGNMENT = 64;

    /// An output that is copied once all steps are done: from this slot. One that another copy may write over lies in the arena
    /// meanwhile, at `staged`; −1 otherwise.
    record Copy(Slot from, int output, long staged) {}

    private final List<Unit> order;
    private final Map<Slot, Integer> born = new LinkedHashMap<>();
    private final Map<Slot, Integer> dies = new LinkedHashMap<>();
    private final List<Copy> copies = new ArrayList<>();
    private long bytes;
    private long unplanned;

    private Layout(List<Unit> order) {
        this.order = order;
    }

    static Layout of(Graph graph, Values values, List<Unit> order) {
        var layout = new Layout(order);
        layout.lifetimes();
        layout.bindOutputs(graph, values);
        layout.place();
        layout.stage(graph, values);
        return layout;
    }

    List<Copy> copies() {
        return copies;
    }

    long bytes() {
        return bytes;
    }

    long unplanned() {
        return unplanned;
    }

    /// The tensors that lie in the arena while a step runs.
    List<Slot> held(int step) {
        return born.keySet().stream().filter(slot -> slot.temporary() && born.get(slot) <= step && dies.get(slot) >= step).toList();
    }

    /// The step that makes a tensor.
    int born(Slot slot) {
        return born.get(slot);
    }

    /// The last step that reads it.
    int dies(Slot slot) {
        return dies.get(slot);
    }

    private void lifetimes() {
        for (int i = 0; i < order.size(); i++) {
            for (var slot : order.get(i).reads) {
                dies.put(slot, i);
            }
            for (var slot : order.get(i).writes) {
                born.put(slot, i);
                dies.merge(slot, i, Math::max);
            }
        }
    }

    private void bindOutputs(Graph graph, Values values) {
        var donors = new HashMap<Integer, Integer>();
        graph.donated().forEach((in, out) -> donors.put(out, in));
        for (var output : graph.outputs()) {
            var slot = values.slot(output);
            if (slot.producer == null) {
                dies.put(slot, order.size());
            }
        }
        for (int o = 0; o < graph.outputs().size(); o++) {
            var slot = values.slot(graph.outputs().get(o));
            var donor = donors.get(o);
            boolean made = slot.producer != null && slot.output < 0;
            if (made && (donor == null || free(values.input(graph.inputs().get(donor)), slot))) {
                slot.output = o;
            } else {
                copies.add(new Copy(slot, o, -1));
                dies.put(slot, order.size());
            }
        }
    }

    /// Whether `out` may be written over `given`: every reader of it is done, or is the writer itself and goes element by
    /// element.
    private boolean free(Slot given, Slot out) {
        int last = dies.getOrDefault(given, -1);
        int written = born.get(out);
        return last < written || last == written && switch (order.get(written)) {
            case Unit.Fused fused -> fused.mayOverwrite(given, out);
            case Unit.Chained chained -> !chained.product.reads.contains(given) && chained.group.mayOverwrite(given, out);
            default -> false;
        };
    }

    /// First fit over lifetimes, large ones first among those that begin together.
    private void place() {
        var slots = new ArrayList<>(born.keySet().stream().filter(Slot::temporary).toList());
        slots.sort(Comparator.<Slot>comparingInt(born::get).thenComparing(Comparator.comparingLong((Slot s) -> s.type.bytes()).reversed()));
        var placed = new ArrayList<Slot>();
        for (var slot : slots) {
            long size = aligned(slot.type.bytes());
            unplanned += size;
            var others = placed.stream().filter(p -> dies.get(p) >= born.get(slot))
                    .sorted(Comparator.comparingLong(p -> p.offset)).toList();
            long at = 0;
            for (var other : others) {
                if (other.offset - at >= size) {
                    break;
                }
                at = Math.max(at, other.offset + aligned(other.type.bytes()));
            }
            slot.offset = at;
            placed.add(slot);
            bytes = Math.max(bytes, at + size);
        }
    }

    /// An input that is given away to one output and copied to another must be read before the first is written.
    private void stage(Graph graph, Values values) {
        for (int i = 0; i < copies.size() && copies.size() > 1; i++) {
            var copy = copies.get(i);
            var given = copy.from.input < 0 ? null : graph.donated().get(copy.from.input);
            if (given != null && given != copy.output) {
                copies.set(i, new Copy(copy.from, copy.output, bytes));
                bytes += aligned(copy.from.type.bytes());
            }
        }
    }

    static long aligned(long bytes) {
        return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }
}
