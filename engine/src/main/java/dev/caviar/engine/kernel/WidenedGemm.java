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
        a = new Side(spec, spec.dtype(), spec.a(), spec.m(), spec.k());
        b = new Side(spec, spec.dtype(), spec.b(), spec.k(), spec.n());
        c = new Side(spec, spec.out(), spec.c(), spec.m(), spec.n());
        bias = Arena.ofAuto().allocate(Math.max(1, spec.n()) * 4, 64);
        inner = gemm.prepare(new GemmSpec(DType.F32, DType.F32, spec.batch(), spec.m(), spec.n(), spec.k(), a.wideStrides, b.wideStrides,
                c.wideStrides, spec.bias() == null ? null : DType.F32, spec.accumulate(), spec.activation()));
    }

    /// One matrix in F32, and the way there and back. Without gaps it is converted where it lies, in its own order; else by way
    /// of a copy that has none. What is F32 already is used as it is.
    private static final class Side {
        private final DType dtype;
        private final long size;
        private final Strides wideStrides;
        private final @Nullable Strided in;
        private final @Nullable Strided out;
        private final MemorySegment narrow;
        private final MemorySegment wide;

        Side(GemmSpec spec, DType dtype, Strides s, long rows, long columns) {
            this.dtype = dtype;
            long batch = s.batch() == 0 ? 1 : spec.batch();
            size = batch * rows * columns;
            long reach = 1 + (batch - 1) * s.batch() + (rows - 1) * s.row() + (columns - 1) * s.column();
            boolean forward = s.batch() >= 0 && s.row() >= 0 && s.column() >= 0;
            boolean whole = dtype == DType.F32 || forward && reach == size;
            var tight = new Strides(batch == 1 ? 0 : rows * columns, columns, 1);
            wideStrides = whole ? s : spec.batch() == 1 ? new Strides(rows * columns, columns, 1) : tight;
            var dims = new long[] {batch, rows, columns};
            var own = new long[] {s.batch(), s.row(), s.column()};
            var packed = new long[] {tight.batch(), tight.row(), tight.column()};
            in = whole ? null : Strided.of(dtype, own, packed, dims);
            out = whole || s != spec.c() ? null : Strided.of(dtype, packed, own, dims);
            narrow = whole ? MemorySegment.NULL : Arena.ofAuto().allocate(size * dtype.bytes(), 64);
            wide = dtype == DType.F32 ? MemorySegment.NULL : Arena.ofAuto().allocate(size * 4, 64);
        }

        /// Where the product reads or writes this side.
        MemorySegment wide(MemorySegment x) {
            return dtype == DType.F32 ? x : wide;
        }

        MemorySegment widen(Loops loops, MemorySegment x) {
            if (dtype == DType.F32) {
                return x;
            }
            var from = x;
            if (in != null) {
                in.run(x, 0, narrow, 0);
                from = narrow;
            }
            loops.cast(dtype, from, 0, DType.F32, wide, 0, size);
            return wide;
        }

        void narrow(Loops loops, MemorySegment x) {
            if (dtype == DType.F32) {
                return;
            }
            loops.cast(DType.F32, wide, 0, dtype, out == null ? x : narrow, 0, size);
            if (out != null) {
                out.run(narrow, 0, x, 0);
            }
        }
    }

    @Override
    public void run(MemorySegment x, MemorySegment y, @Nullable MemorySegment bias, MemorySegment z) {
        var wideBias = bias;
        if (bias != null && spec.bias() != null && spec.bias() != DType.F32) {
            loops.cast(spec.bias(), bias, 0, DType.F32, this.bias, 0, spec.n());
            wideBias = this.bias;
        }
        if (spec.accumulate()) {
            c.widen(loops, z);
        }
        inner.run(a.widen(loops, x), b.widen(loops, y), wideBias, c.wide(z));
        c.narrow(loops, z);
    }

    @Override
    public String implementation() {
        return inner.implementation() + "+f32";
    }
}
