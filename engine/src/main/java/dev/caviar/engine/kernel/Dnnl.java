package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/// oneDNN's C functions, as few as are needed; handles and pointers are longs. Loading this class needs the library.
final class Dnnl {
    static final int ARG_SRC = 1;
    static final int ARG_DST = 17;
    static final int ARG_WEIGHTS = 33;
    static final int ARG_BIAS = 41;
    static final int ARG_SCRATCHPAD = 80;
    /// What a primitive descriptor is asked for: how an operand lies.
    static final int QUERY_SRC = 129;
    static final int QUERY_DIFF_SRC = 130;
    static final int QUERY_WEIGHTS = 131;
    static final int QUERY_DIFF_WEIGHTS = 132;
    static final int QUERY_DST = 133;
    static final int QUERY_DIFF_DST = 134;
    static final int QUERY_WORKSPACE = 135;
    /// One `dnnl_exec_arg_t`: an int, padding, a pointer.
    static final int ARG_BYTES = 16;

    private static final int ANY = 1;
    private static final int CPU = 1;
    private static final int IN_ORDER = 1;
    private static final int ELTWISE_RELU = 0x20;
    private static final int SCRATCHPAD_USER = 1;
    private static final int FPMATH_STRICT = 0;
    private static final int FPMATH_BF16 = 1;
    private static final int FPMATH_F16 = 2;
    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_SCRATCHPAD = 136;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = library().symbols();

