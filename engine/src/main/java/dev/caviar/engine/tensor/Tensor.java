package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A rectangular block of numbers of one type: a value ([Array]), or a symbol of one while a function is traced ([Sym]).
///
/// Tensors never change. Operands of two-argument methods are brought to a common type and shape as in NumPy: types are
/// promoted, axes are aligned at the end, and an axis of length 1 is repeated. A Java number takes the tensor's type.
/// Shape errors are [ShapeException]s that name the op and the shapes.
///
/// ```java
/// Tensor x = Tensor.of(new float[] {1, 2, 3});
/// Tensor y = x.mul(2).add(1).sum();        // 15
/// float v = y.item();
/// ```
public abstract sealed class Tensor permits Array, Sym {
    Tensor() {}

    /// Element type and shape.
    public abstract Type type();

    public final Shape shape() {
        return type().shape();
    }

    public final DType dtype() {
        return type().dtype();
    }

    public final int rank() {
        return shape().rank();
    }

    // ---- values

    /// This tensor as a value; a traced symbol has none and throws [TraceException] with the line that made it.
    public abstract Array array();

    /// The only element as a float; throws [ShapeException] where there are several.
    public final float item() {
        return (float) itemAsDouble();
    }

    /// The only element as a double.
    public final double itemAsDouble() {
        var buffer = array().buffer();
        if (buffer.size() != 1) {
            throw new ShapeException("item() of a tensor of shape " + shape() + ": it has " + buffer.size()
                    + " elements.\nMaybe sum() or mean() it first.");
        }
        return buffer.at(0);
    }

