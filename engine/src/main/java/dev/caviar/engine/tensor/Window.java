package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.PoolSpec;
import dev.caviar.engine.kernel.PoolSpec.Kind;
import dev.caviar.engine.kernel.Slide;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// The largest, the sum or the mean of each window that slides over the spatial axes of x `[examples, spatial…, channels]`, per
/// channel; padding is never looked at, and does not count in a mean.
///
/// `MAX` has a second output: the number of the tap (row-major in the window) that each element came from, the first of equal
/// ones. By it `MAX_BACK` (dy, taps) brings gradients back and `MAX_AT` (x, taps) looks elements up: each is the other's gradient,
/// as `SUM` and `SUM_BACK`, `MEAN` and `MEAN_BACK` are. The backward kinds' slide is exact ([Slide#exact]).
///
/// ```java
/// var halves = Slide.of(2).withStrides(List.of(2L, 2L));
/// Tensor y = Window.max(Tensor.ones(5, 28, 28, 32), List.of(2L, 2L), halves);       // [5, 14, 14, 32]
/// ```
public record Window(Kind kind, List<Long> size, Slide slide) implements Op {
    public Window {
        size = List.copyOf(size);
        if (size.size() != slide.axes() || size.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("A window of size " + size + " with " + slide + ": it has 1 tap or more along each axis.");
        }
    }

    /// The largest of each window. While tracing, that of a relu is the relu of the largest: the same numbers and gradients, with
    /// the relu, and its gradient, on what is left after pooling.
    public static Tensor max(Tensor x, List<Long> size, Slide slide) {
        if (x instanceof Sym sym && sym.node() instanceof Node node && node.op() == Unary.RELU) {
            return max(node.in().getFirst(), size, slide).relu();
        }
        return new Window(Kind.MAX, size, slide).apply(List.of(x)).getFirst();
    }

    public static Tensor sum(Tensor x, List<Long> size, Slide slide) {
        return new Window(Kind.SUM, size, slide).on(x);
    }

    public static Tensor mean(Tensor x, List<Long> size, Slide slide) {
        return new Window(Kind.MEAN, size, slide).on(x);
    }

    @Override
    public String label() {
        return "window_" + kind.name().toLowerCase(Locale.ROOT);
    }

    /// What only chooses or moves keeps the numbers as they are.
    @Override
    public Precision precision() {
        return kind == Kind.MAX || kind == Kind.MAX_AT ? Precision.FOLLOW : Precision.FULL;
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var a = in.getFirst();
        var problem = problem(in);
        if (problem != null) {
            throw new ShapeException(label() + "(" + a + (in.size() == 1 ? "" : ", " + in.get(1)) + ") of " + size + " with " + slide + ": "
                    + problem);
        }
        var out = a.withShape(kind == Kind.MAX_AT ? in.get(1).shape() : made(a.shape()));
        return kind == Kind.MAX ? List.of(out, out.withDType(PoolSpec.positionType(size))) : List.of(out);
    }

    private @Nullable String problem(List<Type> in) {
        var a = in.getFirst();
        if (!a.dtype().isFloat()) {
            return "it takes floats.\nMaybe cast(DType.F32) first.";
        }
        if (a.shape().rank() != slide.axes() + 2) {
            return "over " + slide.axes() + " spatial axes the input has " + (slide.axes() + 2) + ".\nMaybe reshape() it to [examples, "
                    + "spatial…, channels] first.";
        }
        for (int axis = 0; axis < slide.axes(); axis++) {
            if (a.shape().dim(1 + axis) < 0) {
                return "the spatial lengths must be known.";
            }
            if (made(a.shape()).dim(1 + axis) < 1) {
                return "the window does not fit spatial axis " + axis + ".\nMaybe use a smaller one, or padding.";
            }
        }
        if (in.size() == 2) {
            var wanted = new Type(PoolSpec.positionType(size), kind == Kind.MAX_BACK ? a.shape() : made(a.shape()));
            if (!in.get(1).equals(wanted)) {
                return "the taps must be " + wanted + ", as MAX gives them.";
            }
        }
        return null;
    }

