package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Strided;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Ops that copy elements to other places and leave their values alone.
///
/// ```java
/// Tensor x = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}});
/// Tensor y = new Move.Transpose(List.of(1, 0)).on(x);     // f32[3, 2]
/// ```
public sealed interface Move extends Op {
    /// How one input's elements go to the output: the copy, and where its first element is read and written.
    ///
    /// ```java
    /// Move.Copy copy = new Move.Transpose(List.of(1, 0)).copies(List.of(Type.of(DType.F32, 2, 3))).getFirst();
    /// ```
    record Copy(Strided strided, long from, long to) {
        public void run(Buffer x, Buffer y) {
            strided.run(x.memory(), from, y.memory(), to);
        }
    }

    /// For inputs of these types, the copies that make the output, one for each input.
    List<Copy> copies(List<Type> in);

    /// Whether parts of the output are zeros that no input brings.
    default boolean clears() {
        return false;
    }

    @Override
    default void run(Args a) {
        run(copies(a.in().stream().map(Buffer::type).toList()), clears(), a);
    }

    /// Runs copies that were worked out before.
    static void run(List<Copy> copies, boolean clears, Args a) {
        if (clears) {
            a.out(0).memory().asSlice(0, a.out(0).type().bytes()).fill((byte) 0);
        }
        for (int i = 0; i < copies.size(); i++) {
            copies.get(i).run(a.in(i), a.out(0));
        }
    }

    private static Copy copy(Type x, long from, long[] strides, long to, long[] target, long[] dims) {
        return new Copy(Strided.of(x.dtype(), strides, target, dims), from, to);
    }

    @Override
    default Precision precision() {
        return Precision.FOLLOW;
    }

    /// The axes in another order: axis `i` of the output is axis `order[i]` of the input.
    record Transpose(List<Integer> order) implements Move {
        public Transpose {
            order = List.copyOf(order);
        }