    public final float[] toFloats() {
        var doubles = toDoubles();
        var out = new float[doubles.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) doubles[i];
        }
        return out;
    }

    public final double[] toDoubles() {
        return array().toDoubleArray();
    }

    public final long[] toLongs() {
        return array().toLongArray();
    }

    // ---- making

    public static Tensor of(float... values) {
        return Array.of(Type.of(DType.F32, values.length), values);
    }

    public static Tensor of(double... values) {
        return Array.of(Type.of(DType.F64, values.length), values);
    }

    public static Tensor of(long... values) {
        return Array.of(Type.of(DType.I64, values.length), values);
    }

    public static Tensor of(boolean... values) {
        return Array.of(Type.of(DType.BOOL, values.length), values);
    }

    /// A matrix of the rows of `values`, which must be of one length.
    public static Tensor of(float[][] values) {
        return Array.rows(values);
    }

    /// A single number of F32.
    public static Tensor scalar(double value) {
        return scalar(value, DType.F32);
    }

    public static Tensor scalar(double value, DType dtype) {
        return Array.number(value, dtype);
    }

    public static Tensor zeros(long... dims) {
        return full(0, Type.of(DType.F32, dims));
    }

    public static Tensor ones(long... dims) {
        return full(1, Type.of(DType.F32, dims));
    }

    /// A tensor of one repeated number.
    public static Tensor full(double value, Type type) {
        return scalar(value, type.dtype()).expandTo(type.shape());
    }

    /// 0, 1, …, n−1.
    public static Tensor range(long n, DType dtype) {
        var out = Array.allocate(Type.of(dtype, n));
        for (long i = 0; i < n; i++) {
            out.buffer().set(i, i);
        }
        return out;
    }

    /// A value over memory that the caller keeps alive and does not change.
    public static Tensor wrap(Buffer buffer) {
        return new Array(buffer);
    }

    // ---- one argument, elementwise

    public final Tensor neg() {
        return Unary.NEG.on(this);
    }

    public final Tensor abs() {
        return Unary.ABS.on(this);
    }

    public final Tensor sign() {
        return Unary.SIGN.on(this);
    }

    public final Tensor exp() {
        return Unary.EXP.on(this);
    }

    public final Tensor expm1() {
        return Unary.EXPM1.on(this);
    }

    public final Tensor log() {
        return Unary.LOG.on(this);
    }

    public final Tensor log1p() {
        return Unary.LOG1P.on(this);
    }

    public final Tensor sqrt() {
        return Unary.SQRT.on(this);
    }

    public final Tensor rsqrt() {
        return Unary.RSQRT.on(this);
    }

    public final Tensor square() {
        return Unary.SQUARE.on(this);
    }

    public final Tensor reciprocal() {
        return Unary.RECIPROCAL.on(this);
    }

    public final Tensor sin() {
        return Unary.SIN.on(this);
    }

    public final Tensor cos() {
        return Unary.COS.on(this);
    }

    public final Tensor tanh() {
        return Unary.TANH.on(this);
    }

    public final Tensor sigmoid() {
        return Unary.SIGMOID.on(this);
    }

    public final Tensor softplus() {
        return Unary.SOFTPLUS.on(this);
    }

    public final Tensor erf() {
        return Unary.ERF.on(this);
    }

    public final Tensor relu() {
        return Unary.RELU.on(this);
    }

    public final Tensor floor() {
        return Unary.FLOOR.on(this);
    }

    public final Tensor ceil() {
        return Unary.CEIL.on(this);
    }

    /// To the nearest integer, halves to even.
    public final Tensor round() {
        return Unary.ROUND.on(this);
    }

    public final Tensor not() {
        return Unary.NOT.on(this);
    }

    /// True where an element is NaN or infinite.
    public final Tensor notFinite() {
        return Unary.NOT_FINITE.on(this);
    }

    // ---- two arguments, elementwise

    public final Tensor add(Tensor other) {
        return Broadcast.binary(Binary.ADD, this, other);
    }

    public final Tensor add(double other) {
        return add(like(other));
    }

    public final Tensor sub(Tensor other) {
        return Broadcast.binary(Binary.SUB, this, other);
    }

    public final Tensor sub(double other) {
        return sub(like(other));
    }

    public final Tensor mul(Tensor other) {
        return Broadcast.binary(Binary.MUL, this, other);
    }

    public final Tensor mul(double other) {
        return mul(like(other));
    }

    public final Tensor div(Tensor other) {
        return Broadcast.binary(Binary.DIV, this, other);
    }

    public final Tensor div(double other) {
        return div(like(other));
    }

    public final Tensor pow(Tensor other) {
        return Broadcast.binary(Binary.POW, this, other);
    }

    public final Tensor pow(double other) {
        return pow(like(other));
    }

    public final Tensor max(Tensor other) {
        return Broadcast.binary(Binary.MAX, this, other);
    }

    public final Tensor max(double other) {
        return max(like(other));
    }

    public final Tensor min(Tensor other) {
        return Broadcast.binary(Binary.MIN, this, other);
    }

    public final Tensor min(double other) {
        return min(like(other));
    }

    public final Tensor eq(Tensor other) {
        return Broadcast.binary(Binary.EQ, this, other);
    }

    public final Tensor ne(Tensor other) {
        return Broadcast.binary(Binary.NE, this, other);
    }

    public final Tensor lt(Tensor other) {
        return Broadcast.binary(Binary.LT, this, other);
    }

    public final Tensor le(Tensor other) {
        return Broadcast.binary(Binary.LE, this, other);
    }

    public final Tensor gt(Tensor other) {
        return Broadcast.binary(Binary.GT, this, other);
    }

    public final Tensor gt(double other) {
        return gt(like(other));
    }

    public final Tensor ge(Tensor other) {
        return Broadcast.binary(Binary.GE, this, other);
    }

    public final Tensor and(Tensor other) {
        return Broadcast.binary(Binary.AND, this, other);
    }

    public final Tensor or(Tensor other) {
        return Broadcast.binary(Binary.OR, this, other);
    }

    /// `a` where this (boolean) is true, else `b`.
    public final Tensor where(Tensor a, Tensor b) {
        return Broadcast.where(this, a, b);
    }

    // ---- reductions; no axes means all of them

    public final Tensor sum(int... axes) {
        return Reduce.of(ReduceFn.SUM, this, axes);
    }

    public final Tensor prod(int... axes) {
        return Reduce.of(ReduceFn.PROD, this, axes);
    }

    public final Tensor max(int[] axes) {
        return Reduce.of(ReduceFn.MAX, this, axes);
    }

    public final Tensor min(int[] axes) {
        return Reduce.of(ReduceFn.MIN, this, axes);
    }

    public final Tensor mean(int... axes) {
        return Composite.mean(this, axes);
    }

    /// The biased variance: the mean squared distance from the mean.
    public final Tensor variance(int... axes) {
        return Composite.variance(this, axes);
    }

    /// The position of the first largest element along an axis, as I64.
    public final Tensor argmax(int axis) {
        return new Index.Arg(true, shape().axis(axis)).on(this);
    }

    public final Tensor argmin(int axis) {
        return new Index.Arg(false, shape().axis(axis)).on(this);
    }

    // ---- shape

    public final Tensor reshape(long... dims) {
        return reshape(Shape.of(dims));
    }

    /// The same elements in the same order under another shape; one length may be −1 and is then worked out.
    public final Tensor reshape(Shape to) {
        return View.reshape(this, to);
    }

    /// The axes in another order, reversed where none is given.
    public final Tensor transpose(int... order) {
        var axes = order.length == 0
                ? IntStream.range(0, rank()).map(i -> rank() - 1 - i).boxed().toList()
                : IntStream.of(order).map(shape()::axis).boxed().toList();
        return new Move.Transpose(axes).on(this);
    }

    /// With one axis at another place, and all others in their order.
    public final Tensor moveAxis(int from, int to) {
        var order = new ArrayList<>(IntStream.range(0, rank()).boxed().toList());
        order.add(shape().axis(to), order.remove(shape().axis(from)));
        return new Move.Transpose(order).on(this);
    }

    /// Repeats axes of length 1, and puts new ones in front, until the shape is `to`.
    public final Tensor expandTo(Shape to) {
        return Broadcast.expand(this, to);
    }

    /// This tensor with an axis of length 1 put in before `axis` (the rank is allowed; −1 means last).
    public final Tensor expandDims(int axis) {
        return reshape(shape().insert(axis < 0 ? axis + rank() + 1 : axis, 1));
    }

    /// This tensor without an axis of length 1.
    public final Tensor squeeze(int axis) {
        if (shape().dim(axis) != 1) {
            throw new ShapeException("squeeze(" + axis + ") of shape " + shape() + ": that axis has length "
                    + shape().dim(axis) + ", not 1.");
        }
        return reshape(shape().without(List.of(shape().axis(axis))));
    }

    /// Elements `from` (inclusive) to `to` (exclusive) of one axis; negative positions count from the end.
    public final Tensor slice(int axis, long from, long to) {
        return Move.slice(this, axis, from, to);
    }

    /// One element of an axis; the axis goes away.
    public final Tensor at(int axis, long position) {
        long p = position < 0 ? position + shape().dim(axis) : position;
        return slice(axis, p, p + 1).squeeze(axis);
    }

    public final Tensor reverse(int... axes) {
        return new Move.Reverse(IntStream.of(axes).map(shape()::axis).boxed().toList()).on(this);
    }

    /// Puts zeros before and after each axis.
    public final Tensor pad(long[] before, long[] after) {
        return Move.pad(this, before, after);
    }

    /// Tensors joined along an axis.
    public static Tensor concat(int axis, Tensor... parts) {
        return Move.concat(axis, List.of(parts));
    }

    /// Tensors of one shape joined along a new axis.
    public static Tensor stack(int axis, Tensor... parts) {
        var wide = new ArrayList<Tensor>();
        for (var part : parts) {
            wide.add(part.expandDims(axis));
        }
        return Move.concat(axis, wide);
    }

    public final Tensor cast(DType to) {
        return to == dtype() ? this : new Cast(to).on(this);
    }

    // ---- products

    /// The matrix product of the last two axes; axes before them are aligned as in NumPy. A vector on either side is
    /// treated as a row (left) or a column (right).
    public final Tensor matmul(Tensor other) {
        return Contract.matmul(this, other);
    }

    /// The general product: `batch` axes run along, `contract` axes are summed, all others remain, in the order
    /// batch, left, right.
    public final Tensor contract(Tensor other, Contract axes) {
        return axes.on(this, other);
    }

    // ---- index

    /// The rows (slices of axis 0) at these integer positions: shape `positions ++ this[1:]`.
    public final Tensor gather(Tensor positions) {
        return new Index.Gather().on(this, positions);
    }

    /// Adds each row of `rows` at its position to a tensor of zeros with `n` rows.
    public static Tensor scatterAdd(long n, Tensor positions, Tensor rows) {
        return new Index.ScatterAdd(n).on(positions, rows);
    }

    /// Integer classes as vectors with a single one: a new last axis of length `classes`.
    public final Tensor oneHot(long classes, DType dtype) {
        return new Index.OneHot(classes, dtype).on(this);
    }

    /// Sorted along the last axis, smallest first, NaN last.
    public final Tensor sort() {
        return Index.sort(this);
    }

    /// The positions along the last axis that would sort it; equal elements keep their order.
    public final Tensor argsort() {
        return new Index.ArgSort().on(this);
    }

    // ---- softmax family

    /// exp(x) over its sum along an axis, stable for large values.
    public final Tensor softmax(int axis) {
        return Composite.softmax(this, axis);
    }

    public final Tensor logSoftmax(int axis) {
        return Composite.logSoftmax(this, axis);
    }

    public final Tensor logSumExp(int axis) {
        return Composite.logSumExp(this, axis);
    }

    // ---- gradients

    /// The same value, through which no gradient flows.
    public final Tensor stopGradient() {
        return new View.Stop().on(this);
    }

    final Tensor like(double value) {
        return Array.number(value, dtype());
    }
}
