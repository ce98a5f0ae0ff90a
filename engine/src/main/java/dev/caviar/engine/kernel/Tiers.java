package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.Elements.F32;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// Functions of F32 number by number until one has seen enough of them to be worth a compiled loop: making the first takes more than
/// 100 ms, and a program that computes with a few numbers should not wait for that. Both give the same bits.
final class Tiers {
    private static final long WORTH = 1 << 16;
    private static final int UNARY = UnaryFn.values().length;
    private static final AtomicLongArray SEEN = new AtomicLongArray(UNARY + BinaryFn.values().length);
    private static final @Nullable FunctionLoops COMPILED =
            ServiceLoader.load(FunctionLoops.class, Tiers.class.getClassLoader()).findFirst().orElse(null);

    private Tiers() {}

    private static @Nullable FunctionLoops compiled(int fn, long n) {
        return COMPILED != null && (SEEN.get(fn) >= WORTH || SEEN.addAndGet(fn, n) >= WORTH) ? COMPILED : null;
    }

    static void unary(UnaryFn fn, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        var compiled = compiled(fn.ordinal(), n);
        if (compiled != null) {
            compiled.unary(fn, VectorLoops.address(x, xo, n), VectorLoops.address(y, yo, n), n);
        } else if (exact(fn)) {
            Loops.plain().unary(fn, DType.F32, x, xo, y, yo, n);
        } else {
            for (long i = 0; i < n; i++) {
                y.setAtIndex(F32, yo + i, Functions.unary(fn, Lanes.scalar(), x.getAtIndex(F32, xo + i)));
            }
        }
    }

    static void binary(BinaryFn fn, MemorySegment a, long ao, int as, MemorySegment b, long bo, int bs, MemorySegment y, long yo, long n) {
        if (fn == BinaryFn.POW && bs == 0 && as == 1) {
            float power = b.getAtIndex(F32, bo);
            if (power == 2 || power == -1) {
                // Cheaper than powers, and rounded once.
                unary(power == 2 ? UnaryFn.SQUARE : UnaryFn.RECIPROCAL, a, ao, y, yo, n);
                return;
            }
        }
        var compiled = as + bs > 0 ? compiled(UNARY + fn.ordinal(), n) : null;
        if (compiled != null) {
            compiled.binary(fn, VectorLoops.address(a, ao, as == 0 ? 1 : n), as, VectorLoops.address(b, bo, bs == 0 ? 1 : n), bs,
                    VectorLoops.address(y, yo, n), n);
        } else if (fn == BinaryFn.POW) {
            for (long i = 0; i < n; i++) {
                y.setAtIndex(F32, yo + i, Functions.binary(fn, Lanes.scalar(), a.getAtIndex(F32, ao + i * as), b.getAtIndex(F32, bo + i * bs)));
            }
        } else {
            Loops.plain().binary(fn, DType.F32, a, ao, as, b, bo, bs, y, yo, n);
        }
    }

    /// Whether the plain loop, which rounds once from double precision, gives the same bits as float operations.
    private static boolean exact(UnaryFn fn) {
        return switch (fn) {
            case NEG, ABS, SIGN, SQRT, SQUARE, RECIPROCAL, RELU, FLOOR, CEIL, ROUND -> true;
            default -> false;
        };
    }
}
