package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Ops whose output is their first input, seen in another way: nothing is computed, and a compiled program shares the memory.
///
/// ```java
/// Tensor x = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}});
/// Tensor y = new View.Reshape(Shape.of(3, 2)).on(x);      // {{1, 2}, {3, 4}, {5, 6}}
/// ```
public sealed interface View extends Op {
    @Override
    default void run(Args a) {
        a.out(0).copyFrom(a.in(0).as(a.out(0).type()));
    }

    @Override
    default Cost cost(List<Type> in) {
        return Cost.NONE;
    }

    @Override
    default Precision precision() {
        return Precision.FOLLOW;
    }

    /// The same elements in the same order, under another shape of the same size.
    record Reshape(Shape to) implements View {
        @Override
        public String label() {
            return "reshape";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var x = in.getFirst();
            if (x.shape().known() && to.known() && x.shape().size() != to.size()) {
                throw new ShapeException("reshape of " + x + " to " + to + ": " + x.shape().size() + " elements do not fill "
                        + to.size() + ".\nMaybe give one length as -1.");
            }
            return List.of(x.withShape(to));
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(v.grad().reshape(v.in(0).shape()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return new Reshape(b.after(to)).apply(b.in());
        }

        @Override
        public Op withDims(LongUnaryOperator known) {
            return new Reshape(map(to, known));
        }

        @Override
        public List<Sample> samples() {
            long n = to.size();
            return List.of(Sample.of(Type.of(DType.F32, n)), Sample.bad("do not fill", Type.of(DType.F32, n + 1)));
        }
    }

    /// The same tensor, through which no gradient flows.
    record Stop() implements View {
        @Override
        public String label() {
            return "stop_gradient";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return in;
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
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3)));
        }
    }

    /// The first tensor, for readers that must not run before the second is there. Nothing is moved: it keeps what is computed again
    /// apart from what was computed before, and puts it off until it is needed.
    record After() implements View {
        @Override
        public String label() {
            return "after";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            if (in.size() != 2) {
                throw new ShapeException("after(" + in + "): it takes a tensor and one to wait for.");
            }
            return List.of(in.getFirst());
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Arrays.asList(v.grad(), null);
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return apply(List.of(b.wide(0), b.in(1)));
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3), Type.of(DType.F32, 2)), Sample.bad("one to wait for", Type.of(DType.F32, 3)));
        }
    }

    // ---- what tensors' methods call

    static Tensor reshape(Tensor x, Shape to) {
        int open = to.dims().indexOf(-1L);
        var shape = to;
        if (open >= 0 && x.shape().known()) {
            long rest = to.with(open, 1).size();
            if (rest == 0 || x.shape().size() % rest != 0) {
                throw new ShapeException("reshape of " + x.type() + " to " + to + ": " + x.shape().size()
                        + " elements cannot be divided by " + rest + ".");
            }
            shape = to.with(open, x.shape().size() / rest);
        }
        return shape.equals(x.shape()) ? x : new Reshape(shape).on(x);
    }

    static Shape map(Shape shape, LongUnaryOperator known) {
        return new Shape(shape.dims().stream().map(known::applyAsLong).toList());
    }
}
