package dev.caviar.engine.kernel;

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

    static boolean run(BinaryFn fn, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!whole(fn, a, ao, b, bo, y, yo, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            MemorySegment.copy(a, (ao + whole) * 4, last, 0, rest * 4L);
            MemorySegment.copy(b, (bo + whole) * 4, last, SECOND * 4, rest * 4L);
            whole(fn, last, 0, last, SECOND, last, 0, LANES);
            MemorySegment.copy(last, 0, y, (yo + whole) * 4, rest * 4L);
        }
        return true;
    }

    /// fn(a[i], s).
    static boolean runRight(BinaryFn fn, MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        if (fn == BinaryFn.POW) {
            return power(a, ao, s, y, yo, n);
        }
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!wholeRight(fn, a, ao, s, y, yo, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            MemorySegment.copy(a, (ao + whole) * 4, last, 0, rest * 4L);
            wholeRight(fn, last, 0, s, last, 0, LANES);
            MemorySegment.copy(last, 0, y, (yo + whole) * 4, rest * 4L);
        }
        return true;
    }

    /// fn(s, b[i]).
    static boolean runLeft(BinaryFn fn, float s, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        int rest = (int) (n % LANES);
        long whole = n - rest;
        if (!wholeLeft(fn, s, b, bo, y, yo, whole)) {
            return false;
        }
        if (rest > 0) {
            var last = LAST.get();
            MemorySegment.copy(b, (bo + whole) * 4, last, 0, rest * 4L);
            wholeLeft(fn, s, last, 0, last, 0, LANES);
            MemorySegment.copy(last, 0, y, (yo + whole) * 4, rest * 4L);
        }
        return true;
    }

    private static boolean whole(BinaryFn fn, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        switch (fn) {
            case ADD -> add(a, ao, b, bo, y, yo, n);
            case SUB -> sub(a, ao, b, bo, y, yo, n);
            case MUL -> mul(a, ao, b, bo, y, yo, n);
            case DIV -> div(a, ao, b, bo, y, yo, n);
            case MAX -> max(a, ao, b, bo, y, yo, n);
            case MIN -> min(a, ao, b, bo, y, yo, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean wholeRight(BinaryFn fn, MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        switch (fn) {
            case ADD -> addScalar(a, ao, s, y, yo, n);
            case SUB -> addScalar(a, ao, -s, y, yo, n);
            case MUL -> mulScalar(a, ao, s, y, yo, n);
            case DIV -> divScalar(a, ao, s, y, yo, n);
            case MAX -> maxScalar(a, ao, s, y, yo, n);
            case MIN -> minScalar(a, ao, s, y, yo, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// Powers that are cheaper than powers, and exactly the same.
    private static boolean power(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        if (s == 2) {
            return VectorUnary.run(UnaryFn.SQUARE, a, ao, y, yo, n);
        }
        return s == -1 && VectorUnary.run(UnaryFn.RECIPROCAL, a, ao, y, yo, n);
    }

    private static boolean wholeLeft(BinaryFn fn, float s, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        switch (fn) {
            case ADD -> addScalar(b, bo, s, y, yo, n);
            case SUB -> subFrom(b, bo, s, y, yo, n);
            case MUL -> mulScalar(b, bo, s, y, yo, n);
            case DIV -> divInto(b, bo, s, y, yo, n);
            case MAX -> maxScalar(b, bo, s, y, yo, n);
            case MIN -> minScalar(b, bo, s, y, yo, n);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).add(load(b, bo + i)), y, yo + i);
        }
    }

    private static void sub(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).sub(load(b, bo + i)), y, yo + i);
        }
    }

    private static void mul(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).mul(load(b, bo + i)), y, yo + i);
        }
    }

    private static void div(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).div(load(b, bo + i)), y, yo + i);
        }
    }

    private static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).max(load(b, bo + i)), y, yo + i);
        }
    }

    private static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).min(load(b, bo + i)), y, yo + i);
        }
    }

    private static void addScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).add(q), y, yo + i);
        }
    }

    private static void mulScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).mul(q), y, yo + i);
        }
    }

    private static void divScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).div(q), y, yo + i);
        }
    }

    private static void maxScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).max(q), y, yo + i);
        }
    }

    private static void minScalar(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(load(a, ao + i).min(q), y, yo + i);
        }
    }

    private static void subFrom(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(q.sub(load(a, ao + i)), y, yo + i);
        }
    }

    private static void divInto(MemorySegment a, long ao, float s, MemorySegment y, long yo, long n) {
        var q = FloatVector.broadcast(SPECIES, s);
        for (long i = 0; i < n; i += LANES) {
            store(q.div(load(a, ao + i)), y, yo + i);
        }
    }
}
