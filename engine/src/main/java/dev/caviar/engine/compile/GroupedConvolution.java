package dev.caviar.engine.compile;

import dev.caviar.engine.compile.GroupedConvolutionCode.Form;
import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Routine;
import dev.caviar.engine.kernel.Strided;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A convolution in groups, or its gradient with regard to the input where it steps by one, as machine code: `to[p, o] = bias[o] + Σ from[p + tap, i] ·
/// w[tap, i, o]`. The gradient is such a convolution, too, of the slopes by the kernel turned round with its channels exchanged.
///
/// A tile of results (some places of a row × one to three vectors of outputs) stays in registers for all taps and inputs of its group. Each example is
/// first copied to where zeros lie around it, so that no tile has an edge; it stays in the second-level cache.
final class GroupedConvolution implements Routine {
    private static final long FEWEST_INPUTS = 4;
    private static final long FEWEST_PLACES = 8;
    private static final long MOST_WEIGHTS = 1 << 16;

    private final ConvSpec spec;
    private final Volume volume;
    private final long[] bytes;
    private final GroupedConvolutionCode code;
    /// The example with zeros around it, and its lengths.
    private final MemorySegment padded;
    private final List<Long> lengths;
    /// Where the first pixel goes along each axis, which one that is, and how many there are.
    private final List<Long> at = new ArrayList<>();
    private final List<Long> first = new ArrayList<>();
    private final List<Long> count = new ArrayList<>();
    /// The kernel, then a bias.
    private final MemorySegment weights;
    private final @Nullable Strided turn;
    private final MemorySegment jobs;
    private final long tiles;

    private GroupedConvolution(ConvSpec spec, Volume volume, Form form, GroupedConvolutionCode code, List<Long> lengths) {
        this.spec = spec;
        this.volume = volume;
        this.bytes = spec.operands().stream().mapToLong(shape -> 4 * shape.size()).toArray();
        this.code = code;
        this.lengths = lengths;
        for (int axis = 0; axis < 3; axis++) {
            long low = volume.low().get(axis);
            at.add(Math.max(0, low));
            first.add(Math.max(0, -low));
            count.add(Math.max(0, Math.min(volume.x().get(axis) - Math.max(0, -low), lengths.get(axis) - Math.max(0, low))));
        }
        padded = Arena.ofAuto().allocate(lengths.get(0) * lengths.get(1) * lengths.get(2) * volume.xPixel(), 64);
        weights = Arena.ofAuto().allocate(4 * (spec.w().size() + volume.groups() * volume.out()), 64);
        turn = spec.pass() == ConvSpec.Pass.FORWARD ? null : turn(volume);
        var list = code.jobs(form);
        jobs = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, list.stream().mapToLong(n -> n).toArray());
        tiles = list.size() / GroupedConvolutionCode.JOB;
    }

    /// The routine, or null where the library's is as good.
    static @Nullable GroupedConvolution of(ConvSpec spec) {
        boolean forward = spec.pass() == ConvSpec.Pass.FORWARD;
        if (spec.groups() == 1 || spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT || !forward && spec.slide().strides().stream().anyMatch(n -> n > 1)) {
            return null;
        }
        var volume = forward ? Volume.of(spec) : Volume.of(spec).back();
        if (volume.out() % MachineEmitter.LANES != 0 || volume.in() < FEWEST_INPUTS || volume.y().get(2) < FEWEST_PLACES || spec.w().size() > MOST_WEIGHTS
                || volume.examples() == 0) {
            return null;
        }
        var lengths = new ArrayList<Long>();
        for (int axis = 0; axis < 3; axis++) {
            lengths.add((volume.y().get(axis) - 1) * volume.stride().get(axis) + (volume.taps().get(axis) - 1) * volume.dilation().get(axis) + 1);
        }
        var form = new Form(volume.taps(), volume.dilation(), List.of(lengths.get(1), lengths.get(2)), volume.stride().get(2), volume.y().get(2), volume.groups(),
                volume.in(), volume.out(), spec.activation() == GemmSpec.Activation.RELU);
        var code = GroupedConvolutionCode.of(form);
        return code == null ? null : new GroupedConvolution(spec, volume, form, code, lengths);
    }

    /// The kernel `[taps…, i, groups, o]` with its taps in opposite order, as `[taps…, o, groups, i]`.
    private static Strided turn(Volume back) {
        long in = back.out();
        long out = back.in();
        long channels = back.groups() * out;
        var t = back.taps();
        long tap = in * channels;
        return Strided.of(DType.F32, new long[] {-t.get(1) * t.get(2) * tap, -t.get(2) * tap, -tap, 1, out, channels},
                new long[] {t.get(1) * t.get(2) * tap, t.get(2) * tap, tap, back.groups() * in, in, 1},
                new long[] {t.get(0), t.get(1), t.get(2), out, back.groups(), in});
    }

    @Override
    public void run(MemorySegment... operands) {
        Volume.check(operands, bytes, "Convolution in groups");
        long size = bytes[1] / 4;
        if (turn != null) {
            turn.run(operands[1], size - volume.out() * volume.groups() * volume.in(), weights, 0);
        } else {
            MemorySegment.copy(operands[1], 0, weights, 0, 4 * size);
            if (spec.bias()) {
                MemorySegment.copy(operands[2], 0, weights, 4 * size, weights.byteSize() - 4 * size);
            }
        }
        var to = operands[operands.length - 1];
        for (long n = 0; n < volume.examples(); n++) {
            example(operands[0], n, to.address() + n * volume.places() * volume.yPixel());
        }
        Reference.reachabilityFence(operands);
        Reference.reachabilityFence(this);
    }

    private void example(MemorySegment from, long n, long to) {
        long begin = n * volume.x().get(0) * volume.xAt(1, 0, 0);
        for (long depth = 0; depth < count.get(0); depth++) {
            for (long row = 0; row < count.get(1); row++) {
                MemorySegment.copy(from, begin + volume.xAt(first.get(0) + depth, first.get(1) + row, first.get(2)),
                        padded, pixel(at.get(0) + depth, at.get(1) + row, at.get(2)), count.get(2) * volume.xPixel());
            }
        }
        for (long depth = 0; depth < volume.y().get(0); depth++) {
            for (long row = 0; row < volume.y().get(1); row++) {
                code.run(jobs.address(), tiles, padded.address() + pixel(depth * volume.stride().get(0), row * volume.stride().get(1), 0), weights.address(),
                        to + volume.yAt(depth, row, 0));
            }
        }
    }

    /// Bytes from the first pixel of the padded example.
    private long pixel(long depth, long row, long pixel) {
        return ((depth * lengths.get(1) + row) * lengths.get(2) + pixel) * volume.xPixel();
    }

    @Override
    public String implementation() {
        return "machine code";
    }
}
