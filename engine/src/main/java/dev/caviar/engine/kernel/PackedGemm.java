package dev.caviar.engine.kernel;

import dev.caviar.engine.kernel.GemmSpec.Strides;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A product whose operands have gaps between neighbours along both axes: they are copied together first.
final class PackedGemm implements Gemm.Call {
    private final Gemm.Call inner;
    private final Operand a;
    private final Operand b;

    PackedGemm(GemmSpec spec, Gemm gemm) {
        a = Operand.of(spec, spec.a(), spec.m(), spec.k());
        b = Operand.of(spec, spec.b(), spec.k(), spec.n());
        inner = gemm.prepare(new GemmSpec(spec.dtype(), spec.out(), spec.batch(), spec.m(), spec.n(), spec.k(), a.strides, b.strides,
                spec.c(), spec.bias(), spec.accumulate(), spec.activation()));
    }

    private record Operand(Strides strides, @Nullable Strided copy, MemorySegment memory) {
        static Operand of(GemmSpec spec, Strides s, long rows, long columns) {
            if (s.row() == 1 || s.column() == 1 || rows == 1 || columns == 1) {
                return new Operand(s, null, MemorySegment.NULL);
            }
            var packed = new Strides(rows * columns, columns, 1);
            var copy = Strided.of(spec.dtype(), new long[] {s.batch(), s.row(), s.column()},
                    new long[] {packed.batch(), packed.row(), packed.column()}, new long[] {spec.batch(), rows, columns});
            var memory = Arena.ofAuto().allocate(spec.batch() * rows * columns * spec.dtype().bytes(), 64);
            return new Operand(packed, copy, memory);
        }

        MemorySegment pack(MemorySegment x) {
            if (copy == null) {
                return x;
            }
            copy.run(x, 0, memory, 0);
            return memory;
        }
    }

    @Override
    public void run(MemorySegment x, MemorySegment y, @Nullable MemorySegment bias, MemorySegment c) {
        inner.run(a.pack(x), b.pack(y), bias, c);
    }

    @Override
    public String implementation() {
        return inner.implementation() + "+pack";
    }
}
