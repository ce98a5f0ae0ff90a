package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Matrix products by oneDNN, with one primitive per spec for the whole process.
///
/// A primitive may run on many threads at once, because each call brings its own scratchpad and memory objects. The
/// cache drops the one that was used longest ago; the native object goes when no call holds it any more.
final class DnnlGemm implements Gemm {
    /// A primitive holds about half a megabyte of machine code, and a search makes new shapes with every trial.
    private static final int CAPACITY = 128;
    private static final Cleaner CLEANER = Cleaner.create();

    private final Gemm fallback;
    private final Loops loops;
    private final boolean brain;
    private final boolean half;
    private final Map<Key, Primitive> cache = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Primitive> eldest) {
            return size() > CAPACITY;
        }
    };

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
        Primitive primitive;
        try {
            primitive = primitive(spec);
        } catch (DnnlException e) {
            if (e.status() != DnnlException.Status.UNIMPLEMENTED || !half(spec)) {
                throw e;
            }
            return new WidenedGemm(spec, this, loops);
        }
        return half(spec) && primitive.implementation.startsWith("ref") ? new WidenedGemm(spec, this, loops) : new Product(primitive, spec);
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
            return !primitive(GemmSpec.of(dtype, 64, 64, 64).withOut(DType.F32)).implementation.startsWith("ref");
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

    private record Key(GemmSpec spec, @Nullable DType rounded) {}

    private Primitive primitive(GemmSpec spec) {
        synchronized (cache) {
            var key = new Key(spec, spec.dtype() == DType.F32 ? Provider.rounded() : null);
            var known = cache.get(key);
            if (known == null) {
                known = new Primitive(spec, key.rounded);
                cache.put(key, known);
            }
            return known;
        }
    }

    /// Native objects with what frees them, in reverse order of making.
    private static final class Owned implements Runnable {
        private final List<Runnable> free = new ArrayList<>();

        long add(long handle, java.util.function.LongConsumer destroy) {
            free.add(() -> destroy.accept(handle));
            return handle;
        }

        @Override
        public void run() {
            for (var action : free.reversed()) {
                action.run();
            }
            free.clear();
        }
    }

    /// A compiled product and its descriptors; immutable, shared by threads.
    private static final class Primitive {
        private final long a;
        private final long b;
        private final long c;
        private final long bias;
        private final long scratch;
        private final long scratchBytes;
        private final long handle;
        private final String implementation;

        Primitive(GemmSpec spec, @Nullable DType rounded) {
            var owned = new Owned();
            CLEANER.register(this, owned);
            a = operand(owned, spec, spec.dtype(), spec.a(), spec.m(), spec.k());
            b = operand(owned, spec, spec.dtype(), spec.b(), spec.k(), spec.n());
            c = operand(owned, spec, spec.out(), spec.c(), spec.m(), spec.n());
            bias = spec.bias() == null ? 0 : operand(owned, spec, spec.bias(), new Strides(spec.n(), spec.n(), 1), 1, spec.n(), 1);
            LongUnaryOperator make = attributes -> Dnnl.matmul(a, b, bias, c, attributes);
            long attributes = Dnnl.attributes(spec.accumulate(), spec.activation() == Activation.RELU, rounded, make);
            long desc = 0;
            try {
                desc = make.applyAsLong(attributes);
                implementation = Dnnl.implementation(desc);
                scratch = owned.add(Dnnl.scratchpad(desc), Dnnl::destroyDesc);
                scratchBytes = Dnnl.bytes(scratch);
                handle = owned.add(Dnnl.primitive(desc), Dnnl::destroyPrimitive);
            } finally {
                Dnnl.destroyAttributes(attributes);
                if (desc != 0) {
                    Dnnl.destroyPrimitiveDesc(desc);
                }
            }
        }

        private static long operand(Owned owned, GemmSpec spec, DType dtype, Strides s, long rows, long columns) {
            return operand(owned, spec, dtype, s, rows, columns, s.batch() == 0 ? 1 : spec.batch());
        }

        /// Axes of length 1 have no stride of their own, but the library reads the layout from it: they get the natural one.
        private static long operand(Owned owned, GemmSpec spec, DType dtype, Strides s, long rows, long columns, long batch) {
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
            long slice = batch == 1 ? Math.max(rows * row, columns * column) : s.batch();
            return owned.add(Dnnl.desc(dtype,
                    flat ? new long[] {rows, columns} : new long[] {batch, rows, columns},
                    flat ? new long[] {row, column} : new long[] {slice, row, column}), Dnnl::destroyDesc);
        }
    }

    private static final class Product implements Call {
        private final Primitive primitive;
        private final GemmSpec spec;
        private final Reach reach;
        private final long stream;
        private final long a;
        private final long b;
        private final long c;
        private final long bias;
        private final int count;
        private final MemorySegment args;
        private final @Nullable MemorySegment scratch;

        Product(Primitive primitive, GemmSpec spec) {
            this.primitive = primitive;
            this.spec = spec;
            this.reach = Reach.of(spec);
            var owned = new Owned();
            CLEANER.register(this, owned);
            stream = owned.add(Dnnl.stream(), Dnnl::destroyStream);
            a = owned.add(Dnnl.memory(primitive.a), Dnnl::destroyMemory);
            b = owned.add(Dnnl.memory(primitive.b), Dnnl::destroyMemory);
            c = owned.add(Dnnl.memory(primitive.c), Dnnl::destroyMemory);
            bias = primitive.bias == 0 ? 0 : owned.add(Dnnl.memory(primitive.bias), Dnnl::destroyMemory);
            args = Arena.ofAuto().allocate(5L * Dnnl.ARG_BYTES, 8);
            int used = 0;
            used = arg(used, Dnnl.ARG_SRC, a);
            used = arg(used, Dnnl.ARG_WEIGHTS, b);
            used = arg(used, Dnnl.ARG_DST, c);
            if (bias != 0) {
                used = arg(used, Dnnl.ARG_BIAS, bias);
            }
            if (primitive.scratchBytes > 0) {
                scratch = Arena.ofAuto().allocate(primitive.scratchBytes, 64);
                long memory = owned.add(Dnnl.memory(primitive.scratch), Dnnl::destroyMemory);
                Dnnl.pointTo(memory, scratch.address());
                used = arg(used, Dnnl.ARG_SCRATCHPAD, memory);
            } else {
                scratch = null;
            }
            count = used;
        }

        private int arg(int at, int name, long memory) {
            args.set(JAVA_INT, (long) at * Dnnl.ARG_BYTES, name);
            args.set(JAVA_LONG, (long) at * Dnnl.ARG_BYTES + 8, memory);
            return at + 1;
        }

        @Override
        public String implementation() {
            return primitive.implementation;
        }

        @Override
        public void run(MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment c) {
            reach.check(spec, a, b, bias, c);
            try {
                Dnnl.oneThread();
                Dnnl.pointTo(this.a, a.address());
                Dnnl.pointTo(this.b, b.address());
                Dnnl.pointTo(this.c, c.address());
                if (bias != null) {
                    Dnnl.pointTo(this.bias, bias.address());
                }
                Dnnl.execute(primitive.handle, stream, count, args.address());
            } finally {
                // The library holds bare addresses: all that stands behind them must outlive the call.
                Reference.reachabilityFence(this);
                Reference.reachabilityFence(a);
                Reference.reachabilityFence(b);
                Reference.reachabilityFence(bias);
                Reference.reachabilityFence(c);
            }
        }
    }

    /// The bytes that each operand must have, so that a wrong segment is an exception and not a crash.
    private record Reach(long a, long b, long bias, long c) {
        static Reach of(GemmSpec spec) {
            long size = spec.dtype().bytes();
            return new Reach(size * last(spec.a(), spec.batch(), spec.m(), spec.k()),
                    size * last(spec.b(), spec.batch(), spec.k(), spec.n()),
                    spec.bias() == null ? 0 : spec.bias().bytes() * spec.n(),
                    spec.out().bytes() * last(spec.c(), spec.batch(), spec.m(), spec.n()));
        }

        private static long last(Strides s, long batch, long rows, long columns) {
            return 1 + (batch - 1) * s.batch() + (rows - 1) * s.row() + (columns - 1) * s.column();
        }

        void check(GemmSpec spec, MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment c) {
            if ((bias != null) != (spec.bias() != null)) {
                throw new IllegalArgumentException("Gemm.run: the spec " + (spec.bias() != null ? "has a bias, none was given: " : "has no bias, one was given: ") + spec + ".");
            }
            check(spec, "A", a, this.a);
            check(spec, "B", b, this.b);
            check(spec, "C", c, this.c);
            if (bias != null) {
                check(spec, "bias", bias, this.bias);
            }
        }

        private static void check(GemmSpec spec, String name, MemorySegment x, long bytes) {
            if (!x.isNative() || x.byteSize() < bytes) {
                throw new IllegalArgumentException("Gemm.run: " + name + " needs " + bytes + " bytes of native memory, got "
                        + x.byteSize() + (x.isNative() ? "" : " on the heap") + ": " + spec + ".");
            }
        }
    }
}
