package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.util.List;

/// Poolings by oneDNN, channels last. Its workspace of max pooling is what we call the taps' numbers.
final class DnnlPooling {
    private static final int TRAINING = 64;
    private static final int MAX = 0x1ff;
    private static final int MEAN = 0x3ff;
    private static final int WORKSPACE = 64;
    private static final int DIFF_SRC = 129;
    private static final int DIFF_DST = 145;

    private static final Dnnl.Call FORWARD = Dnnl.call("dnnl_pooling_forward_primitive_desc_create", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Dnnl.Call BACKWARD = Dnnl.call("dnnl_pooling_backward_primitive_desc_create", JAVA_LONG, JAVA_LONG, JAVA_INT,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private DnnlPooling() {}

    /// Plain Java takes what the library does not: sums, looking up by taps, other types than F32, and what it has only slow
    /// code for.
    static Routine prepare(PoolSpec spec) {
        boolean takes = switch (spec.kind()) {
            case MAX, MAX_BACK, MEAN, MEAN_BACK -> spec.dtype() == DType.F32 && spec.x().size() > 0 && spec.y().size() > 0;
            case MAX_AT, SUM, SUM_BACK -> false;
        };
        if (takes) {
            try {
                var primitive = DnnlPrimitive.of(spec, () -> make(spec));
                if (!primitive.reference()) {
                    return primitive.routine(spec);
                }
            } catch (DnnlException e) {
                if (e.status() != DnnlException.Status.UNIMPLEMENTED && e.status() != DnnlException.Status.INVALID_ARGUMENTS) {
                    throw e;
                }
            }
        }
        return PlainPooling.prepare(spec);
    }

    private static DnnlPrimitive make(PoolSpec spec) {
        boolean back = spec.kind().back();
        var x = DnnlConvolution.image(back ? DIFF_SRC : Dnnl.ARG_SRC, back ? Dnnl.QUERY_DIFF_SRC : Dnnl.QUERY_SRC, spec.dtype(), spec.x(), back);
        var y = DnnlConvolution.image(back ? DIFF_DST : Dnnl.ARG_DST, back ? Dnnl.QUERY_DIFF_DST : Dnnl.QUERY_DST, spec.dtype(), spec.y(), !back);
        var taps = DnnlConvolution.image(WORKSPACE, Dnnl.QUERY_WORKSPACE, spec.positionType(), spec.y(), !back);
        var operands = switch (spec.kind()) {
            case MAX -> List.of(x, y, taps);
            case MAX_BACK -> List.of(y, taps, x);
            case MEAN -> List.of(x, y);
            default -> List.of(y, x);
        };
        return new DnnlPrimitive(operands, false, false, null, (descs, attributes) -> describe(spec, descs, attributes));
    }

    private static long describe(PoolSpec spec, long[] descs, long attributes) {
        int algorithm = spec.kind() == PoolSpec.Kind.MAX || spec.kind() == PoolSpec.Kind.MAX_BACK ? MAX : MEAN;
        long x = spec.kind().back() ? descs[descs.length - 1] : descs[0];
        long y = spec.kind().back() ? descs[0] : descs[1];
        try (var arena = Arena.ofConfined()) {
            var moves = new DnnlConvolution.Moves(arena, spec.slide());
            long size = DnnlConvolution.Moves.numbers(arena, spec.size(), 0);
            long forward = Dnnl.create(FORWARD, Dnnl.ENGINE, TRAINING, algorithm, x, y, moves.strides, size, moves.dilation, moves.low,
                    moves.high, spec.kind().back() ? 0L : attributes);
            if (!spec.kind().back()) {
                return forward;
            }
            try {
                return Dnnl.create(BACKWARD, Dnnl.ENGINE, algorithm, x, y, moves.strides, size, moves.dilation, moves.low, moves.high, forward,
                        attributes);
            } finally {
                Dnnl.destroyPrimitiveDesc(forward);
            }
        }
    }
}