    private Shape made(Shape from) {
        var dims = new ArrayList<>(from.dims());
        for (int axis = 0; axis < slide.axes(); axis++) {
            dims.set(1 + axis, kind.back() ? slide.length(axis, from.dim(1 + axis), size.get(axis))
                    : slide.places(axis, from.dim(1 + axis), size.get(axis)));
        }
        return new Shape(dims);
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var exact = kind.back() ? slide : slide.exact(v.in(0).shape().dims().subList(1, v.in(0).rank() - 1), size);
        return switch (kind) {
            case MAX -> Vjp.one(new Window(Kind.MAX_BACK, size, exact).on(v.grad(), v.out(1)));
            case MAX_BACK -> Arrays.asList(new Window(Kind.MAX_AT, size, exact).on(v.grad(), v.in(1)), null);
            case MAX_AT -> Arrays.asList(new Window(Kind.MAX_BACK, size, exact).on(v.grad(), v.in(1)), null);
            case SUM -> Vjp.one(new Window(Kind.SUM_BACK, size, exact).on(v.grad()));
            case SUM_BACK -> Vjp.one(new Window(Kind.SUM, size, exact).on(v.grad()));
            case MEAN -> Vjp.one(new Window(Kind.MEAN_BACK, size, exact).on(v.grad()));
            case MEAN_BACK -> Vjp.one(new Window(Kind.MEAN, size, exact).on(v.grad()));
        };
    }

    /// What the kernel is asked for, given a first operand of this type.
    public PoolSpec spec(Type first) {
        var other = made(first.shape());
        var x = kind.back() ? other : first.shape();
        return new PoolSpec(kind, first.dtype(), x, kind.back() ? first.shape() : other, size,
                slide.exact(x.dims().subList(1, x.rank() - 1), size));
    }

    /// One operation for each element of each window.
    @Override
    public Cost cost(List<Type> in) {
        var spec = spec(in.getFirst());
        return Cost.of(size.stream().reduce(spec.y().size(), Math::multiplyExact), in, infer(in));
    }

    /// The examples of all calls are the examples of one.
    @Override
    public List<Tensor> batch(Batched b) {
        var calls = b.wide();
        var flat = calls.stream().map(x -> x.reshape(joined(x.shape()))).toList();
        return apply(flat).stream().map(y -> {
            var dims = new ArrayList<>(y.shape().dims());
            dims.set(0, calls.getFirst().shape().dim(1));
            dims.addFirst(calls.getFirst().shape().dim(0));
            return y.reshape(new Shape(dims));
        }).toList();
    }

    private static Shape joined(Shape shape) {
        var dims = new ArrayList<>(shape.dims().subList(1, shape.rank()));
        dims.set(0, shape.dim(0) * shape.dim(1));
        return new Shape(dims);
    }

    @Override
    public void run(Args a) {
        var routine = a.provider().pooling().prepare(spec(a.in(0).type()));
        switch (kind) {
            case MAX -> routine.run(a.in(0).memory(), a.out(0).memory(), a.out(1).memory());
            case MAX_BACK, MAX_AT -> routine.run(a.in(0).memory(), a.in(1).memory(), a.out(0).memory());
            case SUM, SUM_BACK, MEAN, MEAN_BACK -> routine.run(a.in(0).memory(), a.out(0).memory());
        }
    }

    @Override
    public List<Sample> samples() {
        var small = new ArrayList<Long>();
        var large = new ArrayList<Long>();
        for (int axis = 0; axis < slide.axes(); axis++) {
            small.add(3L);
            long unseen = kind.back() ? 0 : slide.strides().get(axis) - 1;
            large.add(slide.length(axis, 3, size.get(axis)) + unseen);
        }
        var from = type(kind.back() ? small : large);
        if (kind == Kind.MAX_BACK || kind == Kind.MAX_AT) {
            var taps = new Type(PoolSpec.positionType(size), type(small).shape());
            return List.of(Sample.of(from, taps).within(0, size.stream().reduce(1L, Math::multiplyExact)),
                    Sample.bad("taps must be", from, taps.withDType(DType.F32)));
        }
        return List.of(Sample.of(from), Sample.bad("takes floats", from.withDType(DType.I32)),
                Sample.bad("spatial axes", Type.of(DType.F32, 3, 3)));
    }

    private static Type type(List<Long> spatial) {
        return Type.of(DType.F32, LongStream.concat(LongStream.concat(LongStream.of(2), spatial.stream().mapToLong(n -> n)),
                LongStream.of(3)).toArray());
    }

    /// Slides that tests go through.
    static List<Op> prototypes() {
        var ops = new ArrayList<Op>();
        var halves = Slide.of(2).withStrides(List.of(2L, 2L));
        for (var kind : Kind.values()) {
            ops.add(new Window(kind, List.of(2L, 2L), halves));
            ops.add(new Window(kind, List.of(3L, 2L), Slide.of(2).withPadding(List.of(1L, 0L), List.of(1L, 1L))));
            ops.add(new Window(kind, List.of(2L), Slide.of(1).withDilation(List.of(2L))));
            ops.add(new Window(kind, Collections.nCopies(3, 2L), Slide.of(3)));
        }
        return ops;
    }
}
