package dev.caviar.engine.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Elementary functions on F32 vectors, each within 2 units of the last place. Polynomials are Chebyshev fits of our own.
final class VectorMath {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);

    private static final float LOG2_E = 1.44269504088896341f;
    /// ln 2 in two parts: the first has few bits, so that its product with an exponent is exact.
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /// Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
    private static final float ROUNDER = 0x1.8p23f;
    private static final int ROUNDER_BITS = 0x4b400000;

    private VectorMath() {}

    /// eˣ = 2ⁿ · e^r with r = x - n·ln 2 in ±0.35; 2ⁿ in two factors, so that subnormal results are right too.
    static FloatVector exp(FloatVector x) {
        var clamped = x.max(-105f).min(90f);
        var shifted = clamped.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUNDER));
        var n = shifted.sub(ROUNDER);
        var r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
        var p = FloatVector.broadcast(SPECIES, 1.394322177e-03f).fma(r, FloatVector.broadcast(SPECIES, 8.376818502e-03f))
                .fma(r, FloatVector.broadcast(SPECIES, 4.166632700e-02f)).fma(r, FloatVector.broadcast(SPECIES, 1.666639478e-01f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.5f)).fma(r, ONE).fma(r, ONE);
        var k = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
        var half = k.lanewise(VectorOperators.ASHR, 1);
        var first = half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        var second = k.sub(half).add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return p.mul(first).mul(second);
    }

    /// Near 0 an odd polynomial, further out 1 - 2 / (e^(2|x|) + 1) with the sign of x.
    static FloatVector tanh(FloatVector x) {
        var z = x.abs();
        var t = x.mul(x);
        var p = FloatVector.broadcast(SPECIES, 2.292744816e-03f).fma(t, FloatVector.broadcast(SPECIES, -8.343945516e-03f))
                .fma(t, FloatVector.broadcast(SPECIES, 2.176891865e-02f)).fma(t, FloatVector.broadcast(SPECIES, -5.395925958e-02f))
                .fma(t, FloatVector.broadcast(SPECIES, 1.333330356e-01f)).fma(t, FloatVector.broadcast(SPECIES, -3.333333317e-01f));
        var near = p.mul(t).fma(x, x);
        var far = ONE.sub(FloatVector.broadcast(SPECIES, 2f).div(exp(z.add(z)).add(1f)));
        return near.blend(signed(far, x), z.compare(VectorOperators.GE, 0.625f));
    }

    /// 1 / (1 + e^-|x|), times e^-|x| where x is negative: no overflow, and small values keep their digits.
    static FloatVector sigmoid(FloatVector x) {
        var e = exp(x.abs().neg());
        var r = ONE.div(e.add(1f));
        return r.blend(r.mul(e), x.compare(VectorOperators.LT, 0f));
    }

    /// max(x, 0) + ln(1 + e^-|x|).
    static FloatVector softplus(FloatVector x) {
        return exp(x.abs().neg()).lanewise(VectorOperators.LOG1P).add(x.max(0f));
    }

    /// Up to 1 an odd polynomial, beyond it 1 - e^p(x), where p fits the logarithm of the complement.
    static FloatVector erf(FloatVector x) {
        var t = x.mul(x);
        var near = FloatVector.broadcast(SPECIES, 7.875875063e-05f).fma(t, FloatVector.broadcast(SPECIES, -8.016864287e-04f))
                .fma(t, FloatVector.broadcast(SPECIES, 5.189087423e-03f)).fma(t, FloatVector.broadcast(SPECIES, -2.685421201e-02f))
                .fma(t, FloatVector.broadcast(SPECIES, 1.128359472e-01f)).fma(t, FloatVector.broadcast(SPECIES, -3.761262667e-01f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.128379166e+00f)).fma(x, x);
        var z = x.abs();
        return near.blend(signed(erfFar(z.min(4f)), x), z.compare(VectorOperators.GE, 1f));
    }

    private static FloatVector erfFar(FloatVector z) {
        var p = FloatVector.broadcast(SPECIES, 1.637151415e-06f).fma(z, FloatVector.broadcast(SPECIES, -4.605804269e-05f))
                .fma(z, FloatVector.broadcast(SPECIES, 5.968056257e-04f)).fma(z, FloatVector.broadcast(SPECIES, -4.759596293e-03f))
                .fma(z, FloatVector.broadcast(SPECIES, 2.642113601e-02f)).fma(z, FloatVector.broadcast(SPECIES, -1.100800829e-01f))
                .fma(z, FloatVector.broadcast(SPECIES, -6.318260516e-01f)).fma(z, FloatVector.broadcast(SPECIES, -1.130233435e+00f))
                .fma(z, FloatVector.broadcast(SPECIES, 3.201380497e-04f));
        return ONE.sub(exp(p));
    }

    /// A positive vector with the signs of another.
    private static FloatVector signed(FloatVector magnitude, FloatVector sign) {
        var bits = sign.reinterpretAsInts().and(Integer.MIN_VALUE);
        return magnitude.reinterpretAsInts().or(bits).reinterpretAsFloats();
    }
}
