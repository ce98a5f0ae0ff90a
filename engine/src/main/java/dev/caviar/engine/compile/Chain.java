package dev.caviar.engine.compile;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Joins a product with the one group that goes over its result element by element, where the result is large: the group runs on each
/// block of rows as soon as that is made. The update of a weight thus meets its gradient in the cache, and each thread owns the rows of
/// the weights that it updates.
///
/// ```
/// before   %9 = matmul(x, dy)          784×256 to memory
///          w', m', v' = … %9 …
/// after    matmul + …                   no memory but a block of rows for each thread
/// ```
final class Chain {
    /// A smaller result stays in the cache anyway.
    private static final long WORTH = 1 << 15;

    private Chain() {}

    /// The units with pairs joined; `outputs` are the slots that the caller wants.
    static List<Unit> apply(List<Unit> units, Set<Slot> outputs) {
        Map<Slot, Integer> readers = new IdentityHashMap<>();
        units.forEach(unit -> unit.reads.forEach(slot -> readers.merge(slot, 1, Integer::sum)));
        var joined = new ArrayList<>(units);
        for (var unit : units) {
            if (unit instanceof Unit.Fused group && group.inner == 0) {
                for (var slot : group.reads) {
                    if (slot.producer instanceof Unit.Product product && product.out == slot && readers.get(slot) == 1
                            && !outputs.contains(slot) && fits(product, group) && !Fusion.between(product, group)) {
                        var chained = new Unit.Chained(product, group);
                        joined.remove(product);
                        joined.set(joined.indexOf(group), chained);
                        break;
                    }
                }
            }
        }
        return joined;
    }

    /// Whether rows of the product are runs of the group's elements.
    private static boolean fits(Unit.Product product, Unit.Fused group) {
        var spec = product.spec;
        return spec.batch() == 1 && !spec.accumulate() && spec.m() * spec.n() == group.n && group.n >= WORTH
                && spec.c().row() == spec.n() && spec.c().column() == 1;
    }
}