        @Override
        public String label() {
            return "transpose";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            if (!order.stream().sorted().toList().equals(IntStream.range(0, x.shape().rank()).boxed().toList())) {
                throw new ShapeException("transpose of " + x + " to the order " + order + ": every axis must be named once.");
            }
            return List.of(x.withShape(new Shape(order.stream().map(x.shape().dims()::get).toList())));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var back = IntStream.range(0, order.size()).map(order::indexOf).boxed().toList();
            return Vjp.one(new Transpose(back).on(v.grad()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Transpose(front(0, Batched.after(order))).apply(b.in());
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var from = in.getFirst().shape().strides();
            var strides = order.stream().mapToLong(axis -> from[axis]).toArray();
            var y = infer(in).getFirst().shape();
            return List.of(copy(in.getFirst(), 0, strides, 0, y.strides(), y.toArray()));
        }

        @Override
        public List<Sample> samples() {
            var dims = IntStream.range(0, order.size()).mapToLong(i -> i + 2).toArray();
            return List.of(Sample.of(Type.of(DType.F32, dims)), Sample.of(Type.of(DType.I32, dims)),
                    Sample.bad("every axis must be named once", Type.of(DType.F32, Shape.of(dims).insert(0, 2).toArray())));
        }
    }

    /// Puts in the axes `axes` of the output and repeats along them; the input has the others. The gradient of a sum, as
    /// a sum is its gradient.
    record Expand(Shape to, List<Integer> axes) implements Move {
        public Expand {
            axes = List.copyOf(axes);
        }

        /// Neighbouring axes that are all new or all kept, and how many elements they have together.
        ///
        /// ```java
        /// var middle = new Move.Expand(Shape.of(5, 7, 3), List.of(1)).stretches().get(1);       // new, 7 elements
        /// ```
        public record Stretch(boolean fresh, List<Integer> axes, long length) {}

        /// The axes in stretches that are kept and new in turns; those of length 1 belong to none.
        public List<Stretch> stretches() {
            var all = new ArrayList<Stretch>();
            for (int axis = 0; axis < to.rank(); axis++) {
                long dim = to.dim(axis);
                boolean fresh = axes.contains(axis);
                if (dim != 1 && !all.isEmpty() && all.getLast().fresh == fresh) {
                    var last = all.removeLast();
                    all.add(new Stretch(fresh, Stream.concat(last.axes.stream(), Stream.of(axis)).toList(), last.length * dim));
                } else if (dim != 1) {
                    all.add(new Stretch(fresh, List.of(axis), dim));
                }
            }
            return all;
        }

        @Override
        public String label() {
            return "expand";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            if (!x.shape().equals(to.without(axes))) {
                throw new ShapeException("expand of " + x + " to " + to + " along axes " + axes + ": the input must be "
                        + to.without(axes) + ".\nMaybe use expandTo(), which finds the axes.");
            }
            return List.of(x.withShape(to));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(axes.isEmpty() ? v.grad() : v.grad().sum(axes.stream().mapToInt(i -> i).toArray()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Expand(b.after(to), Batched.after(axes)).apply(b.in());
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var from = in.getFirst().shape().strides();
            var strides = new long[to.rank()];
            for (int axis = 0, next = 0; axis < strides.length; axis++) {
                strides[axis] = axes.contains(axis) ? 0 : from[next++];
            }
            return List.of(copy(in.getFirst(), 0, strides, 0, to.strides(), to.toArray()));
        }

        @Override
        public Op withDims(LongUnaryOperator known) {
            return new Expand(View.map(to, known), axes);
        }

        @Override
        public List<Sample> samples() {
            var from = to.without(axes);
            return List.of(Sample.of(new Type(DType.F32, from)), Sample.of(new Type(DType.I64, from)),
                    Sample.bad("the input must be", new Type(DType.F32, from.insert(0, 7))));
        }
    }

    /// Elements `start + i·step`, `count` of them, of every axis.
    record Slice(List<Long> start, List<Long> count, List<Long> step) implements Move {
        public Slice {
            start = List.copyOf(start);
            count = List.copyOf(count);
            step = List.copyOf(step);
        }

        /// This one and then another as one.
        public Slice then(Slice next) {
            var first = new ArrayList<Long>();
            var steps = new ArrayList<Long>();
            for (int axis = 0; axis < start.size(); axis++) {
                first.add(start.get(axis) + next.start.get(axis) * step.get(axis));
                steps.add(step.get(axis) * next.step.get(axis));
            }
            return new Slice(first, next.count, steps);
        }

        @Override
        public String label() {
            return "slice";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            boolean fits = start.size() == x.shape().rank();
            for (int axis = 0; fits && axis < start.size(); axis++) {
                long last = start.get(axis) + Math.max(0, count.get(axis) - 1) * step.get(axis);
                fits = start.get(axis) >= 0 && count.get(axis) >= 0 && step.get(axis) > 0
                        && (count.get(axis) == 0 || x.shape().dim(axis) < 0 || last < x.shape().dim(axis));
            }
            if (!fits) {
                throw new ShapeException("slice of " + x + " from " + start + ", " + count + " elements in steps of " + step
                        + ": it leaves the tensor.");
            }
            return List.of(x.withShape(new Shape(count)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var shape = v.in(0).shape();
            var after = new ArrayList<Long>();
            for (int axis = 0; axis < start.size(); axis++) {
                after.add(shape.dim(axis) - start.get(axis) - width(count.get(axis), step.get(axis)));
            }
            return Vjp.one(new Pad(start, after, step).on(v.grad()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Slice(front(0L, start), front((long) b.k(), count), front(1L, step)).apply(b.in());
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var from = in.getFirst().shape().strides();
            long offset = 0;
            var strides = new long[from.length];
            for (int axis = 0; axis < from.length; axis++) {
                offset += start.get(axis) * from[axis];
                strides[axis] = from[axis] * step.get(axis);
            }
            var y = infer(in).getFirst().shape();
            return List.of(copy(in.getFirst(), offset, strides, 0, y.strides(), y.toArray()));
        }

        @Override
        public Op withDims(LongUnaryOperator known) {
            return new Slice(start, count.stream().map(known::applyAsLong).toList(), step);
        }

        @Override
        public Cost cost(List<Type> in) {
            return Cost.of(0, infer(in), infer(in));
        }

        @Override
        public List<Sample> samples() {
            var dims = new long[start.size()];
            for (int axis = 0; axis < dims.length; axis++) {
                dims[axis] = start.get(axis) + width(count.get(axis), step.get(axis)) + 1;
            }
            return List.of(Sample.of(Type.of(DType.F32, dims)), Sample.of(Type.of(DType.U8, dims)),
                    Sample.bad("it leaves the tensor", new Type(DType.F32, Shape.of(dims).with(0, 1))));
        }
    }

    /// Zeros before and after each axis, and `step − 1` of them between neighbours.
    record Pad(List<Long> before, List<Long> after, List<Long> step) implements Move {
        public Pad {
            before = List.copyOf(before);
            after = List.copyOf(after);
            step = List.copyOf(step);
        }

        /// This one and then another as one; null where the zeros of both would not lie in one pattern: between elements first, and
        /// around them later.
        public @Nullable Pad then(Pad next) {
            var first = new ArrayList<Long>();
            var last = new ArrayList<Long>();
            var steps = new ArrayList<Long>();
            for (int axis = 0; axis < step.size(); axis++) {
                if (next.step.get(axis) != 1 && (before.get(axis) != 0 || after.get(axis) != 0)) {
                    return null;
                }
                first.add(before.get(axis) + next.before.get(axis));
                last.add(after.get(axis) + next.after.get(axis));
                steps.add(step.get(axis) * next.step.get(axis));
            }
            return new Pad(first, last, steps);
        }

        @Override
        public String label() {
            return "pad";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            if (before.size() != x.shape().rank() || Collections.min(join(before, after, List.of(0L))) < 0) {
                throw new ShapeException("pad of " + x + " by " + before + " and " + after
                        + ": it takes a count from 0 for each axis.");
            }
            var dims = new ArrayList<Long>();
            for (int axis = 0; axis < before.size(); axis++) {
                dims.add(before.get(axis) + width(x.shape().dim(axis), step.get(axis)) + after.get(axis));
            }
            return List.of(x.withShape(new Shape(dims)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(new Slice(before, v.in(0).shape().dims(), step).on(v.grad()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Pad(front(0L, before), front(0L, after), front(1L, step)).apply(b.in());
        }

        @Override
        public boolean clears() {
            return true;
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var x = in.getFirst().shape();
            var to = infer(in).getFirst().shape().strides();
            long offset = 0;
            var strides = new long[to.length];
            for (int axis = 0; axis < to.length; axis++) {
                offset += before.get(axis) * to[axis];
                strides[axis] = to[axis] * step.get(axis);
            }
            return List.of(copy(in.getFirst(), 0, x.strides(), offset, strides, x.toArray()));
        }

        @Override
        public List<Sample> samples() {
            var dims = IntStream.range(0, before.size()).mapToLong(i -> i + 2).toArray();
            return List.of(Sample.of(Type.of(DType.F32, dims)), Sample.bad("it takes a count",
                    new Type(DType.F32, Shape.of(dims).insert(0, 2))));
        }
    }

    /// Tensors one behind the other along an axis.
    record Concat(int axis) implements Move {
        @Override
        public String label() {
            return "concat";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            long length = 0;
            var first = in.getFirst();
            for (var x : in) {
                if (x.dtype() != first.dtype() || x.shape().rank() != first.shape().rank() || axis >= x.shape().rank()
                        || !x.shape().with(axis, 0).equals(first.shape().with(axis, 0))) {
                    throw new ShapeException("concat along axis " + axis + " of " + in + ": all must be alike but for that axis.");
                }
                length += x.shape().dim(axis);
            }
            return List.of(first.withShape(first.shape().with(axis, length)));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var out = new ArrayList<@Nullable Tensor>();
            long from = 0;
            for (int i = 0; i < v.in().size(); i++) {
                long to = from + v.in(i).shape().dim(axis);
                out.add(v.needed(i) ? v.grad().slice(axis, from, to) : null);
                from = to;
            }
            return out;
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Concat(axis + 1).apply(b.wide());
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var to = infer(in).getFirst().shape().strides();
            var copies = new ArrayList<Copy>();
            long at = 0;
            for (var x : in) {
                copies.add(copy(x, 0, x.shape().strides(), at * to[axis], to, x.shape().toArray()));
                at += x.shape().dim(axis);
            }
            return copies;
        }

        @Override
        public List<Sample> samples() {
            var a = new Type(DType.F32, Shape.of(IntStream.range(0, axis + 2).mapToLong(i -> i + 2).toArray()));
            return List.of(Sample.of(a, a.withShape(a.shape().with(axis, 5)), a),
                    Sample.bad("all must be alike", a, a.withDType(DType.F64)));
        }
    }

    /// The elements of some axes in opposite order.
    record Reverse(List<Integer> axes) implements Move {
        public Reverse {
            axes = List.copyOf(axes);
        }

        @Override
        public String label() {
            return "reverse";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            for (int axis : axes) {
                if (axis < 0 || axis >= in.getFirst().shape().rank()) {
                    throw new ShapeException("reverse of " + in.getFirst() + " along axes " + axes + ": there is no axis " + axis + ".");
                }
            }
            return in;
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(on(v.grad()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Reverse(Batched.after(axes)).apply(b.in());
        }

        @Override
        public List<Copy> copies(List<Type> in) {
            var x = in.getFirst().shape();
            var strides = x.strides();
            long offset = 0;
            for (int axis : axes) {
                offset += Math.max(0, x.dim(axis) - 1) * strides[axis];
                strides[axis] = -strides[axis];
            }
            return List.of(copy(in.getFirst(), offset, strides, 0, x.strides(), x.toArray()));
        }

        @Override
        public List<Sample> samples() {
            var dims = IntStream.rangeClosed(0, Collections.max(axes)).mapToLong(i -> i + 2).toArray();
            return List.of(Sample.of(Type.of(DType.F32, dims)), Sample.bad("there is no axis", Type.of(DType.F32)));
        }
    }

    // ---- what tensors' methods call

    static Tensor slice(Tensor x, int axis, long from, long to) {
        int at = x.shape().axis(axis);
        long n = x.shape().dim(at);
        long first = from < 0 ? from + n : from;
        long last = to < 0 ? to + n : to;
        var start = new ArrayList<>(Collections.nCopies(x.rank(), 0L));
        var count = new ArrayList<>(x.shape().dims());
        start.set(at, first);
        count.set(at, last - first);
        return new Slice(start, count, Collections.nCopies(x.rank(), 1L)).on(x);
    }

    static Tensor pad(Tensor x, long[] before, long[] after) {
        return new Pad(list(before), list(after), Collections.nCopies(before.length, 1L)).on(x);
    }

    static Tensor concat(int axis, List<Tensor> parts) {
        var op = new Concat(parts.getFirst().shape().axis(axis));
        return parts.size() == 1 ? parts.getFirst() : op.apply(parts).getFirst();
    }

    private static <T> List<T> front(T first, List<T> rest) {
        var all = new ArrayList<T>(List.of(first));
        all.addAll(rest);
        return all;
    }

    private static List<Long> list(long... values) {
        return java.util.stream.LongStream.of(values).boxed().toList();
    }

    private static List<Long> join(List<Long> a, List<Long> b, List<Long> c) {
        var all = new ArrayList<>(a);
        all.addAll(b);
        all.addAll(c);
        return all;
    }

    /// How far `count` elements in steps reach.
    private static long width(long count, long step) {
        return count == 0 ? 0 : (count - 1) * step + 1;
    }
}
