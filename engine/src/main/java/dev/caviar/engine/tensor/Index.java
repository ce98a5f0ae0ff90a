package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Indexing;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ops that look elements up by position, and those that find positions.
///
/// ```java
/// Tensor rows = new Index.Gather().on(Tensor.of(10f, 20f, 30f), Tensor.of(2L, 0L));     // 30, 10
/// ```
public sealed interface Index extends Op {

    /// Rows (slices of an axis) at integer positions. Its gradient adds the rows up where they came from.
    ///
    /// The first `batch` axes run along in both: `x [batch…, rows, row…]` at `positions [batch…, which…]` gives
    /// `[batch…, which…, row…]`.
    record Gather(int batch) implements Index {
        public Gather() {
            this(0);
        }

        @Override
        public String label() {
            return "gather";
        }

        @Override
        public Precision precision() {
            return Precision.FOLLOW;
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.get(0);
            integers(this, in.get(1));
            if (x.shape().rank() <= batch) {
                throw new ShapeException("gather from " + x + ": a single number has no rows.");
            }
            alongside(this, batch, in);
            var dims = new ArrayList<>(in.get(1).shape().dims());
            dims.addAll(x.shape().dims().subList(batch + 1, x.shape().rank()));
            return List.of(x.withShape(new Shape(dims)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Arrays.asList(v.needed(0) ? new ScatterAdd(v.in(0).shape().dim(batch), batch).on(v.in(1), v.grad()) : null, null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return batch == 0 && !b.over(0) ? apply(b.in()) : new Gather(batch + 1).apply(b.wide());
        }

        @Override
        public void run(Args a) {
            var x = a.in(0);
            var shape = x.type().shape();
            long slices = length(shape, 0, batch);
            long rows = shape.dim(batch);
            long row = length(shape, batch + 1, shape.rank());
            long count = slices == 0 ? 0 : a.in(1).size() / slices;
            for (long s = 0; s < slices; s++) {
                Indexing.gatherRows(x.type().dtype(), x.memory(), s * rows * row, rows, row,
                        a.in(1).type().dtype(), a.in(1).memory(), s * count, count, a.out(0).memory(), s * count * row);
            }
        }

        @Override
        public Cost cost(List<Type> in) {
            var rows = infer(in);
            return Cost.of(0, List.of(rows.getFirst(), in.get(1)), rows);
        }

        @Override
        public List<Sample> samples() {
            var batched = Sample.of(Type.of(DType.F32, 2, 4, 3), Type.of(DType.I64, 2, 6)).within(0, 4);
            return batch == 1 ? List.of(batched, Sample.bad("first axes", Type.of(DType.F32, 2, 4), Type.of(DType.I64, 3, 6)))
                    : List.of(Sample.of(Type.of(DType.F32, 4, 3), Type.of(DType.I64, 6)).within(0, 4),
                    Sample.of(Type.of(DType.F32, 5), Type.of(DType.I32, 2, 2)).within(0, 4),
                    Sample.bad("whole numbers", Type.of(DType.F32, 4, 3), Type.of(DType.F32, 6)));
        }
    }

    /// Adds each row at its position to a tensor of zeros with `rows` rows.
    ///
    /// The first `batch` axes run along in both: `positions [batch…, which…]` and `x [batch…, which…, row…]` give
    /// `[batch…, rows, row…]`.
    record ScatterAdd(long rows, int batch) implements Index {
        public ScatterAdd(long rows) {
            this(rows, 0);
        }

        @Override
        public String label() {
            return "scatter_add";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            integers(this, in.get(0));
            var x = in.get(1);
            int lead = in.get(0).shape().rank();
            if (lead < batch || x.shape().rank() < lead || !x.shape().dims().subList(0, lead).equals(in.get(0).shape().dims())) {
                throw new ShapeException("scatter_add of rows " + x + " at positions " + in.get(0)
                        + ": the rows' first axes must be those of the positions.");
            }
            var dims = new ArrayList<>(x.shape().dims().subList(0, batch));
            dims.add(rows);
            dims.addAll(x.shape().dims().subList(lead, x.shape().rank()));
            return List.of(x.withShape(new Shape(dims)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Arrays.asList(null, v.needed(1) ? new Gather(batch).on(v.grad(), v.in(0)) : null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new ScatterAdd(rows, batch + 1).apply(b.wide());
        }

        @Override
        public void run(Args a) {
            var y = a.out(0);
            var shape = y.type().shape();
            long slices = length(shape, 0, batch);
            long row = length(shape, batch + 1, shape.rank());
            long count = slices == 0 ? 0 : a.in(0).size() / slices;
            y.memory().asSlice(0, y.type().bytes()).fill((byte) 0);
            for (long s = 0; s < slices; s++) {
                Indexing.scatterAddRows(y.type().dtype(), a.in(1).memory(), s * count * row, a.in(0).type().dtype(),
                        a.in(0).memory(), s * count, count, y.memory(), s * rows * row, rows, row);
            }
        }

        @Override
        public Cost cost(List<Type> in) {
            return Cost.of(in.get(1).shape().size(), in, infer(in));
        }

        @Override
        public List<Sample> samples() {
            if (batch == 1) {
                return List.of(Sample.of(Type.of(DType.I64, 2, 6), Type.of(DType.F32, 2, 6, 3)).within(0, rows));
            }
            return List.of(Sample.of(Type.of(DType.I64, 6), Type.of(DType.F32, 6, 2)).within(0, rows),
                    Sample.bad("first axes", Type.of(DType.I64, 6), Type.of(DType.F32, 5, 2)),
                    Sample.bad("whole numbers", Type.of(DType.F32, 6), Type.of(DType.F32, 6, 2)));
        }
    }

    /// Classes as vectors with a single one, along a new last axis.
    record OneHot(long classes, DType dtype) implements Index {
        @Override
        public String label() {
            return "one_hot";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            integers(this, in.getFirst());
            return List.of(new Type(dtype, in.getFirst().shape().insert(in.getFirst().shape().rank(), classes)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return apply(b.in());
        }

        @Override
        public void run(Args a) {
            Indexing.oneHot(a.in(0).type().dtype(), a.in(0).memory(), 0, a.in(0).size(), classes, dtype, a.out(0).memory(), 0);
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.I64, 5)).within(0, classes), Sample.of(Type.of(DType.I32, 2, 3)).within(0, classes),
                    Sample.bad("whole numbers", Type.of(DType.F32, 5)));
        }
    }

    /// The positions along the last axis that would sort it, smallest first, NaN last, equal ones in order.
    record ArgSort() implements Index {
        @Override
        public String label() {
            return "argsort";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            if (in.getFirst().shape().rank() == 0) {
                throw new ShapeException("argsort of " + in.getFirst() + ": a single number has no order.");
            }
            return List.of(in.getFirst().withDType(DType.I64));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return apply(b.in());
        }

        @Override
        public void run(Args a) {
            var x = a.in(0);
            Indexing.argsort(false, x.type().dtype(), x.memory(), 0, a.out(0).memory(), 0,
                    x.size() / Math.max(1, x.type().shape().dim(-1)), x.type().shape().dim(-1));
        }

        @Override
        public Cost cost(List<Type> in) {
            long n = in.getFirst().shape().dim(-1);
            return Cost.of(in.getFirst().shape().size() * (64 - Long.numberOfLeadingZeros(n)), in, infer(in));
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3, 5)), Sample.of(Type.of(DType.I64, 6)),
                    Sample.bad("has no order", Type.of(DType.F32)));
        }
    }

    /// The position along an axis of the first largest or smallest element.
    record Arg(boolean largest, int axis) implements Index {
        @Override
        public String label() {
            return largest ? "argmax" : "argmin";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            if (axis < 0 || axis >= x.shape().rank() || x.shape().dim(axis) == 0) {
                throw new ShapeException(label() + "(" + x + ") along axis " + axis + ": that axis does not exist or is empty.");
            }
            return List.of(new Type(DType.I64, x.shape().without(List.of(axis))));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Arg(largest, axis + 1).apply(b.in());
        }

        @Override
        public void run(Args a) {
            var x = a.in(0);
            var shape = x.type().shape();
            long outer = length(shape, 0, axis);
            long inner = length(shape, axis + 1, shape.rank());
            a.loops().argReduce(largest, x.type().dtype(), x.memory(), a.out(0).memory(), outer, shape.dim(axis), inner);
        }

        @Override
        public Cost cost(List<Type> in) {
            return Cost.of(in.getFirst().shape().size(), in, infer(in));
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3, 4, 5)), Sample.of(Type.of(DType.I32, 3, 4, 5)),
                    Sample.bad("does not exist", Type.of(DType.F32)));
        }
    }

    /// Sorted along the last axis: each element looked up where argsort says, so that gradients find their way back.
    static Tensor sort(Tensor x) {
        long n = x.shape().dim(-1);
        long rows = x.shape().size() / Math.max(1, n);
        var base = Tensor.range(rows, DType.I64).mul(n).expandDims(1);
        var positions = x.argsort().reshape(rows, n).add(base).reshape(rows * n);
        return x.reshape(rows * n).gather(positions).reshape(x.shape());
    }

    /// The number of elements along some axes; without streams, because a running program allocates nothing.
    private static long length(Shape shape, int from, int to) {
        long length = 1;
        for (int axis = from; axis < to; axis++) {
            length = Math.multiplyExact(length, shape.dim(axis));
        }
        return length;
    }

    private static void alongside(Op op, int batch, List<Type> in) {
        var a = in.get(0).shape().dims();
        var b = in.get(1).shape().dims();
        if (b.size() < batch || !a.subList(0, batch).equals(b.subList(0, batch))) {
            throw new ShapeException(op.label() + " from " + in.get(0) + " at " + in.get(1) + ": the first axes, " + batch
                    + " of them, must be alike.");
        }
    }

    private static void integers(Op op, Type positions) {
        if (positions.dtype() != DType.I64 && positions.dtype() != DType.I32) {
            throw new ShapeException(op.label() + " with " + positions + ": positions and classes are whole numbers.\n"
                    + "Maybe cast(DType.I64) first.");
        }
    }
}
