package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.INTS;
import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// The exponential and its kin on F32, within 2 units of the last place over the whole range.
///
/// eˣ = 2ᵏ · eʳ with k = round(x / ln 2), so that r lies in ±0.35, where a polynomial of degree 6 does (our own Chebyshev
/// fits, here and below). The text of eʳ is repeated in each loop, and constants are whole vectors, on purpose: a method
/// that takes and gives vectors is compiled on its own once it is hot, is then not inlined any more, and boxes its vectors;
/// and the compiler gives up on inlining past a count of nodes that scalar operands double.
final class VectorExp {
    private static final FloatVector ONE = all(1f);
    private static final FloatVector TWO = all(2f);
    private static final FloatVector HALF = all(0.5f);
    private static final FloatVector ZERO = all(0f);
    private static final FloatVector LOWEST = all(-105f);
    private static final FloatVector HIGHEST = all(90f);
    private static final FloatVector LOG2_E = all(1.44269504088896341f);
    /// -ln 2 in two parts: the first has few bits, so that its product with k is exact.
    private static final FloatVector LN2_HIGH = all(-0.693359375f);
    private static final FloatVector LN2_LOW = all(2.12194440e-4f);
    /// Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
    private static final FloatVector ROUNDER = all(0x1.8p23f);
    private static final IntVector ROUNDER_BITS = IntVector.broadcast(INTS, 0x4b400000);
    private static final IntVector BIAS = IntVector.broadcast(INTS, 127);
    private static final IntVector SCALE = IntVector.broadcast(INTS, 127 - 0x4b400000);
    private static final IntVector SIGN = IntVector.broadcast(INTS, Integer.MIN_VALUE);

    private static final FloatVector E6 = all(1.394322177e-03f);
    private static final FloatVector E5 = all(8.376818502e-03f);
    private static final FloatVector E4 = all(4.166632700e-02f);
    private static final FloatVector E3 = all(1.666639478e-01f);

    private static final FloatVector TANH_FAR = all(0.625f);
    private static final FloatVector TANH_FLAT = all(30f);
    private static final FloatVector T5 = all(2.292744816e-03f);
    private static final FloatVector T4 = all(-8.343945516e-03f);
    private static final FloatVector T3 = all(2.176891865e-02f);
    private static final FloatVector T2 = all(-5.395925958e-02f);
    private static final FloatVector T1 = all(1.333330356e-01f);
    private static final FloatVector T0 = all(-3.333333317e-01f);

    private static final FloatVector ERF_FLAT = all(4f);
    private static final FloatVector N6 = all(7.875875063e-05f);
    private static final FloatVector N5 = all(-8.016864287e-04f);
    private static final FloatVector N4 = all(5.189087423e-03f);
    private static final FloatVector N3 = all(-2.685421201e-02f);
    private static final FloatVector N2 = all(1.128359472e-01f);
    private static final FloatVector N1 = all(-3.761262667e-01f);
    private static final FloatVector N0 = all(1.28379166e-01f);
    private static final FloatVector F8 = all(1.637151415e-06f);
    private static final FloatVector F7 = all(-4.605804269e-05f);
    private static final FloatVector F6 = all(5.968056257e-04f);
    private static final FloatVector F5 = all(-4.759596293e-03f);
    private static final FloatVector F4 = all(2.642113601e-02f);
    private static final FloatVector F3 = all(-1.100800829e-01f);
    private static final FloatVector F2 = all(-6.318260516e-01f);
    private static final FloatVector F1 = all(-1.130233435e+00f);
    private static final FloatVector F0 = all(3.201380497e-04f);

    private VectorExp() {}

    private static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /// 2ᵏ comes in two factors, so that subnormal results are right too.
    static void exp(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var c = v.max(LOWEST).min(HIGHEST);
            var shifted = c.fma(LOG2_E, ROUNDER);
            var k = shifted.sub(ROUNDER);
            var r = k.fma(LN2_LOW, k.fma(LN2_HIGH, c));
            var p = E6.fma(r, E5).fma(r, E4).fma(r, E3).fma(r, HALF).fma(r, ONE).fma(r, ONE);
            var bits = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
            var low = bits.lanewise(VectorOperators.ASHR, 1);
            var e = p.mul(low.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
                    .mul(bits.sub(low).add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
            store(e, y + i);
        }
    }

    /// 1 / (1 + e^-|x|), times e^-|x| where x is negative: no overflow, and small values keep their digits.
    static void sigmoid(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var c = v.abs().neg().max(LOWEST).min(HIGHEST);
            var shifted = c.fma(LOG2_E, ROUNDER);
            var k = shifted.sub(ROUNDER);
            var r = k.fma(LN2_LOW, k.fma(LN2_HIGH, c));
            var p = E6.fma(r, E5).fma(r, E4).fma(r, E3).fma(r, HALF).fma(r, ONE).fma(r, ONE);
            var bits = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
            var low = bits.lanewise(VectorOperators.ASHR, 1);
            var e = p.mul(low.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
                    .mul(bits.sub(low).add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
            var s = ONE.div(e.add(ONE));
            store(s.blend(s.mul(e), v.compare(VectorOperators.LT, ZERO)), y + i);
        }
    }

    /// Near 0 an odd polynomial, further out 1 - 2 / (e^(2|x|) + 1) with the sign of x.
    static void tanh(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var z = v.abs();
            var c = z.add(z).min(TANH_FLAT);
            var shifted = c.fma(LOG2_E, ROUNDER);
            var k = shifted.sub(ROUNDER);
            var r = k.fma(LN2_LOW, k.fma(LN2_HIGH, c));
            var p = E6.fma(r, E5).fma(r, E4).fma(r, E3).fma(r, HALF).fma(r, ONE).fma(r, ONE);
            var e = p.mul(shifted.reinterpretAsInts().add(SCALE).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
            var far = ONE.sub(TWO.div(e.add(ONE))).reinterpretAsInts()
                    .or(v.reinterpretAsInts().and(SIGN)).reinterpretAsFloats();
            var t = v.mul(v);
            var near = T5.fma(t, T4).fma(t, T3).fma(t, T2).fma(t, T1).fma(t, T0).mul(t).fma(v, v);
            store(near.blend(far, z.compare(VectorOperators.GE, TANH_FAR)), y + i);
        }
    }

    /// Up to 1 an odd polynomial, beyond it 1 - e^c(x), where c fits the logarithm of the complement.
    static void erf(long x, long y, long n) {
        for (long i = 0; i < n; i += LANES) {
            var v = load(x + i);
            var z = v.abs().min(ERF_FLAT);
            var c = F8.fma(z, F7).fma(z, F6).fma(z, F5).fma(z, F4).fma(z, F3).fma(z, F2).fma(z, F1).fma(z, F0);
            var shifted = c.fma(LOG2_E, ROUNDER);
            var k = shifted.sub(ROUNDER);
            var r = k.fma(LN2_LOW, k.fma(LN2_HIGH, c));
            var p = E6.fma(r, E5).fma(r, E4).fma(r, E3).fma(r, HALF).fma(r, ONE).fma(r, ONE);
            var e = p.mul(shifted.reinterpretAsInts().add(SCALE).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
            var far = ONE.sub(e).reinterpretAsInts().or(v.reinterpretAsInts().and(SIGN)).reinterpretAsFloats();
            var t = v.mul(v);
            var near = N6.fma(t, N5).fma(t, N4).fma(t, N3).fma(t, N2).fma(t, N1).fma(t, N0).fma(v, v);
            store(near.blend(far, z.compare(VectorOperators.GE, ONE)), y + i);
        }
    }
}