    private static final MethodHandle EXECUTE = bind("dnnl_primitive_execute", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle SET_HANDLE = bind("dnnl_memory_set_data_handle", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OMP_THREADS = LINKER.downcallHandle(
            library().openMp().find("omp_set_num_threads").orElseThrow(), FunctionDescriptor.ofVoid(JAVA_INT));

    private static final Call ENGINE_CREATE = call("dnnl_engine_create", JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final Call STREAM_CREATE = call("dnnl_stream_create", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final Call STREAM_DESTROY = call("dnnl_stream_destroy", JAVA_LONG);
    private static final Call DESC_CREATE = call("dnnl_memory_desc_create_with_strides", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final Call DESC_WITH_TAG = call("dnnl_memory_desc_create_with_tag", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final Call DESC_CLONE = call("dnnl_memory_desc_clone", JAVA_LONG, JAVA_LONG);
    private static final Call DESC_DESTROY = call("dnnl_memory_desc_destroy", JAVA_LONG);
    private static final Call MEMORY_CREATE = call("dnnl_memory_create", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Call MEMORY_DESTROY = call("dnnl_memory_destroy", JAVA_LONG);
    private static final Call ATTR_CREATE = call("dnnl_primitive_attr_create", JAVA_LONG);
    private static final Call ATTR_DESTROY = call("dnnl_primitive_attr_destroy", JAVA_LONG);
    private static final Call ATTR_SCRATCHPAD = call("dnnl_primitive_attr_set_scratchpad_mode", JAVA_LONG, JAVA_INT);
    private static final Call ATTR_FPMATH = call("dnnl_primitive_attr_set_fpmath_mode", JAVA_LONG, JAVA_INT);
    private static final Call ATTR_POST_OPS = call("dnnl_primitive_attr_set_post_ops", JAVA_LONG, JAVA_LONG);
    private static final Call POST_OPS_CREATE = call("dnnl_post_ops_create", JAVA_LONG);
    private static final Call POST_OPS_DESTROY = call("dnnl_post_ops_destroy", JAVA_LONG);
    private static final Call POST_OPS_SUM = call("dnnl_post_ops_append_sum", JAVA_LONG, JAVA_FLOAT, JAVA_INT, JAVA_INT);
    private static final Call POST_OPS_ELTWISE = call("dnnl_post_ops_append_eltwise", JAVA_LONG, JAVA_INT, JAVA_FLOAT, JAVA_FLOAT);
    private static final Call MATMUL_CREATE = call("dnnl_matmul_primitive_desc_create",
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Call PD_QUERY = call("dnnl_primitive_desc_query", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final Call PD_DESTROY = call("dnnl_primitive_desc_destroy", JAVA_LONG);
    private static final Call PRIMITIVE_CREATE = call("dnnl_primitive_create", JAVA_LONG, JAVA_LONG);
    private static final Call PRIMITIVE_CACHE = call("dnnl_set_primitive_cache_capacity", JAVA_INT);
    private static final Call PRIMITIVE_DESTROY = call("dnnl_primitive_destroy", JAVA_LONG);
    private static final MethodHandle PD_QUERY_DESC = bind("dnnl_primitive_desc_query_md", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final Call PD_NEXT = call("dnnl_primitive_desc_next_impl", JAVA_LONG);
    private static final Call REORDER_CREATE = call("dnnl_reorder_primitive_desc_create", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESC_EQUAL = bind("dnnl_memory_desc_equal", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESC_SIZE = bind("dnnl_memory_desc_get_size", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle VERSION = bind("dnnl_version", JAVA_LONG);
    private static final MethodHandle ISA = bind("dnnl_get_effective_cpu_isa", JAVA_INT);
    private static final MethodHandle ISA_NAME = bind("dnnl_cpu_isa2str", JAVA_LONG, JAVA_INT);

    static final long ENGINE = create(ENGINE_CREATE, CPU, 0L);

    static {
        // Primitives are kept and dropped by their owner; the library's own cache would hold on to 1024 dropped ones.
        PRIMITIVE_CACHE.run(0);
    }

    private Dnnl() {}

    /// A function that returns a status and is called where time does not matter.
    record Call(String name, MethodHandle handle) {
        void run(Object... args) {
            var wide = new Object[args.length];
            for (int i = 0; i < args.length; i++) {
                wide[i] = args[i] instanceof Integer whole ? (Object) (long) whole : args[i];
            }
            check(name, (int) Dnnl.invoke(handle, wide));
        }
    }

    private static DnnlLibrary.Loaded library() {
        return switch (DnnlLibrary.outcome()) {
            case DnnlLibrary.Loaded loaded -> loaded;
            case DnnlLibrary.Missing missing -> throw new IllegalStateException(missing.why());
        };
    }

    private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... args) {
        var symbol = SYMBOLS.find(name).orElseThrow(() -> new IllegalStateException("oneDNN's library has no function " + name + "."));
        return LINKER.downcallHandle(symbol, FunctionDescriptor.of(result, args));
    }

    /// Whole numbers of 32 bits go in registers of 64, whose upper halves nobody reads: so few kinds of calls are made at the
    /// start, each of which takes milliseconds.
    static Call call(String name, MemoryLayout... args) {
        return new Call(name, bind(name, JAVA_INT, Stream.of(args).map(arg -> arg == JAVA_INT ? JAVA_LONG : arg).toArray(MemoryLayout[]::new)));
    }

    private static Object invoke(MethodHandle handle, Object... args) {
        try {
            return handle.invokeWithArguments(args);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static void check(String name, int status) {
        if (status != 0) {
            throw new DnnlException(name, DnnlException.Status.of(status));
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }

    /// Calls a function whose first argument is where its result goes.
    static long create(Call call, Object... rest) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(JAVA_LONG);
            var args = new Object[rest.length + 1];
            args[0] = out.address();
            System.arraycopy(rest, 0, args, 1, rest.length);
            call.run(args);
            return out.get(JAVA_LONG, 0);
        }
    }

    /// Runs a primitive; `args` points to `count` argument records.
    static void execute(long primitive, long stream, int count, long args) {
        int status;
        try {
            status = (int) EXECUTE.invokeExact(primitive, stream, count, args);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        check("dnnl_primitive_execute", status);
    }

    /// Lets a memory object point elsewhere.
    static void pointTo(long memory, long address) {
        int status;
        try {
            status = (int) SET_HANDLE.invokeExact(memory, address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        check("dnnl_memory_set_data_handle", status);
    }

    /// OpenMP counts its threads per calling thread and starts from the environment, so each thread that calls must say one.
    static void oneThread() {
        try {
            OMP_THREADS.invokeExact(1);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long stream() {
        return create(STREAM_CREATE, ENGINE, IN_ORDER);
    }

    static void destroyStream(long stream) {
        STREAM_DESTROY.run(stream);
    }

    static long memory(long desc) {
        return create(MEMORY_CREATE, desc, ENGINE, 0L);
    }

    static void destroyMemory(long memory) {
        MEMORY_DESTROY.run(memory);
    }

    static long desc(DType dtype, long[] dims, long[] strides) {
        try (var arena = Arena.ofConfined()) {
            var d = arena.allocateFrom(JAVA_LONG, dims);
            var s = arena.allocateFrom(JAVA_LONG, strides);
            return create(DESC_CREATE, dims.length, d.address(), type(dtype), s.address());
        }
    }

    /// A descriptor whose layout the primitive chooses.
    static long openDesc(DType dtype, long[] dims) {
        try (var arena = Arena.ofConfined()) {
            return create(DESC_WITH_TAG, dims.length, arena.allocateFrom(JAVA_LONG, dims).address(), type(dtype), ANY);
        }
    }

    static boolean same(long desc, long other) {
        return (int) invoke(DESC_EQUAL, desc, other) != 0;
    }

    static void destroyDesc(long desc) {
        DESC_DESTROY.run(desc);
    }

    private static int type(DType dtype) {
        return switch (dtype) {
            case F16 -> 1;
            case BF16 -> 2;
            case F32 -> 3;
            case F64 -> 7;
            case I32 -> 4;
            case U8 -> 6;
            case I64, BOOL -> throw new IllegalArgumentException("oneDNN has no type " + dtype + ".");
        };
    }

    /// Attributes of a product: add to the old content, then an activation; the caller brings the scratchpad.
    static long attributes(boolean accumulate, boolean relu) {
        return attributes(accumulate, relu, FPMATH_STRICT);
    }

    /// As above; F32 operands are rounded to `rounded` before they are multiplied, where that is not null and the library has
    /// fast code for it. `make` tries: it gives a primitive's descriptor for attributes.
    static long attributes(boolean accumulate, boolean relu, @Nullable DType rounded, LongUnaryOperator make) {
        if (rounded != null) {
            long loose = attributes(accumulate, relu, rounded == DType.BF16 ? FPMATH_BF16 : FPMATH_F16);
            if (fast(loose, make)) {
                return loose;
            }
            destroyAttributes(loose);
        }
        return attributes(accumulate, relu);
    }

    private static boolean fast(long attributes, LongUnaryOperator make) {
        try {
            long desc = make.applyAsLong(attributes);
            boolean fast = !implementation(desc).startsWith("ref");
            destroyPrimitiveDesc(desc);
            return fast;
        } catch (DnnlException e) {
            return false;
        }
    }

    private static long attributes(boolean accumulate, boolean relu, int mode) {
        long attributes = create(ATTR_CREATE);
        ATTR_FPMATH.run(attributes, mode);
        ATTR_SCRATCHPAD.run(attributes, SCRATCHPAD_USER);
        long post = create(POST_OPS_CREATE);
        if (accumulate) {
            POST_OPS_SUM.run(post, 1f, 0, 0);
        }
        if (relu) {
            POST_OPS_ELTWISE.run(post, ELTWISE_RELU, 0f, 0f);
        }
        ATTR_POST_OPS.run(attributes, post);
        POST_OPS_DESTROY.run(post);
        return attributes;
    }

    static void destroyAttributes(long attributes) {
        ATTR_DESTROY.run(attributes);
    }

    static long matmul(long a, long b, long bias, long c, long attributes) {
        return create(MATMUL_CREATE, ENGINE, a, b, bias, c, attributes);
    }

    static String implementation(long primitiveDesc) {
        return string(implementationName(primitiveDesc));
    }

    private static long implementationName(long primitiveDesc) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(JAVA_LONG);
            PD_QUERY.run(primitiveDesc, QUERY_IMPLEMENTATION, 0, out.address());
            return out.get(JAVA_LONG, 0);
        }
    }

    /// A copy of the scratchpad's descriptor.
    static long scratchpad(long primitiveDesc) {
        return chosen(primitiveDesc, QUERY_SCRATCHPAD, 0);
    }

    /// A copy of the descriptor that a primitive has for one of its operands.
    static long chosen(long primitiveDesc, int query, int index) {
        return create(DESC_CLONE, (long) invoke(PD_QUERY_DESC, primitiveDesc, query, index));
    }

    /// Moves on to the next implementation, where there is one.
    static boolean next(long primitiveDesc) {
        try {
            PD_NEXT.run(primitiveDesc);
            return true;
        } catch (DnnlException e) {
            return false;
        }
    }

    static long reorder(long from, long to, long attributes) {
        return create(REORDER_CREATE, from, ENGINE, to, ENGINE, attributes);
    }

    static long bytes(long desc) {
        return (long) invoke(DESC_SIZE, desc);
    }

    static void destroyPrimitiveDesc(long primitiveDesc) {
        PD_DESTROY.run(primitiveDesc);
    }

    static long primitive(long primitiveDesc) {
        return create(PRIMITIVE_CREATE, primitiveDesc);
    }

    static void destroyPrimitive(long primitive) {
        PRIMITIVE_DESTROY.run(primitive);
    }

    /// Such as `3.11.0`.
    static String version() {
        var numbers = MemorySegment.ofAddress((long) invoke(VERSION)).reinterpret(12);
        return numbers.get(JAVA_INT, 0) + "." + numbers.get(JAVA_INT, 4) + "." + numbers.get(JAVA_INT, 8);
    }

    /// The best instruction set that the library uses here, such as `avx2`.
    static String isa() {
        return string((long) invoke(ISA_NAME, (int) invoke(ISA))).replace("cpu_isa_", "");
    }

    private static String string(long address) {
        return MemorySegment.ofAddress(address).reinterpret(256).getString(0);
    }
}
