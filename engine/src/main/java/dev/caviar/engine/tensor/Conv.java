package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.ConvSpec.Pass;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Slide;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The convolution of x `[examples, spatial…, channels]` with w `[taps…, channels/groups, outputs]`, over 1 to 3 spatial axes:
/// `y[p] = Σ x[p·stride + tap·dilation − low] · w[tap]` `[examples, places…, outputs]`. As everywhere in deep learning, the kernel is
/// not turned round. Of several groups, each sees its own share of the channels and makes its share of the outputs.
///
/// The gradients are of the same family, and so are theirs: `FORWARD` (x, w), `INPUT_GRADIENT` (dy, w) and `WEIGHT_GRADIENT` (x, dy)
/// are three views of one product of three tensors. For the two gradients the slide is exact ([Slide#exact]), which is
/// what tells them the lengths that they make.
///
/// ```java
/// // 3×3 over images of one channel: [5, 28, 28, 1] -> [5, 26, 26, 32]
/// Tensor y = Conv.of(Slide.of(2)).on(Tensor.ones(5, 28, 28, 1), Tensor.ones(3, 3, 1, 32));
/// ```
public record Conv(Pass pass, Slide slide, int groups) implements Op {
    public Conv {
        if (groups < 1) {
            throw new IllegalArgumentException("conv in " + groups + " groups: there is 1 or more.");
        }
    }

    /// A convolution in one group.
    public static Conv of(Slide slide) {
        return new Conv(Pass.FORWARD, slide, 1);
    }

    public Conv withGroups(int groups) {
        return new Conv(pass, slide, groups);
    }

