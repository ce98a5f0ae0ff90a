package dev.caviar.engine.kernel;

/// Powers of F32 lanes, within 2 units of the last place: 2^(b·log₂|a|) with the logarithm as a sum of two numbers, since its
/// error is multiplied by up to 128.
final class Powers {
    private static final float INFINITY = Float.POSITIVE_INFINITY;

    private Powers() {}

    /// A sum of two numbers, of which the second is at most about a unit of the last place of the first.
    private record Pair<F>(F high, F low) {}

    static <F, I, M> F pow(Lanes<F, I, M> l, F a, F b) {
        var z = l.abs(a);
        var log = log2(l, z);
        var t = l.mul(b, log.high);
        var low = l.fma(b, log.high, l.neg(t));
        var y = exp2(l, new Pair<>(t, l.fma(b, log.low, low)));
        y = signed(l, a, b, y);
        return l.select(l.eq(b, l.number(0)), l.number(1), y);
    }

    /// log₂ z for z ≥ 0: with s = (m - 1) / (m + 1) it is k + s·(C + s²·(C/3 + s²·q(s²))), C = 2 / ln 2.
    private static <F, I, M> Pair<F> log2(Lanes<F, I, M> l, F z) {
        var split = Functions.split(l, z);
        var s = quotient(l, split.m());
        var one = s.high;
        var square = l.mul(one, one);
        var squareLow = l.fma(l.add(one, one), s.low, l.fma(one, one, l.neg(square)));
        var q = Functions.polynomial(l, square, 0.336331099f, 0.411921591f, 0.577079356f);
        var third = l.number(0x1.ec709ep-1f);
        var w = l.fma(square, q, third);
        var wLow = l.add(l.fma(square, q, l.sub(third, w)), l.number(-0x1.e2fe02p-28f));
        var p = product(l, new Pair<>(square, squareLow), new Pair<>(w, wLow));
        var c = l.number(0x1.715476p+1f);
        var u = l.add(c, p.high);
        var uLow = l.add(l.add(l.sub(c, u), p.high), l.add(p.low, l.number(0x1.4ae0cp-25f)));
        var m = product(l, s, new Pair<>(u, uLow));
        var high = l.add(split.k(), m.high);
        var low = l.add(l.add(l.sub(split.k(), high), m.high), m.low);
        // NaN and infinity stay; the logarithm of 0 is -∞.
        high = l.select(l.lt(z, l.number(INFINITY)), high, z);
        return new Pair<>(l.select(l.eq(z, l.number(0)), l.number(-INFINITY), high), low);
    }

    /// (m - 1) / (m + 1): what the first quotient leaves over is divided again.
    private static <F, I, M> Pair<F> quotient(Lanes<F, I, M> l, F m) {
        var one = l.number(1);
        var upper = l.sub(m, one);
        var lower = l.add(m, one);
        var inverse = l.div(one, lower);
        var s = l.mul(upper, inverse);
        var negative = l.neg(s);
        var rest = l.fma(negative, lower, upper);
        return new Pair<>(s, l.mul(l.fma(negative, l.sub(m, l.sub(lower, one)), rest), inverse));
    }

    private static <F, I, M> Pair<F> product(Lanes<F, I, M> l, Pair<F> a, Pair<F> b) {
        var high = l.mul(a.high, b.high);
        var low = l.fma(a.high, b.high, l.neg(high));
        return new Pair<>(high, l.fma(a.low, b.high, l.fma(a.high, b.low, low)));
    }

    /// 2^(high + low), where high may be infinite or NaN.
    private static <F, I, M> F exp2(Lanes<F, I, M> l, Pair<F> t) {
        var top = l.select(l.lt(l.number(130), t.high), l.number(130), t.high);
        var c = l.select(l.lt(top, l.number(-152)), l.number(-152), top);
        var shifted = l.add(c, l.number(0x1.8p23f));
        var low = l.select(l.lt(l.abs(t.high), l.number(152)), t.low, l.number(0));
        var r = l.add(l.sub(c, l.sub(shifted, l.number(0x1.8p23f))), low);
        var p = Functions.polynomial(l, r, 0.000158506751f, 0.00134193862f, 0.00961702503f, 0.0555027276f, 0.240226552f,
                0.693147242f, 1);
        return Functions.scale(l, p, shifted);
    }

    /// The power of |a| with the sign of that of a: negative for odd b; and NaN where a is below 0 and b is not whole.
    private static <F, I, M> F signed(Lanes<F, I, M> l, F a, F b, F y) {
        // From 2²⁴ on every number is even.
        var z = l.abs(b);
        var even = l.number(0x1p24f);
        var n = l.select(l.lt(z, even), z, even);
        var whole = l.toInts(n);
        var odd = l.ishl(whole, 31);
        var fraction = l.not(l.eq(l.toFloats(whole), n));
        var sign = l.iand(l.iand(odd, l.bits(a)), l.integer(Integer.MIN_VALUE));
        var signed = l.floats(l.ixor(l.bits(y), l.iselect(fraction, l.integer(0), sign)));
        var undefined = l.and(fraction, l.and(l.lt(a, l.number(0)), l.lt(l.number(-INFINITY), a)));
        return l.select(undefined, l.number(Float.NaN), signed);
    }
}
