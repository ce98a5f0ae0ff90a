package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A compiled oneDNN primitive with the descriptors of its operands; immutable, shared by threads.
///
/// Operands come in the caller's layout. Where the primitive was free to choose another (weights, which it likes in
/// blocks), a reorder stands before or after it. Each call brings its own scratchpad and memory objects, so that one
/// primitive may run on many threads at once. The cache drops the one that was used longest ago; native objects go when
/// nothing holds them any more.
final class DnnlPrimitive {
    /// A primitive holds about half a megabyte of machine code, and a search makes new shapes with every trial.
    static final int CAPACITY = 192;
    private static final Cleaner CLEANER = Cleaner.create();
    private static final Map<Object, DnnlPrimitive> CACHE = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, DnnlPrimitive> eldest) {
            return size() > CAPACITY;
        }
    };

    /// One operand: the number of its argument, the query (and its index) that tells its layout, how it lies at the caller's (strides in
    /// elements), whether the primitive may choose another layout, and whether it is written.
    record Operand(int argument, int query, int index, DType dtype, long[] dims, long[] strides, boolean free, boolean written) {
        /// Up to the last element; the library also counts what would follow it in a row.
        private long bytes() {
            long last = 0;
            for (int i = 0; i < dims.length; i++) {
                last += (dims[i] - 1) * strides[i];
            }
            return (last + 1) * dtype.bytes();
        }
    }

    /// Makes a primitive descriptor from the operands' memory descriptors, in their order, and attributes.
    interface Maker {
        long make(long[] descs, long attributes);
    }

    private final List<Layout> layouts = new ArrayList<>();
    private final long scratch;
    private final long scratchBytes;
    private final long handle;
    private final String implementation;

    /// How one operand lies: at the caller's, in the primitive, and what brings it from one to the other (0: nothing).
    private record Layout(Operand operand, long outer, long inner, long reorder) {}

    /// Native objects with what frees them, in reverse order of making.
    private static final class Owned implements Runnable {
        private final List<Runnable> free = new ArrayList<>();

        long add(long handle, LongConsumer destroy) {
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

    private record Key(Object spec, @Nullable DType rounded) {}

    /// The primitive of a spec, made at the first use. Throws [DnnlException] where the library has none.
    static DnnlPrimitive of(Object spec, Supplier<DnnlPrimitive> make) {
        var key = new Key(spec, Provider.rounded());
        synchronized (CACHE) {
            var known = CACHE.get(key);
            if (known == null) {
                known = make.get();
                CACHE.put(key, known);
            }
            return known;
        }
    }

    /// How many primitives are kept.
    static int cached() {
        synchronized (CACHE) {
            return CACHE.size();
        }
    }

    /// Compiles. With `accumulate` the result is added to what lies there. Implementations whose name begins with `skip` are passed over where
    /// a later one, that is no reference code, exists.
    DnnlPrimitive(List<Operand> operands, boolean accumulate, boolean relu, @Nullable String skip, Maker maker) {
        Dnnl.oneThread();
        var owned = new Owned();
        CLEANER.register(this, owned);
        var asked = new long[operands.size()];
        for (int i = 0; i < asked.length; i++) {
            var o = operands.get(i);
            asked[i] = owned.add(o.free ? Dnnl.openDesc(o.dtype, o.dims) : Dnnl.desc(o.dtype, o.dims, o.strides), Dnnl::destroyDesc);
        }
        long attributes = Dnnl.attributes(accumulate, relu, Provider.rounded(), set -> maker.make(asked, set));
        long desc = 0;
        try {
            desc = maker.make(asked, attributes);
            desc = preferred(desc, skip, () -> maker.make(asked, attributes));
            implementation = Dnnl.implementation(desc);
            for (int i = 0; i < asked.length; i++) {
                layouts.add(layout(owned, operands.get(i), asked[i], desc));
            }
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

    private static long preferred(long desc, @Nullable String skip, Supplier<Long> again) {
        if (skip == null || !Dnnl.implementation(desc).startsWith(skip)) {
            return desc;
        }
        long other = again.get();
        while (Dnnl.next(other)) {
            var name = Dnnl.implementation(other);
            if (!name.startsWith(skip)) {
                boolean better = !name.startsWith("ref");
                Dnnl.destroyPrimitiveDesc(better ? desc : other);
                return better ? other : desc;
            }
        }
        Dnnl.destroyPrimitiveDesc(other);
        return desc;
    }

    private static Layout layout(Owned owned, Operand operand, long asked, long primitiveDesc) {
        long inner = owned.add(Dnnl.chosen(primitiveDesc, operand.query, operand.index), Dnnl::destroyDesc);
        long outer = operand.free ? owned.add(Dnnl.desc(operand.dtype, operand.dims, operand.strides), Dnnl::destroyDesc) : asked;
        if (Dnnl.same(inner, outer)) {
            return new Layout(operand, outer, inner, 0);
        }
        if (!operand.free) {
            throw new DnnlException("a primitive with operand " + operand.argument + " in the given layout", DnnlException.Status.UNIMPLEMENTED);
        }
        long attributes = Dnnl.attributes(false, false);
        try {
            long desc = operand.written ? Dnnl.reorder(inner, outer, attributes) : Dnnl.reorder(outer, inner, attributes);
            try {
                return new Layout(operand, outer, inner, owned.add(Dnnl.primitive(desc), Dnnl::destroyPrimitive));
            } finally {
                Dnnl.destroyPrimitiveDesc(desc);
            }
        } finally {
            Dnnl.destroyAttributes(attributes);
        }
    }

    String implementation() {
        return implementation;
    }

    /// Whether this is the library's slow code, which nobody should run.
    boolean reference() {
        return implementation.startsWith("ref");
    }

    /// A call of this primitive, whose operands are given in the order in which they were described; `what` is for errors.
    Routine routine(Object what) {
        return new Call(this, what);
    }

    /// A reorder of an operand with its two arguments, from and to.
    private record Move(long reorder, MemorySegment ends, boolean written) {}

    private static final class Call implements Routine {
        private final DnnlPrimitive primitive;
        private final Object what;
        private final long stream;
        private final long[] memory;
        private final long[] bytes;
        private final MemorySegment args;
        private final Move[] moves;
        private final int count;
        /// Scratchpad and reordered operands: only their addresses are used.
        private final List<MemorySegment> own = new ArrayList<>();

        Call(DnnlPrimitive primitive, Object what) {
            this.primitive = primitive;
            this.what = what;
            var owned = new Owned();
            CLEANER.register(this, owned);
            stream = owned.add(Dnnl.stream(), Dnnl::destroyStream);
            int n = primitive.layouts.size();
            memory = new long[n];
            bytes = new long[n];
            var moved = new ArrayList<Move>();
            args = Arena.ofAuto().allocate((n + 1L) * Dnnl.ARG_BYTES, 8);
            for (int i = 0; i < n; i++) {
                var layout = primitive.layouts.get(i);
                memory[i] = owned.add(Dnnl.memory(layout.outer), Dnnl::destroyMemory);
                bytes[i] = layout.operand.bytes();
                if (layout.reorder == 0) {
                    put(args, i, layout.operand.argument, memory[i]);
                } else {
                    long inner = place(owned, layout.inner);
                    put(args, i, layout.operand.argument, inner);
                    boolean written = layout.operand.written;
                    var ends = Arena.ofAuto().allocate(2L * Dnnl.ARG_BYTES, 8);
                    put(ends, 0, Dnnl.ARG_SRC, written ? inner : memory[i]);
                    put(ends, 1, Dnnl.ARG_DST, written ? memory[i] : inner);
                    moved.add(new Move(layout.reorder, ends, written));
                }
            }
            moves = moved.toArray(Move[]::new);
            if (primitive.scratchBytes > 0) {
                put(args, n, Dnnl.ARG_SCRATCHPAD, place(owned, primitive.scratch));
            }
            count = primitive.scratchBytes > 0 ? n + 1 : n;
        }

        /// A memory object over memory of its own.
        private long place(Owned owned, long desc) {
            var segment = Arena.ofAuto().allocate(Math.max(64, Dnnl.bytes(desc)), 64);
            own.add(segment);
            long object = owned.add(Dnnl.memory(desc), Dnnl::destroyMemory);
            Dnnl.pointTo(object, segment.address());
            return object;
        }

        private static void put(MemorySegment args, int at, int argument, long memory) {
            args.set(JAVA_INT, (long) at * Dnnl.ARG_BYTES, argument);
            args.set(JAVA_LONG, (long) at * Dnnl.ARG_BYTES + 8, memory);
        }

        @Override
        public String implementation() {
            return primitive.implementation;
        }

        @Override
        public void run(MemorySegment... operands) {
            Operands.check(operands, bytes, what);
            try {
                Dnnl.oneThread();
                for (int i = 0; i < memory.length; i++) {
                    Dnnl.pointTo(memory[i], operands[i].address());
                }
                move(false);
                Dnnl.execute(primitive.handle, stream, count, args.address());
                move(true);
            } finally {
                // The library holds bare addresses: all that stands behind them must outlive the call.
                Reference.reachabilityFence(this);
                Reference.reachabilityFence(operands);
            }
        }

        private void move(boolean written) {
            for (var move : moves) {
                if (move.written == written) {
                    Dnnl.execute(move.reorder, stream, 2, move.ends.address());
                }
            }
        }
    }
}
