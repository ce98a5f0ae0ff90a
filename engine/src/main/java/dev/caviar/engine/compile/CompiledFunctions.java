package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.FunctionLoops;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/// Functions one at a time as the loops that fused groups run in, for ops outside programs. Unlike those of programs they
/// keep subnormal results.
///
/// ```java
/// try (var arena = Arena.ofConfined()) {
///     var x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0, 1, 2);
///     new CompiledFunctions().unary(UnaryFn.TANH, x.address(), x.address(), 3);
/// }
/// ```
public final class CompiledFunctions implements FunctionLoops {
    /// Loops count in ints.
    private static final long MOST = 1 << 30;
    private static final int BINARY = UnaryFn.values().length;
    private static final AtomicReferenceArray<Kernel> KERNELS = new AtomicReferenceArray<>(BINARY + 4 * BinaryFn.values().length);
    private static final ThreadLocal<Table> TABLE = ThreadLocal.withInitial(() -> new Table(3));

    /// For the service loader.
    public CompiledFunctions() {}

    @Override
    public void unary(UnaryFn fn, long x, long y, long n) {
        var kernel = kernel(fn.ordinal(), () -> new Nest(Nest.Axis.FLAT, List.of(source(1)), List.of(new Nest.Map1(fn, DType.F32, 0)),
                List.of(new Nest.Store(1, Mode.FULL, -1))));
        var table = TABLE.get();
        table.set(0, x);
        table.set(1, y);
        run(kernel, table, n);
    }

    @Override
    public void binary(BinaryFn fn, long a, int as, long b, int bs, long y, long n) {
        var kernel = kernel(BINARY + 4 * fn.ordinal() + 2 * as + bs, () -> new Nest(Nest.Axis.FLAT, List.of(source(as), source(bs)),
                List.of(new Nest.Map2(fn, DType.F32, 0, 1)), List.of(new Nest.Store(2, Mode.FULL, -1))));
        var table = TABLE.get();
        table.set(0, a);
        table.set(1, b);
        table.set(2, y);
        run(kernel, table, n);
    }

    private static Nest.Source source(int stride) {
        return new Nest.Source(DType.F32, stride == 0 ? Mode.SCALAR : Mode.FULL);
    }

    private static Kernel kernel(int at, Supplier<Nest> nest) {
        var kernel = KERNELS.get(at);
        if (kernel == null) {
            kernel = Kernels.exact(nest.get()).kernel();
            KERNELS.set(at, kernel);
        }
        return kernel;
    }

    private static void run(Kernel kernel, Table table, long n) {
        for (long from = 0; from < n; from += MOST) {
            kernel.run(table.address(), 1, n, from, Math.min(n, from + MOST));
        }
    }
}
