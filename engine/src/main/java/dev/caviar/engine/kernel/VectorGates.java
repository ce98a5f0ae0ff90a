package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.ALL;
import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;
import static dev.caviar.engine.kernel.VectorLoops.tail;

import jdk.incubator.vector.FloatVector;

/// The loops of an LSTM's gates over one row. Units past the last whole vector go through the same text under a mask.
final class VectorGates {
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);

    private VectorGates() {}

    static void forward(long z, long before, long c, long h, long units) {
        Tiers.unary(UnaryFn.SIGMOID, ALL, z, ALL, z, 2 * units);
        Tiers.unary(UnaryFn.TANH, ALL, z + 2 * units, ALL, z + 2 * units, units);
        Tiers.unary(UnaryFn.SIGMOID, ALL, z + 3 * units, ALL, z + 3 * units, units);
        cell(z, before, c, units);
        Tiers.unary(UnaryFn.TANH, ALL, c, ALL, h, units);
        mul(z + 3 * units, h, units);
    }

    /// c = f·before + i·g.
    private static void cell(long z, long before, long c, long units) {
        long i = 0;
        for (; i <= units - LANES; i += LANES) {
            var in = load(z + i).mul(load(z + 2 * units + i));
            store(load(z + units + i).fma(load(before + i), in), c + i);
        }
        if (i < units) {
            var m = tail(i, units);
            var in = load(ALL, z + i, m).mul(load(ALL, z + 2 * units + i, m));
            store(load(ALL, z + units + i, m).fma(load(ALL, before + i, m), in), ALL, c + i, m);
        }
    }

    private static void mul(long x, long y, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(x + i).mul(load(y + i)), y + i);
        }
        if (i < n) {
            var m = tail(i, n);
            store(load(ALL, x + i, m).mul(load(ALL, y + i, m)), ALL, y + i, m);
        }
    }

    static void add(long x, long y, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(x + i).add(load(y + i)), y + i);
        }
        if (i < n) {
            var m = tail(i, n);
            store(load(ALL, x + i, m).add(load(ALL, y + i, m)), ALL, y + i, m);
        }
    }

    /// `t` is the tanh of c; dc becomes that of the c before.
    static void backward(long gates, long t, long before, long dh, long dc, long dz, long units) {
        long k = 0;
        for (; k <= units - LANES; k += LANES) {
            var i = load(gates + k);
            var f = load(gates + units + k);
            var g = load(gates + 2 * units + k);
            var o = load(gates + 3 * units + k);
            var tanh = load(t + k);
            var h = load(dh + k);
            var d = ONE.sub(tanh.mul(tanh)).mul(h.mul(o)).add(load(dc + k));
            store(d.mul(g).mul(i.sub(i.mul(i))), dz + k);
            store(d.mul(load(before + k)).mul(f.sub(f.mul(f))), dz + units + k);
            store(d.mul(i).mul(ONE.sub(g.mul(g))), dz + 2 * units + k);
            store(h.mul(tanh).mul(o.sub(o.mul(o))), dz + 3 * units + k);
            store(d.mul(f), dc + k);
        }
        if (k < units) {
            backwardTail(gates, t, before, dh, dc, dz, units, k);
        }
    }

    private static void backwardTail(long gates, long t, long before, long dh, long dc, long dz, long units, long k) {
        var m = tail(k, units);
        var i = load(ALL, gates + k, m);
        var f = load(ALL, gates + units + k, m);
        var g = load(ALL, gates + 2 * units + k, m);
        var o = load(ALL, gates + 3 * units + k, m);
        var tanh = load(ALL, t + k, m);
        var h = load(ALL, dh + k, m);
        var d = ONE.sub(tanh.mul(tanh)).mul(h.mul(o)).add(load(ALL, dc + k, m));
        store(d.mul(g).mul(i.sub(i.mul(i))), ALL, dz + k, m);
        store(d.mul(load(ALL, before + k, m)).mul(f.sub(f.mul(f))), ALL, dz + units + k, m);
        store(d.mul(i).mul(ONE.sub(g.mul(g))), ALL, dz + 2 * units + k, m);
        store(h.mul(tanh).mul(o.sub(o.mul(o))), ALL, dz + 3 * units + k, m);
        store(d.mul(f), ALL, dc + k, m);
    }
}
