package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.function.Function;

/// A convolution whose kernel is a single tap that moves by more than one pixel: the pixels that it sees are gathered side by side, and
/// the rest is the convolution that steps by one.
///
/// ```text
/// x [n, 6, 6, ci] --gather every second--> [n, 3, 3, ci] --1×1--> y [n, 3, 3, co]
/// ```
///
/// Pixels that no place sees have a gradient of 0; places outside the input see 0.
final class StridedTap implements Routine {
    private final ConvSpec spec;
    private final Routine dense;
    private final MemorySegment seen;
    private final MemorySegment[] operands;
    private final long[] bytes;
    /// Which operand is x or its gradient.
    private final int image;
    private final Strided gather;
    private final Strided scatter;
    private final long from;
    private final long to;
    /// What is cleared first, of the memory that was given last.
    private MemorySegment cleared = MemorySegment.NULL;
    private MemorySegment clearedOf = MemorySegment.NULL;

    StridedTap(ConvSpec spec, Function<ConvSpec, Routine> dense) {
        this.spec = spec;
        var slide = spec.slide();
        int axes = slide.axes();
        long channels = spec.x().dim(-1);
        var side = new ArrayList<>(spec.y().dims().subList(0, axes + 1));
        side.add(channels);
        var gathered = new Shape(side);
        this.dense = dense.apply(new ConvSpec(spec.pass(), spec.dtype(), gathered, spec.w(), spec.y(), Slide.of(axes), spec.groups(), spec.bias(),
                spec.activation()));
        seen = Arena.ofAuto().allocate(Math.max(1, gathered.size()) * spec.dtype().bytes(), 64);
        image = spec.pass() == ConvSpec.Pass.INPUT_GRADIENT ? 2 : 0;
        bytes = spec.operands().stream().mapToLong(shape -> shape.size() * spec.dtype().bytes()).toArray();
        operands = new MemorySegment[bytes.length];
        var dims = new long[axes + 2];
        dims[0] = spec.x().dim(0);
        dims[axes + 1] = channels;
        var wide = spec.x().strides();
        var close = gathered.strides();
        long first = 0;
        long place = 0;
        for (int axis = 0; axis < axes; axis++) {
            long stride = slide.strides().get(axis);
            long low = slide.low().get(axis);
            long begin = Math.ceilDiv(low, stride);
            long end = Math.min(spec.y().dim(axis + 1), Math.floorDiv(spec.x().dim(axis + 1) - 1 + low, stride) + 1);
            dims[axis + 1] = Math.max(0, end - begin);
            first += (begin * stride - low) * wide[axis + 1];
            place += begin * close[axis + 1];
            wide[axis + 1] *= stride;
        }
        from = first;
        to = place;
        gather = Strided.of(spec.dtype(), wide, close, dims);
        scatter = Strided.of(spec.dtype(), close, wide, dims);
    }

    @Override
    public void run(MemorySegment... given) {
        Operands.check(given, bytes, spec);
        System.arraycopy(given, 0, operands, 0, given.length);
        operands[image] = seen;
        if (image == 0) {
            gather.run(given[0], from, seen, to);
            dense.run(operands);
        } else {
            dense.run(operands);
            clear(given[image]);
            scatter.run(seen, to, given[image], from);
        }
    }

    private void clear(MemorySegment memory) {
        if (clearedOf != memory) {
            clearedOf = memory;
            cleared = memory.asSlice(0, bytes[image]);
        }
        cleared.fill((byte) 0);
    }

    @Override
    public String implementation() {
        return dense.implementation() + "+gather";
    }
}
