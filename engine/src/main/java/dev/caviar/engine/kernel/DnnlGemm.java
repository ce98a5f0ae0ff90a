package dev.caviar.engine.kernel;

import dev.caviar.engine.kernel.DnnlPrimitive.Operand;
import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/// Matrix products by oneDNN,; what it has no fast code for is packed, widened, or left to another.
final class DnnlGemm implements Gemm {
    private final Gemm fallback;
    private final Loops loops;
    private final boolean brain;
    private final boolean half;

    /// `fallback` computes what oneDNN does not: F64, and empty, reversed or overlapping operands.
    DnnlGemm(Gemm fallback, Loops loops) {
        this.fallback = fallback;
        this.loops = loops;
        brain = probe(DType.BF16);
        half = probe(DType.F16);
    }

    @Override
    public Call prepare(GemmSpec asked) {
        var spec = fold(asked);
        boolean some = spec.batch() > 0 && spec.m() > 0 && spec.n() > 0 && spec.k() > 0;
        if (half(spec) && some && !(runs(spec.dtype()) && takes(spec))) {
            return new WidenedGemm(spec, this, loops);
        }
        if (!some || !takes(spec)) {
            return fallback.prepare(spec);
        }
        if (gapped(spec.a(), spec.m(), spec.k()) || gapped(spec.b(), spec.k(), spec.n())) {
            return new PackedGemm(spec, this);
        }
        Dnnl.oneThread();
        DnnlPrimitive primitive;
        try {
            primitive = primitive(spec);
        } catch (DnnlException e) {
            if (e.status() != DnnlException.Status.UNIMPLEMENTED || !half(spec)) {
                throw e;
            }
            return new WidenedGemm(spec, this, loops);
        }
        return half(spec) && primitive.reference() ? new WidenedGemm(spec, this, loops) : new Product(primitive, spec);
    }

    /// Whether the processor multiplies this type by itself; where it does not, the library has only slow code for it, or none.
    @Override
    public boolean runs(DType dtype) {
        return switch (dtype) {
            case F32, F64 -> true;
            case BF16 -> brain;
            case F16 -> half;
            case I64, I32, U8, BOOL -> false;
        };
    }

    /// A small product tells; on x86 the instruction set must also have the type, because the library emulates BF16 from AVX-512 on.
    private boolean probe(DType dtype) {
        var isa = Dnnl.isa();
        boolean named = !System.getProperty("os.arch").matches("amd64|x86_64") || isa.contains("amx") || isa.contains("avx10")
                || isa.contains("vnni_2") || isa.contains("fp16") || dtype == DType.BF16 && isa.contains("bf16");
        if (!named) {
            return false;
        }
        try {
            Dnnl.oneThread();
            return !primitive(GemmSpec.of(dtype, 64, 64, 64).withOut(DType.F32)).reference();
        } catch (DnnlException e) {
            return false;
        }
    }

    private static boolean half(GemmSpec spec) {
        return spec.dtype() == DType.BF16 || spec.dtype() == DType.F16;
    }

    private static boolean takes(GemmSpec spec) {
        return (spec.dtype() == DType.F32 || half(spec))
                && apart(spec.a(), spec.batch(), spec.m(), spec.k()) && apart(spec.b(), spec.batch(), spec.k(), spec.n())
                && apart(spec.c(), spec.batch(), spec.m(), spec.n()) && (spec.n() == 1 || spec.c().column() == 1)
                && (spec.batch() == 1 || spec.c().batch() > 0 && spec.a().batch() + spec.b().batch() > 0);
    }

    /// Slices that share B, and whose rows of A and C go on from slice to slice, are one taller product.
    private static GemmSpec fold(GemmSpec spec) {
        long m = spec.m();
        if (spec.batch() <= 1 || spec.b().batch() != 0 || spec.a().batch() != m * spec.a().row() || spec.c().batch() != m * spec.c().row()) {
            return spec;
        }
        return new GemmSpec(spec.dtype(), spec.out(), 1, spec.batch() * m, spec.n(), spec.k(), spec.a(), spec.b(), spec.c(),
                spec.bias(), spec.accumulate(), spec.activation());
    }

