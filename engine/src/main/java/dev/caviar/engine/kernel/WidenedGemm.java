package dev.caviar.engine.kernel;

import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A product of half-precision matrices on a CPU that has no instructions for them: computed in F32, rounded once.
final class WidenedGemm implements Gemm.Call {
    private final GemmSpec spec;
    private final Loops loops;
    private final Gemm.Call inner;
    private final Side a;
    private final Side b;
    private final Side c;
    private final MemorySegment bias;

    WidenedGemm(GemmSpec spec, Gemm gemm, Loops loops) {
        this.spec = spec;
        this.loops = loops;
        a = new Side(spec, spec.a(), spec.m(), spec.k());
        b = new Side(spec, spec.b(), spec.k(), spec.n());
        c = new Side(spec, spec.c(), spec.m(), spec.n());
        bias = Arena.ofAuto().allocate(Math.max(1, spec.n()) * 4, 64);
        inner = gemm.prepare(new GemmSpec(DType.F32, spec.batch(), spec.m(), spec.n(), spec.k(), a.packed, b.packed, c.packed,
                spec.bias(), spec.accumulate(), spec.activation()));
    }

    /// One matrix: its two copies without gaps, in its own type and in F32, and the way between.
    private static final class Side {
        private final DType dtype;
        private final long size;
        private final Strides packed;
        private final Strided in;
        private final Strided out;
        private final MemorySegment narrow;
        private final MemorySegment wide;

        Side(GemmSpec spec, Strides s, long rows, long columns) {
            dtype = spec.dtype();
            size = spec.batch() * rows * columns;
            packed = new Strides(rows * columns, columns, 1);
            var dims = new long[] {spec.batch(), rows, columns};
            var own = new long[] {s.batch(), s.row(), s.column()};
            var tight = new long[] {packed.batch(), packed.row(), packed.column()};
            in = Strided.of(dtype, own, tight, dims);
            out = s == spec.c() ? Strided.of(dtype, tight, own, dims) : in;
            narrow = Arena.ofAuto().allocate(size * dtype.bytes(), 64);
            wide = Arena.ofAuto().allocate(size * 4, 64);
        }

        MemorySegment widen(Loops loops, MemorySegment x) {
            in.run(x, 0, narrow, 0);
            loops.cast(dtype, narrow, 0, DType.F32, wide, 0, size);
            return wide;
        }

        void narrow(Loops loops, MemorySegment x) {
            loops.cast(DType.F32, wide, 0, dtype, narrow, 0, size);
            out.run(narrow, 0, x, 0);
        }
    }

    @Override
    public void run(MemorySegment x, MemorySegment y, @Nullable MemorySegment bias, MemorySegment z) {
        if (bias != null) {
            loops.cast(spec.dtype(), bias, 0, DType.F32, this.bias, 0, spec.n());
        }
        if (spec.accumulate()) {
            c.widen(loops, z);
        }
        inner.run(a.widen(loops, x), b.widen(loops, y), bias == null ? null : this.bias, c.wide);
        c.narrow(loops, z);
    }

    @Override
    public String implementation() {
        return inner.implementation() + "+f32";
    }
}
