package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A routine on half-precision operands on a CPU that has no instructions for them: computed in F32, rounded once.
final class WidenedRoutine implements Routine {
    private final Routine inner;
    private final DType dtype;
    private final long[] sizes;
    private final int outputs;
    private final Loops loops;
    private final MemorySegment[] wide;

    /// `sizes` are the operands' numbers of elements, of which the last `outputs` are written.
    WidenedRoutine(Routine inner, DType dtype, long[] sizes, int outputs, Loops loops) {
        this.inner = inner;
        this.dtype = dtype;
        this.sizes = sizes;
        this.outputs = outputs;
        this.loops = loops;
        wide = new MemorySegment[sizes.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = Arena.ofAuto().allocate(Math.max(1, sizes[i]) * 4, 64);
        }
    }

    @Override
    public void run(MemorySegment... operands) {
        int inputs = sizes.length - outputs;
        for (int i = 0; i < inputs; i++) {
            loops.cast(dtype, operands[i], 0, DType.F32, wide[i], 0, sizes[i]);
        }
        inner.run(wide);
        for (int i = inputs; i < sizes.length; i++) {
            loops.cast(DType.F32, wide[i], 0, dtype, operands[i], 0, sizes[i]);
        }
    }

    @Override
    public String implementation() {
        return inner.implementation() + "+f32";
    }
}
