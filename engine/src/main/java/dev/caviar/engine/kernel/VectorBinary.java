package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.ALL;
import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Functions of two F32 numbers, of which one may be the same for all elements (a scalar: its own loop, since a vector
/// that is either loaded or constant would be boxed where the two ways meet).
///
/// The last elements are moved into whole vectors of their own and go through the same loop: behind a mask they would be
/// boxed wherever that way is taken too seldom to be compiled well.
final class VectorBinary {
    /// Where the second operand's last elements stand, in elements.
    private static final long SECOND = 16;
    private static final ThreadLocal<MemorySegment> LAST = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(128, 64));

    private VectorBinary() {}

    static boolean run(BinaryFn fn, long a, long b, long y, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!whole(fn, a, b, y, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            long at = last.address() / 4;
            MemorySegment.copy(ALL, (a + whole) * 4, last, 0, rest * 4L);
            MemorySegment.copy(ALL, (b + whole) * 4, last, SECOND * 4, rest * 4L);
            whole(fn, at, at + SECOND, at, LANES);
            MemorySegment.copy(last, 0, ALL, (y + whole) * 4, rest * 4L);
        }
        return true;
    }

    /// fn(a[i], s).
    static boolean runRight(BinaryFn fn, long a, float s, long y, long n) {
        if (fn == BinaryFn.POW) {
            return power(a, s, y, n);
        }
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!wholeRight(fn, a, s, y, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            long at = last.address() / 4;
            MemorySegment.copy(ALL, (a + whole) * 4, last, 0, rest * 4L);
            wholeRight(fn, at, s, at, LANES);
            MemorySegment.copy(last, 0, ALL, (y + whole) * 4, rest * 4L);
        }
        return true;
    }

    /// fn(s, b[i]).
    static boolean runLeft(BinaryFn fn, float s, long b, long y, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!wholeLeft(fn, s, b, y, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            long at = last.address() / 4;
            MemorySegment.copy(ALL, (b + whole) * 4, last, 0, rest * 4L);
            wholeLeft(fn, s, at, at, LANES);
            MemorySegment.copy(last, 0, ALL, (y + whole) * 4, rest * 4L);
        }
        return true;
    }

    private static boolean whole(BinaryFn fn, long a, long b, long y, long n) {
        switch (fn) {
            case ADD -> add(a, b, y, n);
            case SUB -> sub(a, b, y, n);
            case MUL -> mul(a, b, y, n);
            case DIV -> div(a, b, y, n);
            case MAX -> max(a, b, y, n);
            case MIN -> min(a, b, y, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean wholeRight(BinaryFn fn, long a, float s, long y, long n) {
        switch (fn) {
            case ADD -> addScalar(a, s, y, n);
            case SUB -> addScalar(a, -s, y, n);
            case MUL -> mulScalar(a, s, y, n);
            case DIV -> divScalar(a, s, y, n);
            case MAX -> maxScalar(a, s, y, n);
            case MIN -> minScalar(a, s, y, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// Powers that are cheaper than powers, and exactly the same.
    private static boolean power(long a, float s, long y, long n) {
        if (s == 2) {
            return VectorUnary.run(UnaryFn.SQUARE, a, y, n);
        }
        return s == -1 && VectorUnary.run(UnaryFn.RECIPROCAL, a, y, n);
    }

    private static boolean wholeLeft(BinaryFn fn, float s, long b, long y, long n) {
        switch (fn) {
            case ADD -> addScalar(b, s, y, n);
            case SUB -> subFrom(b, s, y, n);
            case MUL -> mulScalar(b, s, y, n);
            case DIV -> divInto(b, s, y, n);
            case MAX -> maxScalar(b, s, y, n);
            case MIN -> minScalar(b, s, y, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void add(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).add(load(b + i)), y + i);
        }
    }

    private static void sub(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).sub(load(b + i)), y + i);
        }
    }

    private static void mul(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).mul(load(b + i)), y + i);
        }
    }

    private static void div(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).div(load(b + i)), y + i);
        }
    }

    private static void max(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).max(load(b + i)), y + i);
        }
    }

    private static void min(long a, long b, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).min(load(b + i)), y + i);
        }
    }

    private static void addScalar(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).add(q), y + i);
        }
    }

    private static void mulScalar(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).mul(q), y + i);
        }
    }

    private static void divScalar(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).div(q), y + i);
        }
    }

    private static void maxScalar(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).max(q), y + i);
        }
    }

    private static void minScalar(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a + i).min(q), y + i);
        }
    }

    private static void subFrom(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(q.sub(load(a + i)), y + i);
        }
    }

    private static void divInto(long a, float s, long y, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(q.div(load(a + i)), y + i);
        }
    }
}
