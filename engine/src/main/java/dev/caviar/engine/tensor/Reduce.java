package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Sums, products, largest and smallest along axes, which go away. The axes of one op are neighbours; [Tensor]'s methods
/// split others into several ops.
///
/// ```java
/// Tensor total = new Reduce(ReduceFn.SUM, List.of(0)).on(Tensor.of(1f, 2f));     // 3
/// ```
public record Reduce(ReduceFn fn, List<Integer> axes) implements Op {
    public Reduce {
        axes = axes.stream().sorted().toList();
    }

    static Tensor of(ReduceFn fn, Tensor x, int... axes) {
        var wanted = axes.length == 0
                ? IntStream.range(0, x.rank()).boxed().toList()
                : IntStream.of(axes).map(x.shape()::axis).boxed().distinct().sorted().toList();
        var parts = new ArrayList<List<Integer>>();
        for (int end = wanted.size(); end > 0; ) {
            int start = end - 1;
            while (start > 0 && wanted.get(start - 1) == wanted.get(start) - 1) {
                start--;
            }
            parts.add(wanted.subList(start, end));
            end = start;
        }
        // The longest part first, which leaves little for the others; of equal ones the outermost, whose rows are the longest.
        Collections.reverse(parts);
        parts.sort(Comparator.comparingLong(part -> -length(x, part)));
        var y = x;
        var gone = new ArrayList<Integer>();
        for (var part : parts) {
            y = new Reduce(fn, part.stream().map(axis -> axis - (int) gone.stream().filter(other -> other < axis).count()).toList()).on(y);
            gone.addAll(part);
        }
        return y;
    }

    /// As much as can be where it is not known.
    private static long length(Tensor x, List<Integer> axes) {
        return axes.stream().anyMatch(axis -> x.shape().dim(axis) < 0) ? Long.MAX_VALUE
                : axes.stream().mapToLong(axis -> x.shape().dim(axis)).reduce(1, Math::multiplyExact);
    }

    @Override
    public String label() {
        return "reduce_" + fn.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Precision precision() {
        return fn == ReduceFn.MAX || fn == ReduceFn.MIN ? Precision.FOLLOW : Precision.FULL;
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var x = in.getFirst();
        if (x.dtype() == DType.BOOL) {
            throw new ShapeException(label() + "(" + x + "): it takes numbers.\nMaybe cast(DType.I32) first.");
        }
        for (int i = 0; i < axes.size(); i++) {
            if (axes.get(i) < 0 || axes.get(i) >= x.shape().rank() || (i > 0 && axes.get(i) != axes.get(i - 1) + 1)) {
                throw new ShapeException(label() + "(" + x + ") along axes " + axes + ": they must exist and be neighbours.\n"
                        + "Maybe use the tensor's own method, which takes any axes.");
            }
        }
        return List.of(x.withShape(x.shape().without(axes)));
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var x = v.in(0);
        var wide = new Move.Expand(x.shape(), axes).on(v.grad());
        return Vjp.one(switch (fn) {
            case SUM -> wide;
            case MAX, MIN -> ties(x, v.out(0), wide);
            case PROD -> wide.mul(productOfOthers(x));
        });
    }

    /// Equal extremes share the gradient.
    private Tensor ties(Tensor x, Tensor y, Tensor wide) {
        var hit = x.eq(new Move.Expand(x.shape(), axes).on(y)).cast(x.dtype());
        return wide.mul(hit).div(new Move.Expand(x.shape(), axes).on(new Reduce(ReduceFn.SUM, axes).on(hit)));
    }

    /// For each element the product of all others, without dividing (an element may be 0).
    private Tensor productOfOthers(Tensor x) {
        int first = axes.getFirst();
        long n = axes.stream().mapToLong(a -> x.shape().dim(a)).reduce(1, Math::multiplyExact);
        var flat = new ArrayList<>(x.shape().dims().subList(0, first));
        flat.add(n);
        flat.addAll(x.shape().dims().subList(axes.getLast() + 1, x.rank()));
        var line = x.reshape(new Shape(flat));
        var parts = new ArrayList<Tensor>();
        for (long i = 0; i < n; i++) {
            var others = new ArrayList<Tensor>();
            if (i > 0) {
                others.add(line.slice(first, 0, i));
            }
            if (i < n - 1) {
                others.add(line.slice(first, i + 1, n));
            }
            parts.add(others.isEmpty()
                    ? new Move.Expand(line.shape().without(List.of(first)), IntStream.range(0, line.rank() - 1).boxed().toList())
                            .on(x.like(1))
                    : new Reduce(ReduceFn.PROD, List.of(first)).on(Move.concat(first, others)));
        }
        return Tensor.stack(first, parts.toArray(Tensor[]::new)).reshape(x.shape());
    }

    @Override
    public List<Tensor> batch(Batched b) {
        return new Reduce(fn, Batched.after(axes)).apply(b.in());
    }

    @Override
    public void run(Args a) {
        var x = a.in(0);
        long outer = 1;
        long middle = 1;
        long inner = 1;
        for (int axis = 0; axis < x.type().shape().rank(); axis++) {
            long dim = x.type().shape().dim(axis);
            if (axes.contains(axis)) {
                middle *= dim;
            } else if (axes.isEmpty() || axis < axes.getFirst()) {
                outer *= dim;
            } else {
                inner *= dim;
            }
        }
        a.loops().reduce(fn, x.type().dtype(), x.memory(), a.out(0).memory(), outer, middle, inner);
    }

    @Override
    public Cost cost(List<Type> in) {
        return Cost.of(in.getFirst().shape().size(), in, infer(in));
    }

    @Override
    public List<Sample> samples() {
        var cube = Type.of(DType.F32, 2, 3, 4);
        var samples = new ArrayList<>(List.of(Sample.of(cube).within(0.5, 1.5),
                Sample.bad("it takes numbers", Type.of(DType.BOOL, 2, 3, 4))));
        if (!axes.isEmpty()) {
            samples.add(Sample.bad("they must exist", Type.of(DType.F32)));
        }
        return samples;
    }
}
