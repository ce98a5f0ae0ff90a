package dev.caviar.engine.graph;

import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Reduce;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.View;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Sums of so many numbers that they should be made where those are made, in one loop: first within pieces, then over the pieces.
///
/// ```
/// sum of all [64, 1024, 32]                       sums of 64 rows, sum of those: rows may join what makes them
/// sum over all but the last axis of y(x) · c,     sums of each slice, as y goes slice by slice; sum of those
///   where y has other factors for each slice
/// ```
///
/// How a sum is cut follows from shapes alone, and so do the bits of its result.
final class Sums {
    /// Fewer numbers stay in the cache until they are summed.
    private static final long MANY = 1 << 16;
    /// Rows of a sum of everything, at most.
    private static final long ROWS = 64;
    /// A row is a multiple of so many numbers, so that vectors fill it.
    private static final long GRAIN = 64;
    /// So many ops are looked at for what goes slice by slice.
    private static final int LOOKED_AT = 64;

    private Sums() {}

    /// The same sum in two, or null where one is better.
    static @Nullable Tensor split(Reduce sum, Tensor x, Interpreter below) {
        if (sum.fn() != ReduceFn.SUM || x.dtype() != DType.F32 || x.shape().size() <= MANY || sum.axes().isEmpty() || sum.axes().getFirst() != 0) {
            return null;
        }
        boolean all = sum.axes().size() == x.rank();
        var slices = slices(x);
        if (slices != null && (all || slices.dim(2) == x.shape().size() / x.shape().dims().subList(0, sum.axes().size()).stream().reduce(1L, Math::multiplyExact))) {
            var each = on(below, new Reduce(ReduceFn.SUM, List.of(1)), reshaped(below, x, slices));
            return reshaped(below, on(below, new Reduce(ReduceFn.SUM, all ? List.of(0, 1) : List.of(0)), each), x.shape().without(sum.axes()));
        }
        long rows = Math.min(ROWS, Long.lowestOneBit(x.shape().size() / GRAIN));
        if (!all || rows < 2 || x.shape().size() % GRAIN != 0) {
            return null;
        }
        var each = on(below, new Reduce(ReduceFn.SUM, List.of(1)), reshaped(below, x, Shape.of(rows, x.shape().size() / rows)));
        return on(below, new Reduce(ReduceFn.SUM, List.of(0)), each);
    }

    private static Tensor reshaped(Interpreter below, Tensor x, Shape to) {
        return x.shape().equals(to) ? x : on(below, new View.Reshape(to), x);
    }

    private static Tensor on(Interpreter below, Op op, Tensor x) {
        return below.apply(op, List.of(x)).getFirst();
    }

    /// `[slices, rows, columns]` where what an element is made of is repeated over the rows of a slice.
    private static @Nullable Shape slices(Tensor x) {
        var seen = Collections.<Node>newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<Tensor>(List.of(x));
        while (!stack.isEmpty() && seen.size() < LOOKED_AT) {
            if (!(stack.pop() instanceof Sym sym && sym.node() instanceof Node node) || !seen.add(node)) {
                continue;
            }
            if (node.op() instanceof Move.Expand expand) {
                var stretches = expand.stretches();
                if (stretches.size() == 3 && stretches.get(1).fresh() && expand.to().size() == x.shape().size()) {
                    return Shape.of(IntStream.range(0, 3).mapToLong(i -> stretches.get(i).length()).toArray());
                }
            } else if (node.op().lane() != null || node.op() instanceof View.Reshape) {
                stack.addAll(node.in());
            }
        }
        return null;
    }
}
