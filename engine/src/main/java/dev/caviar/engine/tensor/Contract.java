package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Strided;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The general product of two tensors. Each axis of an operand is of one kind: a *batch* axis runs along in both, a
/// *contracted* one is summed, a *free* one remains. The result's axes are batch, left free, right free.
///
/// Closed under differentiation: both gradients are products again, in which free and contracted axes change places.
///
/// ```java
/// // x [5, 3] · w [3, 2]
/// Tensor y = new Contract(List.of(), List.of(), List.of(1), List.of(0)).on(Tensor.ones(5, 3), Tensor.ones(3, 2));
/// ```
public record Contract(List<Integer> batchLeft, List<Integer> batchRight, List<Integer> sumLeft, List<Integer> sumRight)
        implements Op {
    public Contract {
        batchLeft = List.copyOf(batchLeft);
        batchRight = List.copyOf(batchRight);
        sumLeft = List.copyOf(sumLeft);
        sumRight = List.copyOf(sumRight);
    }

    static Tensor matmul(Tensor a, Tensor b) {
        if (a.rank() == 0 || b.rank() == 0) {
            throw new ShapeException("matmul(" + a.type() + ", " + b.type() + "): a single number has no rows.\nMaybe use mul().");
        }
        var dtype = a.dtype().promote(b.dtype());
        var left = a.cast(dtype);
        var right = b.cast(dtype);
        if (left.rank() == 1) {
            var product = matmul(left.expandDims(0), right);
            return product.squeeze(right.rank() == 1 ? 0 : -2);
        }
        if (right.rank() == 1) {
            return matmul(left, right.expandDims(1)).squeeze(-1);
        }
        if (left.shape().dim(-1) != right.shape().dim(-2)) {
            throw new ShapeException("matmul(" + a.type() + ", " + b.type() + "): the left one's last axis is "
                    + left.shape().dim(-1) + ", the right one's last but one " + right.shape().dim(-2)
                    + ".\nMaybe transpose one of them.");
        }
        if (right.rank() == 2) {
            return new Contract(List.of(), List.of(), List.of(left.rank() - 1), List.of(0)).on(left, right);
        }
        int batch = Math.max(left.rank(), right.rank()) - 2;
        var lead = Broadcast.common(left.shape(), right.shape());
        left = left.expandTo(join(lead, left.shape()));
        right = right.expandTo(join(lead, right.shape()));
        var axes = IntStream.range(0, batch).boxed().toList();
        return new Contract(axes, axes, List.of(batch + 1), List.of(batch)).on(left, right);
    }

    private static Shape join(Shape lead, Shape matrix) {
        var dims = new ArrayList<>(lead.dims());
        dims.addAll(matrix.dims().subList(matrix.rank() - 2, matrix.rank()));
        return new Shape(dims);
    }

    @Override
    public String label() {
        return "contract";
    }

    @Override
    public Precision precision() {
        return Precision.LOW;
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var a = in.get(0);
        var b = in.get(1);
        var problem = problem(a, b);
        if (problem != null) {
            throw new ShapeException("contract(" + a + ", " + b + ") over axes " + sumLeft + " and " + sumRight + ", batch "
                    + batchLeft + " and " + batchRight + ": " + problem);
        }
        var dims = new ArrayList<Long>();
        batchLeft.forEach(axis -> dims.add(a.shape().dim(axis)));
        free(a.shape().rank(), batchLeft, sumLeft).forEach(axis -> dims.add(a.shape().dim(axis)));
        free(b.shape().rank(), batchRight, sumRight).forEach(axis -> dims.add(b.shape().dim(axis)));
        return List.of(a.withShape(new Shape(dims)));
    }

    private @Nullable String problem(Type a, Type b) {
        if (a.dtype() != b.dtype() || !a.dtype().isFloat()) {
            return "both must be floats of one type.\nMaybe cast() first.";
        }
        var left = concat(batchLeft, sumLeft);
        var right = concat(batchRight, sumRight);
        if (left.size() != right.size() || batchLeft.size() != batchRight.size()) {
            return "as many axes must be named on both sides.";
        }
        for (int i = 0; i < left.size(); i++) {
            if (left.get(i) >= a.shape().rank() || right.get(i) >= b.shape().rank()) {
                return "there is no axis " + (left.get(i) >= a.shape().rank() ? left.get(i) : right.get(i)) + ".";
            }
            if (a.shape().dim(left.get(i)) != b.shape().dim(right.get(i))) {
                return "axis " + left.get(i) + " has length " + a.shape().dim(left.get(i)) + ", axis " + right.get(i)
                        + " of the other " + b.shape().dim(right.get(i)) + ".";
            }
        }
        return null;
    }

    /// Kinds of axis: b batch, s summed, l left free, r right free.
    /// left [b l s] · right [b r s] -> out [b l r];  d left = out·right over r -> [b l s];  d right = left·out over l -> [b s r].
    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var a = v.in(0);
        var b = v.in(1);
        var g = v.grad();
        var freeLeft = free(a.rank(), batchLeft, sumLeft);
        var freeRight = free(b.rank(), batchRight, sumRight);
        int batch = batchLeft.size();
        var outBatch = IntStream.range(0, batch).boxed().toList();
        var outLeft = IntStream.range(batch, batch + freeLeft.size()).boxed().toList();
        var outRight = IntStream.range(batch + freeLeft.size(), g.rank()).boxed().toList();
        Tensor da = null;
        if (v.needed(0)) {
            // The remaining right axes are the summed ones, in the right operand's order; name them by the left's.
            var rest = free(b.rank(), batchRight, freeRight);
            var names = concat(concat(batchLeft, freeLeft), rest.stream().map(r -> sumLeft.get(sumRight.indexOf(r))).toList());
            da = ordered(new Contract(outBatch, batchRight, outRight, freeRight).on(g, b), names);
        }
        Tensor db = null;
        if (v.needed(1)) {
            var rest = free(a.rank(), batchLeft, freeLeft);
            var names = concat(concat(batchRight, rest.stream().map(l -> sumRight.get(sumLeft.indexOf(l))).toList()), freeRight);
            db = ordered(new Contract(batchLeft, outBatch, freeLeft, outLeft).on(a, g), names);
        }
        return Arrays.asList(da, db);
    }

    /// Axis `i` of `x` is axis `names[i]` of the wanted tensor: puts them in order.
    private static Tensor ordered(Tensor x, List<Integer> names) {
        var order = IntStream.range(0, names.size()).map(names::indexOf).boxed().toList();
        return order.equals(IntStream.range(0, names.size()).boxed().toList()) ? x : new Move.Transpose(order).on(x);
    }

    /// A right operand that is shared sees all the left ones as one taller matrix; else the calls are one more batch axis.
    @Override
    public List<Tensor> batch(Batched b) {
        if (!b.over(1) && batchLeft.isEmpty()) {
            var taller = new Contract(List.of(), List.of(), Batched.after(sumLeft), sumRight);
            if (taller.plan(b.in(0).type(), b.in(1).type()).copyLeft() == null) {
                return taller.apply(b.in());
            }
        }
        var left = concat(List.of(0), Batched.after(batchLeft));
        var right = concat(List.of(0), Batched.after(batchRight));
        return new Contract(left, right, Batched.after(sumLeft), Batched.after(sumRight)).apply(b.wide());
    }

    @Override
    public void run(Args a) {
        var plan = plan(a.in(0).type(), a.in(1).type());
        var left = plan.copyLeft() == null ? a.in(0) : packed(a.in(0), plan.copyLeft());
        var right = plan.copyRight() == null ? a.in(1) : packed(a.in(1), plan.copyRight());
        a.provider().gemm().prepare(plan.spec()).run(left.memory(), right.memory(), null, a.out(0).memory());
    }

    private static Buffer packed(Buffer x, List<Integer> order) {
        var out = Array.allocate(new Move.Transpose(order).infer(List.of(x.type())).getFirst()).buffer();
        new Move.Transpose(order).run(new Args(dev.caviar.engine.kernel.Provider.plain(), List.of(x), List.of(out)));
        return out;
    }

    /// How the product runs: one batched matrix product, before which an operand may have to be copied to another order
    /// of its axes (null: used as it is).
    public record Plan(GemmSpec spec, @Nullable List<Integer> copyLeft, @Nullable List<Integer> copyRight) {}

    /// Groups the axes of each kind into one; where their strides do not allow that, the operand is copied first.
    public Plan plan(Type a, Type b) {
        var left = Operand.of(a, batchLeft, free(a.shape().rank(), batchLeft, sumLeft), sumLeft);
        var right = Operand.of(b, batchRight, sumRight, free(b.shape().rank(), batchRight, sumRight));
        long m = left.rows();
        long n = right.columns();
        var spec = new GemmSpec(a.dtype(), a.dtype(), left.batch(), m, n, left.columns(), left.strides(), right.strides(),
                new GemmSpec.Strides(m * n, n, 1), null, false, GemmSpec.Activation.NONE);
        return new Plan(spec, left.copy(), right.copy());
    }

    private record Operand(long batch, long rows, long columns, GemmSpec.Strides strides, @Nullable List<Integer> copy) {
        static Operand of(Type type, List<Integer> batch, List<Integer> rows, List<Integer> columns) {
            var shape = type.shape();
            long nb = length(shape, batch);
            long nr = length(shape, rows);
            long nc = length(shape, columns);
            long sb = stride(shape, batch);
            long sr = stride(shape, rows);
            long sc = stride(shape, columns);
            if (sb < 0 || sr < 0 || sc < 0) {
                return new Operand(nb, nr, nc, new GemmSpec.Strides(nr * nc, nc, 1), concat(concat(batch, rows), columns));
            }
            return new Operand(nb, nr, nc, new GemmSpec.Strides(sb, sr, sc), null);
        }

        private static long length(Shape shape, List<Integer> axes) {
            return axes.stream().mapToLong(shape::dim).reduce(1, Math::multiplyExact);
        }

        /// The one stride that walks these axes in order; −1 where there is none.
        private static long stride(Shape shape, List<Integer> axes) {
            var strides = shape.strides();
            long stride = 1;
            long expected = -1;
            for (int i = axes.size() - 1; i >= 0; i--) {
                int axis = axes.get(i);
                if (shape.dim(axis) == 1) {
                    continue;
                }
                if (expected >= 0 && strides[axis] != expected) {
                    return -1;
                }
                if (expected < 0) {
                    stride = strides[axis];
                }
                expected = strides[axis] * shape.dim(axis);
            }
            return stride;
        }
    }

    static List<Integer> free(int rank, List<Integer> some, List<Integer> others) {
        return IntStream.range(0, rank).boxed().filter(axis -> !some.contains(axis) && !others.contains(axis)).toList();
    }

    private static List<Integer> concat(List<Integer> a, List<Integer> b) {
        var out = new ArrayList<>(a);
        out.addAll(b);
        return out;
    }

    /// A multiplication and an addition for each output and summed element.
    @Override
    public Cost cost(List<Type> in) {
        long flops = 2 * infer(in).getFirst().shape().size();
        for (int axis : sumLeft) {
            flops *= in.getFirst().shape().dim(axis);
        }
        return Cost.of(flops, in, infer(in));
    }

    @Override
    public List<Sample> samples() {
        int leftRank = batchLeft.size() + sumLeft.size() + 1;
        int rightRank = batchRight.size() + sumRight.size() + 1;
        var a = dims(leftRank, batchLeft, sumLeft, 4);
        var b = dims(rightRank, batchRight, sumRight, 5);
        var wrong = b.clone();
        wrong[sumRight.getFirst()]++;
        return List.of(Sample.of(Type.of(DType.F32, a), Type.of(DType.F32, b)),
                Sample.bad("has length", Type.of(DType.F32, a), Type.of(DType.F32, wrong)),
                Sample.bad("floats of one type", Type.of(DType.F32, a), Type.of(DType.F64, b)));
    }

    private static long[] dims(int rank, List<Integer> batch, List<Integer> sum, long free) {
        var dims = new long[rank];
        Arrays.fill(dims, free);
        for (int i = 0; i < batch.size(); i++) {
            dims[batch.get(i)] = 2 + i;
        }
        for (int i = 0; i < sum.size(); i++) {
            dims[sum.get(i)] = 3 + i;
        }
        return dims;
    }
}
