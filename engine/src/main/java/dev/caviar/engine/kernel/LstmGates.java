package dev.caviar.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// What an LSTM does between its products, on F32 and with the Vector API: a few rows of one step at a time.
///
/// Rows lie one behind the other; those of gates have four parts of `units`: input gate, forget gate, candidate, output gate.
/// Every row is computed alone, so that the result does not depend on how rows are shared between threads.
///
/// ```java
/// if (LstmGates.present()) {
///     var z = Tensor.zeros(2, 4 * 8).array().buffer().memory();
///     var c = Tensor.ones(2, 8).array().buffer().memory();
///     var h = Tensor.zeros(2, 8).array().buffer().memory();
///     LstmGates.forward(z, c, c, h, 2, 8);       // c is 0.5 now, and h 0.23
/// }
/// ```
public final class LstmGates {
    private LstmGates() {}

    /// Whether this machine's JVM has what these loops need.
    public static boolean present() {
        return Vectors.PRESENT;
    }

    /// Turns `gates` from sums into the gates' values, and gives the new c and h from the old c, which may be the same memory.
    public static void forward(MemorySegment gates, MemorySegment before, MemorySegment c, MemorySegment h, long rows, long units) {
        long z = place(gates, rows * 4 * units);
        long b = place(before, rows * units);
        long cell = place(c, rows * units);
        long out = place(h, rows * units);
        for (long r = 0; r < rows; r++) {
            VectorGates.forward(z + r * 4 * units, b + r * units, cell + r * units, out + r * units, units);
        }
        Reference.reachabilityFence(gates);
        Reference.reachabilityFence(before);
        Reference.reachabilityFence(c);
        Reference.reachabilityFence(h);
    }

    /// One step back: from the gates' values, c after and before the step, and the gradients of h and c, to those of the sums
    /// `dz` and of the c before, which takes the place of `dc`. `scratch` has a row of units; `sums` gets the rows of dz added.
    public static void backward(MemorySegment gates, MemorySegment c, MemorySegment before, MemorySegment dh, MemorySegment dc,
            MemorySegment dz, MemorySegment scratch, MemorySegment sums, long rows, long units) {
        long g = place(gates, rows * 4 * units);
        long cell = place(c, rows * units);
        long b = place(before, rows * units);
        long h = place(dh, rows * units);
        long d = place(dc, rows * units);
        long z = place(dz, rows * 4 * units);
        long t = place(scratch, units);
        long s = place(sums, 4 * units);
        for (long r = 0; r < rows; r++) {
            long row = r * units;
            Tiers.unary(UnaryFn.TANH, VectorLoops.ALL, cell + row, VectorLoops.ALL, t, units);
            VectorGates.backward(g + 4 * row, t, b + row, h + row, d + row, z + 4 * row, units);
            VectorGates.add(z + 4 * row, s, 4 * units);
        }
        Reference.reachabilityFence(gates);
        Reference.reachabilityFence(c);
        Reference.reachabilityFence(before);
        Reference.reachabilityFence(dh);
        Reference.reachabilityFence(dc);
        Reference.reachabilityFence(dz);
        Reference.reachabilityFence(scratch);
        Reference.reachabilityFence(sums);
    }

    /// y += x.
    public static void add(MemorySegment x, MemorySegment y, long n) {
        VectorGates.add(place(x, n), place(y, n), n);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(y);
    }

    /// Where a segment begins, in F32 from address 0; throws where it is shorter than `n`, or not native memory.
    private static long place(MemorySegment x, long n) {
        if (!x.isNative() || x.byteSize() < n * 4 || x.address() % 4 != 0) {
            throw new IllegalArgumentException("LstmGates: " + n * 4 + " bytes of native memory were needed, and " + x + " given.");
        }
        return x.address() / 4;
    }
}