    @Override
    public String label() {
        return switch (pass) {
            case FORWARD -> "conv";
            case INPUT_GRADIENT -> "conv_input_gradient";
            case WEIGHT_GRADIENT -> "conv_weight_gradient";
        };
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
            throw new ShapeException(label() + "(" + a + ", " + b + ") with " + slide + (groups == 1 ? "" : ", " + groups + " groups")
                    + ": " + problem);
        }
        return List.of(a.withShape(made(a.shape(), b.shape())));
    }

    private @Nullable String problem(Type a, Type b) {
        int rank = slide.axes() + 2;
        if (a.dtype() != b.dtype() || !a.dtype().isFloat()) {
            return "both must be floats of one type.\nMaybe cast() first.";
        }
        if (a.shape().rank() != rank || b.shape().rank() != rank) {
            return "over " + slide.axes() + " spatial axes both have " + rank + ".\nMaybe reshape() the input to [examples, spatial…, "
                    + "channels] first.";
        }
        for (int axis = 0; axis < slide.axes(); axis++) {
            if (a.shape().dim(1 + axis) < 0 || b.shape().dim(1 + axis) < 0) {
                return "the spatial lengths must be known.";
            }
        }
        long one = a.shape().dim(-1);
        long other = switch (pass) {
            case FORWARD -> b.shape().dim(-2) * groups;
            case INPUT_GRADIENT -> b.shape().dim(-1);
            case WEIGHT_GRADIENT -> one;
        };
        long outputs = b.shape().dim(-1);
        if (one != other) {
            return "the first has " + one + " channels, the second asks for " + other + ".\nMaybe the kernel was made for another input, or "
                    + "channels come first.";
        }
        if (one % groups != 0 || outputs % groups != 0) {
            return one + " channels and " + outputs + " outputs cannot be divided into " + groups + " groups.";
        }
        if (pass == Pass.WEIGHT_GRADIENT && a.shape().dim(0) != b.shape().dim(0)) {
            return "there are " + a.shape().dim(0) + " examples in the first, " + b.shape().dim(0) + " in the second.";
        }
        for (int axis = 0; axis < slide.axes(); axis++) {
            if (spatial(axis, a.shape(), b.shape()) < 1) {
                return "the kernel does not fit spatial axis " + axis + ".\nMaybe use a smaller kernel, or padding.";
            }
        }
        return null;
    }

    private long spatial(int axis, Shape a, Shape b) {
        return switch (pass) {
            case FORWARD -> b.dim(axis) < 1 ? 0 : slide.places(axis, a.dim(1 + axis), b.dim(axis));
            case INPUT_GRADIENT -> slide.length(axis, a.dim(1 + axis), b.dim(axis));
            case WEIGHT_GRADIENT -> slide.size(axis, a.dim(1 + axis), b.dim(1 + axis));
        };
    }

    private Shape made(Shape a, Shape b) {
        var dims = new ArrayList<Long>();
        if (pass != Pass.WEIGHT_GRADIENT) {
            dims.add(a.dim(0));
        }
        for (int axis = 0; axis < slide.axes(); axis++) {
            dims.add(spatial(axis, a, b));
        }
        switch (pass) {
            case FORWARD -> dims.add(b.dim(-1));
            case INPUT_GRADIENT -> dims.add(b.dim(-2) * groups);
            case WEIGHT_GRADIENT -> dims.addAll(List.of(a.dim(-1) / groups, b.dim(-1)));
        }
        return new Shape(dims);
    }

    /// With F the product of three tensors that all passes are views of, each gradient holds one of them fixed:
    /// y = F(x, w):  dx = I(dy, w), dw = W(x, dy);   x = I(y, w):  dy = F(dx, w), dw = W(dx, y);   w = W(x, y):  dx = I(y, dw), dy = F(x, dw).
    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var a = v.in(0);
        var b = v.in(1);
        var g = v.grad();
        var exact = pass == Pass.FORWARD ? new Conv(pass, exact(a.shape(), b.shape()), groups) : this;
        return switch (pass) {
            case FORWARD -> Arrays.asList(v.needed(0) ? exact.as(Pass.INPUT_GRADIENT).on(g, b) : null,
                    v.needed(1) ? exact.as(Pass.WEIGHT_GRADIENT).on(a, g) : null);
            case INPUT_GRADIENT -> Arrays.asList(v.needed(0) ? as(Pass.FORWARD).on(g, b) : null,
                    v.needed(1) ? as(Pass.WEIGHT_GRADIENT).on(g, a) : null);
            case WEIGHT_GRADIENT -> Arrays.asList(v.needed(0) ? as(Pass.INPUT_GRADIENT).on(b, g) : null,
                    v.needed(1) ? as(Pass.FORWARD).on(a, g) : null);
        };
    }

    private Conv as(Pass other) {
        return new Conv(other, slide, groups);
    }

    private Slide exact(Shape x, Shape w) {
        return slide.exact(x.dims().subList(1, x.rank() - 1), w.dims().subList(0, slide.axes()));
    }

    /// What the kernel is asked for, given operands of these types.
    public ConvSpec spec(Type a, Type b) {
        var out = made(a.shape(), b.shape());
        var x = pass == Pass.INPUT_GRADIENT ? out : a.shape();
        var w = pass == Pass.WEIGHT_GRADIENT ? out : b.shape();
        var y = switch (pass) {
            case FORWARD -> out;
            case INPUT_GRADIENT -> a.shape();
            case WEIGHT_GRADIENT -> b.shape();
        };
        return new ConvSpec(pass, a.dtype(), x, w, y, exact(x, w), groups, false, GemmSpec.Activation.NONE);
    }

    /// A multiplication and an addition for each place, tap and pair of channels; padding counts as if it were there.
    @Override
    public Cost cost(List<Type> in) {
        return Cost.of(2 * spec(in.get(0), in.get(1)).products(), in, infer(in));
    }

    @Override
    public void run(Args a) {
        a.provider().convolution().prepare(spec(a.in(0).type(), a.in(1).type()))
                .run(a.in(0).memory(), a.in(1).memory(), a.out(0).memory());
    }

    @Override
    public List<Sample> samples() {
        int axes = slide.axes();
        var lengths = new ArrayList<Long>();
        var sizes = new ArrayList<Long>();
        for (int axis = 0; axis < axes; axis++) {
            sizes.add(axis == 0 ? 3L : 2L);
            // The last elements of a forward sample are seen by no window, where steps are longer than 1.
            long unseen = pass == Pass.FORWARD ? slide.strides().get(axis) - 1 : 0;
            lengths.add(slide.length(axis, 3, sizes.get(axis)) + unseen);
        }
        var x = Type.of(DType.F32, dims(2, lengths, groups * 2L));
        var w = Type.of(DType.F32, dims(sizes, 2, groups * 3L));
        var y = Type.of(DType.F32, dims(2, java.util.Collections.nCopies(axes, 3L), groups * 3L));
        var a = pass == Pass.INPUT_GRADIENT ? y : x;
        var b = pass == Pass.WEIGHT_GRADIENT ? y : w;
        var bad = new ArrayList<>(List.of(Sample.of(a, b), Sample.bad("floats of one type", a, b.withDType(DType.F64)),
                Sample.bad("spatial axes", a, Type.of(DType.F32, 3, 3))));
        if (pass == Pass.FORWARD) {
            bad.add(Sample.bad("channels", a, b.withShape(b.shape().with(-2, 7))));
            bad.add(Sample.bad("does not fit", a, b.withShape(b.shape().with(0, 50))));
        }
        return bad;
    }

    private static long[] dims(long first, List<Long> middle, long last) {
        var dims = new ArrayList<>(List.of(first));
        dims.addAll(middle);
        dims.add(last);
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    private static long[] dims(List<Long> first, long middle, long last) {
        var dims = new ArrayList<>(first);
        dims.addAll(List.of(middle, last));
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    /// Slides that tests go through.
    static List<Op> prototypes() {
        var ops = new ArrayList<Op>();
        for (var pass : Pass.values()) {
            ops.add(new Conv(pass, Slide.of(2), 1));
            ops.add(new Conv(pass, Slide.of(2).withStrides(List.of(2L, 1L)).withPadding(List.of(1L, 0L), List.of(1L, 1L)), 1));
            ops.add(new Conv(pass, Slide.of(2).withDilation(List.of(2L, 1L)), 2));
            ops.add(new Conv(pass, Slide.of(1).withStrides(List.of(2L)), 1));
            ops.add(new Conv(pass, Slide.of(3).withPadding(List.of(1L, 1L, 0L), List.of(1L, 0L, 0L)), 1));
        }
        return ops;
    }

    @Override
    public String toString() {
        return "Conv(" + pass.name().toLowerCase(Locale.ROOT) + ", " + slide + ", groups " + groups + ")";
    }
}
