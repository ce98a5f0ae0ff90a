package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import java.util.ArrayList;
import java.util.List;

/// Brings operands to one type and shape, as NumPy does; below this nothing is broadcast.
final class Broadcast {
    private Broadcast() {}

    static Tensor binary(Binary op, Tensor a, Tensor b) {
        var dtype = promote(a, b);
        var shape = common(op.label(), a, b);
        return op.on(expand(a.cast(dtype), shape), expand(b.cast(dtype), shape));
    }

    static Tensor where(Tensor condition, Tensor a, Tensor b) {
        var dtype = promote(a, b);
        var shape = common("where", condition, a, b);
        return new Select.Where().on(expand(condition, shape), expand(a.cast(dtype), shape), expand(b.cast(dtype), shape));
    }

    /// Repeats axes of length 1, and puts new ones in front.
    static Tensor expand(Tensor given, Shape to) {
        if (given.shape().equals(to)) {
            return given;
        }
        int extra = to.rank() - given.rank();
        if (extra < 0) {
            throw new ShapeException("expand of " + given.type() + " to " + to + ": it has more axes than that.");
        }
        var x = given;
        var axes = new ArrayList<Integer>();
        for (int axis = 0; axis < to.rank(); axis++) {
            long length = axis < extra ? 1 : x.shape().dim(axis - extra);
            if (axis < extra || length == 1 && to.dim(axis) != 1) {
                axes.add(axis);
            } else if (length < 0 && length != to.dim(axis)) {
                x = taken(x, axis - extra, to.dim(axis));
            } else if (length != to.dim(axis)) {
                throw new ShapeException("expand of " + given.type() + " to " + to + ": axis " + (axis - extra) + " has length "
                        + length + ", not 1 or " + to.dim(axis) + ".");
            }
        }
        return axes.isEmpty() ? x : new Move.Expand(to, axes).on(x.reshape(to.without(axes)));
    }

    /// An axis of unknown length, taken to be as long as another: a reshape, which fails for what is fed if it is not. One axis at a time, since
    /// two by three elements would also fill three by two.
    private static Tensor taken(Tensor x, int axis, long length) {
        return new View.Reshape(x.shape().with(axis, length)).on(x);
    }

    /// A scalar does not widen the other's type within floats or within integers.
    private static DType promote(Tensor a, Tensor b) {
        boolean sameKind = a.dtype().isFloat() == b.dtype().isFloat();
        if (sameKind && a.rank() == 0 && b.rank() > 0 && b.dtype() != DType.BOOL) {
            return b.dtype();
        }
        if (sameKind && b.rank() == 0 && a.rank() > 0 && a.dtype() != DType.BOOL) {
            return a.dtype();
        }
        return a.dtype().promote(b.dtype());
    }

    /// The common shape of the first axes of two tensors, all but their last two.
    static Shape common(Shape a, Shape b) {
        return common("matmul", new Shape(a.dims().subList(0, a.rank() - 2)), new Shape(b.dims().subList(0, b.rank() - 2)));
    }

    private static Shape common(String op, Tensor... operands) {
        var shape = operands[0].shape();
        for (int i = 1; i < operands.length; i++) {
            shape = common(op, shape, operands[i].shape(), operands);
        }
        return shape;
    }

    private static Shape common(String op, Shape a, Shape b, Tensor... operands) {
        int rank = Math.max(a.rank(), b.rank());
        var dims = new ArrayList<Long>();
        for (int axis = 0; axis < rank; axis++) {
            int ia = axis - rank + a.rank();
            int ib = axis - rank + b.rank();
            long da = ia < 0 ? 1 : a.dim(ia);
            long db = ib < 0 ? 1 : b.dim(ib);
            if (da != db && da >= 0 && da != 1 && db >= 0 && db != 1) {
                throw new ShapeException(op + "(" + String.join(", ", List.of(operands).stream().map(t -> t.type().toString()).toList())
                        + "): axis " + axis + " of the common shape would have length " + da + " and " + db + ".\n"
                        + "Maybe transpose or reshape one of them; axes are aligned at the end.");
            }
            dims.add(da == 1 || da < 0 && db >= 0 && db != 1 ? db : da);
        }
        return new Shape(dims);
    }
}