    /// Whether no two elements share memory, apart from whole slices that are one and the same.
    private static boolean apart(Strides s, long batch, long rows, long columns) {
        if (!positive(s, batch, rows, columns)) {
            return false;
        }
        boolean wide = rows == 1 || columns == 1 || s.row() >= columns * s.column() || s.column() >= rows * s.row();
        return wide && (batch == 1 || s.batch() == 0 || s.batch() >= 1 + (rows - 1) * s.row() + (columns - 1) * s.column());
    }

    private static boolean positive(Strides s, long batch, long rows, long columns) {
        return (batch == 1 || s.batch() >= 0) && (rows == 1 || s.row() > 0) && (columns == 1 || s.column() > 0);
    }

    /// Whether neighbours along neither axis touch: such a matrix would select the library's slow reference code.
    private static boolean gapped(Strides s, long rows, long columns) {
        return rows > 1 && columns > 1 && s.row() != 1 && s.column() != 1;
    }

    private static DnnlPrimitive primitive(GemmSpec spec) {
        return DnnlPrimitive.of(spec, () -> make(spec));
    }

    private static DnnlPrimitive make(GemmSpec spec) {
        var operands = new ArrayList<Operand>();
        operands.add(operand(Dnnl.ARG_SRC, Dnnl.QUERY_SRC, spec.dtype(), spec, spec.a(), spec.m(), spec.k(), false));
        operands.add(operand(Dnnl.ARG_WEIGHTS, Dnnl.QUERY_WEIGHTS, spec.dtype(), spec, spec.b(), spec.k(), spec.n(), false));
        operands.add(operand(Dnnl.ARG_DST, Dnnl.QUERY_DST, spec.out(), spec, spec.c(), spec.m(), spec.n(), true));
        if (spec.bias() != null) {
            operands.add(new Operand(Dnnl.ARG_BIAS, Dnnl.QUERY_WEIGHTS, 1, spec.bias(),
                    spec.batch() == 1 ? new long[] {1, spec.n()} : new long[] {1, 1, spec.n()},
                    spec.batch() == 1 ? new long[] {spec.n(), 1} : new long[] {spec.n(), spec.n(), 1}, false, false));
        }
        return new DnnlPrimitive(operands, spec.accumulate(), spec.activation() == Activation.RELU, null,
                (descs, attributes) -> Dnnl.matmul(descs[0], descs[1], descs.length == 4 ? descs[3] : 0, descs[2], attributes));
    }

    /// Axes of length 1 have no stride of their own, but the library reads the layout from it: they get the natural one.
    private static Operand operand(int argument, int query, DType dtype, GemmSpec spec, Strides s, long rows, long columns, boolean written) {
        long row = s.row();
        long column = s.column();
        if (columns == 1) {
            column = row == 1 ? rows : 1;
        } else if (rows == 1) {
            row = column == 1 ? columns : 1;
        }
        if (rows == 1 && columns == 1) {
            row = 1;
            column = 1;
        }
        boolean flat = spec.batch() == 1;
        long batch = s.batch() == 0 ? 1 : spec.batch();
        long slice = batch == 1 ? Math.max(rows * row, columns * column) : s.batch();
        return new Operand(argument, query, 0, dtype, flat ? new long[] {rows, columns} : new long[] {batch, rows, columns},
                flat ? new long[] {row, column} : new long[] {slice, row, column}, false, written);
    }

    /// A product with operands of its own, so that a call makes no garbage.
    private static final class Product implements Call {
        private final Routine routine;
        private final GemmSpec spec;
        private final MemorySegment[] operands;

        Product(DnnlPrimitive primitive, GemmSpec spec) {
            routine = primitive.routine(spec);
            this.spec = spec;
            operands = new MemorySegment[spec.bias() == null ? 3 : 4];
        }

        @Override
        public String implementation() {
            return routine.implementation();
        }

        @Override
        public void run(MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment c) {
            if ((bias != null) != (spec.bias() != null)) {
                throw new IllegalArgumentException("Gemm.run: the spec " + (spec.bias() != null ? "has a bias, none was given: "
                        : "has no bias, one was given: ") + spec + ".");
            }
            operands[0] = a;
            operands[1] = b;
            operands[2] = c;
            if (bias != null) {
                operands[3] = bias;
            }
            routine.run(operands);
        }
    }
}
