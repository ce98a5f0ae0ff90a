package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Convolutions by oneDNN: activations as they lie, channels last; weights in the layout that the primitive prefers.
final class DnnlConvolution {
    private static final int TRAINING = 64;
    private static final int DIRECT = 1;
    private static final int DIFF_SRC = 129;
    private static final int DIFF_DST = 145;
    private static final int DIFF_WEIGHTS = 161;
    private static final int DIFF_BIAS = 169;
    /// Fewer inputs than this leave most of a small matrix product's depth unused; direct code is then faster.
    private static final long SHALLOW = 8;

    private static final Dnnl.Call FORWARD = Dnnl.call("dnnl_convolution_forward_primitive_desc_create", JAVA_LONG, JAVA_LONG, JAVA_INT,
            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Dnnl.Call BACKWARD_DATA = Dnnl.call("dnnl_convolution_backward_data_primitive_desc_create", JAVA_LONG, JAVA_LONG,
            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Dnnl.Call BACKWARD_WEIGHTS = Dnnl.call("dnnl_convolution_backward_weights_primitive_desc_create", JAVA_LONG,
            JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /// On wider vectors the library's code is the better one.
    private static final @Nullable ConvolutionLoops OWN = Dnnl.isa().toLowerCase(Locale.ROOT).matches(".*(512|avx10).*") ? null
            : ServiceLoader.load(ConvolutionLoops.class, DnnlConvolution.class.getClassLoader()).findFirst().orElse(null);

    private DnnlConvolution() {}

    /// Plain Java takes what the library does not: double precision, empty tensors, and what it has only slow code for.
    static Routine prepare(ConvSpec spec, Loops loops) {
        boolean half = spec.dtype() == DType.BF16 || spec.dtype() == DType.F16;
        if (!half && spec.dtype() != DType.F32 || spec.x().size() == 0 || spec.y().size() == 0 || spec.w().size() == 0) {
            return PlainConvolution.prepare(spec);
        }
        if (OWN != null && spec.dtype() == DType.F32 && Provider.rounded() == null && OWN.prepare(spec) instanceof Routine own) {
            return own;
        }
        if (overruns(spec)) {
            return new StridedTap(spec, dense -> prepare(dense, loops));
        }
        try {
            var image = spec.slide().axes() == 1 ? lying(spec) : spec;
            var primitive = DnnlPrimitive.of(image, () -> make(image));
            if (!primitive.reference()) {
                return primitive.routine(image);
            }
        } catch (DnnlException e) {
            if (e.status() != DnnlException.Status.UNIMPLEMENTED && e.status() != DnnlException.Status.INVALID_ARGUMENTS) {
                throw e;
            }
        }
        return half ? widened(spec, loops) : PlainConvolution.prepare(spec);
    }

    /// For single taps with strides the library (3.11) gathers the pixels that a stride leaves into its scratchpad, and writes
    /// past the end of it where channels do not fill vectors.
    private static boolean overruns(ConvSpec spec) {
        return spec.w().dims().subList(0, spec.slide().axes()).stream().allMatch(n -> n == 1)
                && spec.slide().strides().stream().anyMatch(n -> n > 1);
    }

    /// A line as an image of one row, for which the library has faster code.
    private static ConvSpec lying(ConvSpec spec) {
        var slide = spec.slide();
        var wide = new Slide(join(1, slide.strides()), join(1, slide.dilation()), join(0, slide.low()), join(0, slide.high()));
        return new ConvSpec(spec.pass(), spec.dtype(), spec.x().insert(1, 1), spec.w().insert(0, 1), spec.y().insert(1, 1), wide, spec.groups(), spec.bias(),
                spec.activation());
    }

    private static List<Long> join(long first, List<Long> rest) {
        return Stream.concat(Stream.of(first), rest.stream()).toList();
    }

    private static Routine widened(ConvSpec spec, Loops loops) {
        var wide = new ConvSpec(spec.pass(), DType.F32, spec.x(), spec.w(), spec.y(), spec.slide(), spec.groups(), spec.bias(), spec.activation());
        var sizes = spec.operands().stream().mapToLong(Shape::size).toArray();
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        return new WidenedRoutine(prepare(wide, loops), spec.dtype(), sizes, outputs, loops);
    }

    private static DnnlPrimitive make(ConvSpec spec) {
        var x = image(spec.pass() == ConvSpec.Pass.INPUT_GRADIENT ? DIFF_SRC : Dnnl.ARG_SRC, spec.pass() == ConvSpec.Pass.INPUT_GRADIENT
                ? Dnnl.QUERY_DIFF_SRC : Dnnl.QUERY_SRC, spec.dtype(), spec.x(), spec.pass() == ConvSpec.Pass.INPUT_GRADIENT);
        boolean forward = spec.pass() == ConvSpec.Pass.FORWARD;
        var y = image(forward ? Dnnl.ARG_DST : DIFF_DST, forward ? Dnnl.QUERY_DST : Dnnl.QUERY_DIFF_DST, spec.dtype(), spec.y(), forward);
        var w = kernel(spec);
        var operands = new ArrayList<>(switch (spec.pass()) {
            case FORWARD -> List.of(x, w, y);
            case INPUT_GRADIENT -> List.of(y, w, x);
            case WEIGHT_GRADIENT -> List.of(x, y, w);
        });
        if (spec.bias()) {
            long n = spec.y().dim(-1);
            var row = new DnnlPrimitive.Operand(forward ? Dnnl.ARG_BIAS : DIFF_BIAS, forward ? Dnnl.QUERY_WEIGHTS : Dnnl.QUERY_DIFF_WEIGHTS, 1,
                    spec.dtype(), new long[] {n}, new long[] {1}, false, !forward);
            operands.add(forward ? 2 : 3, row);
        }
        // A product of matrices with a depth of a few channels is slow, where the direct code is not.
        var skip = forward && spec.w().dim(-2) < SHALLOW ? "brg" : null;
        return new DnnlPrimitive(operands, false, spec.activation() == Activation.RELU, skip, (descs, attributes) -> describe(spec, descs, attributes));
    }

    /// Channels come second in the library's numbering of axes, whatever the strides are.
    static DnnlPrimitive.Operand image(int argument, int query, DType dtype, Shape shape, boolean written) {
        int rank = shape.rank();
        var strides = shape.strides();
        var dims = new long[rank];
        var steps = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            int from = axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1;
            dims[axis] = shape.dim(from);
            steps[axis] = strides[from];
        }
        return new DnnlPrimitive.Operand(argument, query, 0, dtype, dims, steps, false, written);
    }

    /// `[taps…, ci, groups·co]` as (groups,) outputs, inputs, taps….
    private static DnnlPrimitive.Operand kernel(ConvSpec spec) {
        boolean written = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT;
        int axes = spec.slide().axes();
        int lead = spec.groups() == 1 ? 0 : 1;
        var strides = spec.w().strides();
        var dims = new long[axes + 2 + lead];
        var steps = new long[dims.length];
        long outputs = spec.w().dim(-1) / spec.groups();
        dims[0] = spec.groups();
        steps[0] = outputs;
        dims[lead] = outputs;
        steps[lead] = 1;
        dims[lead + 1] = spec.w().dim(-2);
        steps[lead + 1] = strides[axes];
        for (int axis = 0; axis < axes; axis++) {
            dims[lead + 2 + axis] = spec.w().dim(axis);
            steps[lead + 2 + axis] = strides[axis];
        }
        return new DnnlPrimitive.Operand(written ? DIFF_WEIGHTS : Dnnl.ARG_WEIGHTS, written ? Dnnl.QUERY_DIFF_WEIGHTS : Dnnl.QUERY_WEIGHTS, 0,
                spec.dtype(), dims, steps, true, written);
    }

    private static long describe(ConvSpec spec, long[] descs, long attributes) {
        try (var arena = Arena.ofConfined()) {
            var moves = new Moves(arena, spec.slide());
            return switch (spec.pass()) {
                case FORWARD -> forward(moves, descs[0], descs[1], spec.bias() ? descs[2] : 0, descs[descs.length - 1], attributes);
                case INPUT_GRADIENT -> {
                    long hint = forward(moves, descs[2], descs[1], 0, descs[0], 0);
                    try {
                        yield Dnnl.create(BACKWARD_DATA, Dnnl.ENGINE, DIRECT, descs[2], descs[1], descs[0], moves.strides, moves.dilation,
                                moves.low, moves.high, hint, attributes);
                    } finally {
                        Dnnl.destroyPrimitiveDesc(hint);
                    }
                }
                case WEIGHT_GRADIENT -> {
                    long bias = spec.bias() ? descs[3] : 0;
                    long hint = forward(moves, descs[0], descs[2], bias, descs[1], 0);
                    try {
                        yield Dnnl.create(BACKWARD_WEIGHTS, Dnnl.ENGINE, DIRECT, descs[0], descs[2], bias, descs[1], moves.strides,
                                moves.dilation, moves.low, moves.high, hint, attributes);
                    } finally {
                        Dnnl.destroyPrimitiveDesc(hint);
                    }
                }
            };
        }
    }

    private static long forward(Moves moves, long x, long w, long bias, long y, long attributes) {
        return Dnnl.create(FORWARD, Dnnl.ENGINE, TRAINING, DIRECT, x, w, bias, y, moves.strides, moves.dilation, moves.low, moves.high,
                attributes);
    }

    /// A slide as the library wants it: addresses of numbers, and a dilation of 0 where taps lie side by side.
    static final class Moves {
        final long strides;
        final long dilation;
        final long low;
        final long high;

        Moves(Arena arena, Slide slide) {
            strides = numbers(arena, slide.strides(), 0);
            dilation = numbers(arena, slide.dilation(), 1);
            low = numbers(arena, slide.low(), 0);
            high = numbers(arena, slide.high(), 0);
        }

        static long numbers(Arena arena, List<Long> values, long less) {
            return arena.allocateFrom(JAVA_LONG, values.stream().mapToLong(n -> n - less).toArray()).address();
        }
    }
}
