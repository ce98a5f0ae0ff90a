package dev.caviar.engine.kernel;

/// The elementary functions on F32 lanes, written once for every way of running them.
///
/// All are within 2 units of the last place of the exact value over the whole range, subnormal numbers included, and have the
/// limits, the signs of zero and the NaN of Java's functions. Polynomials are our own minimax fits.
///
/// ```java
/// float y = Functions.unary(UnaryFn.TANH, Lanes.scalar(), 0.5f);
/// ```
public final class Functions {
    private static final int SIGN = Integer.MIN_VALUE;
    /// Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
    private static final float ROUNDER = 0x1.8p23f;
    private static final int ROUNDER_BITS = 0x4b400000;

    private Functions() {}

    /// fn(x), for every function whose result is a number: all but NOT and NOT_FINITE.
    public static <F, I, M> F unary(UnaryFn fn, Lanes<F, I, M> l, F x) {
        return switch (fn) {
            case NEG -> l.neg(x);
            case ABS -> l.abs(x);
            case SIGN -> sign(l, x);
            case EXP -> exp(l, x);
            case SQRT -> l.sqrt(x);
            case RSQRT -> l.div(l.number(1), l.sqrt(x));
            case SQUARE -> l.mul(x, x);
            case RECIPROCAL -> l.div(l.number(1), x);
            case TANH -> tanh(l, x);
            case SIGMOID -> sigmoid(l, x);
            case ERF -> erf(l, x);
            // 0 for -0 as for every other number that is not above it; NaN stays.
            case RELU -> l.select(l.le(x, l.number(0)), l.number(0), x);
            case FLOOR -> floor(l, x);
            case CEIL -> ceil(l, x);
            case ROUND -> round(l, x);
            case ROUND_BF16 -> roundBrain(l, x);
            case ROUND_F16 -> roundHalf(l, x);
            case EXPM1, LOG, LOG1P, SIN, COS, SOFTPLUS -> throw new UnsupportedOperationException(fn + " on lanes");
            case NOT, NOT_FINITE -> throw new IllegalArgumentException(fn + " gives a truth, not a number.\nMaybe call test().");
        };
    }

    /// NOT or NOT_FINITE of x.
    public static <F, I, M> M test(UnaryFn fn, Lanes<F, I, M> l, F x) {
        return switch (fn) {
            case NOT -> l.eq(x, l.number(0));
            case NOT_FINITE -> l.not(l.lt(l.abs(x), l.number(Float.POSITIVE_INFINITY)));
            default -> throw new IllegalArgumentException(fn + " gives a number, not a truth.\nMaybe call unary().");
        };
    }

    /// fn(a, b), for every function whose result is a number.
    public static <F, I, M> F binary(BinaryFn fn, Lanes<F, I, M> l, F a, F b) {
        return switch (fn) {
            case ADD -> l.add(a, b);
            case SUB -> l.sub(a, b);
            case MUL -> l.mul(a, b);
            case DIV -> l.div(a, b);
            case MAX -> l.max(a, b);
            case MIN -> l.min(a, b);
            case POW -> throw new UnsupportedOperationException(fn + " on lanes");
            case EQ, NE, LT, LE, GT, GE, AND, OR ->
                throw new IllegalArgumentException(fn + " gives a truth, not a number.\nMaybe call compare().");
        };
    }

    /// fn(a, b), for every function whose result is a truth; AND and OR take what is not 0 as true.
    public static <F, I, M> M compare(BinaryFn fn, Lanes<F, I, M> l, F a, F b) {
        return switch (fn) {
            case EQ -> l.eq(a, b);
            case NE -> l.not(l.eq(a, b));
            case LT -> l.lt(a, b);
            case LE -> l.le(a, b);
            case GT -> l.lt(b, a);
            case GE -> l.le(b, a);
            case AND -> l.not(l.or(l.eq(a, l.number(0)), l.eq(b, l.number(0))));
            case OR -> l.not(l.and(l.eq(a, l.number(0)), l.eq(b, l.number(0))));
            case ADD, SUB, MUL, DIV, POW, MAX, MIN ->
                throw new IllegalArgumentException(fn + " gives a number, not a truth.\nMaybe call binary().");
        };
    }

    private static <F, I, M> I signOf(Lanes<F, I, M> l, F x) {
        return l.iand(l.bits(x), l.integer(SIGN));
    }

    private static <F, I, M> F withSign(Lanes<F, I, M> l, F magnitude, F x) {
        return l.floats(l.ior(l.bits(magnitude), signOf(l, x)));
    }

    private static <F, I, M> F sign(Lanes<F, I, M> l, F x) {
        return l.select(l.lt(l.number(0), l.abs(x)), withSign(l, l.number(1), x), x);
    }

    /// Adding 2²³ leaves no room for a fraction; from there on every number is whole.
    private static <F, I, M> F round(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        var whole = l.number(0x1p23f);
        return l.select(l.lt(z, whole), withSign(l, l.sub(l.add(z, whole), whole), x), x);
    }

    /// To nearest even by adding just under half of the last place that is kept, or half where that is odd; NaN gets its quiet bit.
    private static <F, I, M> F roundBrain(Lanes<F, I, M> l, F x) {
        var bits = l.bits(x);
        var odd = l.iand(l.iushr(bits, 16), l.integer(1));
        var rounded = l.iadd(bits, l.iadd(odd, l.integer(0x7fff)));
        var kept = l.iselect(l.eq(x, x), rounded, l.ior(bits, l.integer(0x400000)));
        return l.floats(l.iand(kept, l.integer(0xffff0000)));
    }

    /// As above; numbers below 2⁻¹⁴ are rounded to multiples of 2⁻²⁴, which is what the last place of a half is.
    private static <F, I, M> F roundHalf(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        var bits = l.bits(z);
        var odd = l.iand(l.iushr(bits, 13), l.integer(1));
        var normal = l.floats(l.iand(l.iadd(bits, l.iadd(odd, l.integer(0xfff))), l.integer(~0x1fff)));
        var half = l.number(0.5f);
        var small = l.sub(l.add(z, half), half);
        var size = l.select(l.lt(z, l.number(0x1p-14f)), small, normal);
        var finite = l.select(l.lt(l.number(65504), size), l.number(Float.POSITIVE_INFINITY), size);
        return l.select(l.eq(x, x), withSign(l, finite, x), x);
    }

    private static <F, I, M> F floor(Lanes<F, I, M> l, F x) {
        var r = round(l, x);
        return l.select(l.lt(x, r), l.sub(r, l.number(1)), r);
    }

    private static <F, I, M> F ceil(Lanes<F, I, M> l, F x) {
        var r = round(l, x);
        // -0.5 goes up to -0.
        return l.select(l.lt(r, x), withSign(l, l.add(r, l.number(1)), x), r);
    }

    /// c0 + c1·x + c2·x² + …, with the coefficients from the highest power down.
    private static <F, I, M> F polynomial(Lanes<F, I, M> l, F x, float... c) {
        F y = l.number(c[0]);
        for (int i = 1; i < c.length; i++) {
            y = l.fma(y, x, l.number(c[i]));
        }
        return y;
    }

    /// eʳ · 2ᵏ = eˣ, with the power of two still in the low bits of `shifted`.
    private record Power<F>(F r, F shifted) {}

    /// k = round(x / ln 2) and r = x - k·ln 2, in ±0.35; ln 2 comes in two parts, of which the first has few bits, so that its
    /// product with k is exact.
    private static <F, I, M> Power<F> reduce(Lanes<F, I, M> l, F x) {
        var shifted = l.fma(x, l.number(1.44269504088896341f), l.number(ROUNDER));
        var k = l.sub(shifted, l.number(ROUNDER));
        return new Power<>(l.fma(k, l.number(2.12194440e-4f), l.fma(k, l.number(-0.693359375f), x)), shifted);
    }

    private static <F, I, M> F expNearZero(Lanes<F, I, M> l, F r) {
        return polynomial(l, r, 1.394322177e-03f, 8.376818502e-03f, 4.166632700e-02f, 1.666639478e-01f, 0.5f, 1, 1);
    }

    /// 2ᵏ, for k in the low bits of `shifted` and within the exponents of normal numbers.
    private static <F, I, M> F power(Lanes<F, I, M> l, F shifted) {
        return l.floats(l.ishl(l.iadd(l.bits(shifted), l.integer(127 - ROUNDER_BITS)), 23));
    }

    /// eˣ for x whose result is a normal number.
    private static <F, I, M> F expWithin(Lanes<F, I, M> l, F x) {
        var p = reduce(l, x);
        return l.mul(expNearZero(l, p.r), power(l, p.shifted));
    }

    /// 2ᵏ comes in two factors, so that subnormal results are rounded once.
    private static <F, I, M> F exp(Lanes<F, I, M> l, F x) {
        return expBelow(l, l.select(l.lt(l.number(90), x), l.number(90), x));
    }

    private static <F, I, M> F expBelow(Lanes<F, I, M> l, F x) {
        var p = reduce(l, l.select(l.lt(x, l.number(-105)), l.number(-105), x));
        var k = l.isub(l.bits(p.shifted), l.integer(ROUNDER_BITS));
        var low = l.ishr(k, 1);
        var bias = l.integer(127);
        return l.mul(l.mul(expNearZero(l, p.r), l.floats(l.ishl(l.iadd(low, bias), 23))),
                l.floats(l.ishl(l.iadd(l.isub(k, low), bias), 23)));
    }

    /// 1 / (1 + e^-|x|), times e^-|x| where x is negative: no overflow, and small values keep their digits.
    private static <F, I, M> F sigmoid(Lanes<F, I, M> l, F x) {
        var e = expBelow(l, l.neg(l.abs(x)));
        var one = l.number(1);
        var s = l.div(one, l.add(e, one));
        return l.select(l.lt(x, l.number(0)), l.mul(s, e), s);
    }

    /// Near 0 an odd polynomial, further out 1 - 2 / (e^(2|x|) + 1).
    private static <F, I, M> F tanh(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        var twice = l.add(z, z);
        var e = expWithin(l, l.select(l.lt(l.number(30), twice), l.number(30), twice));
        var far = l.sub(l.number(1), l.div(l.number(2), l.add(e, l.number(1))));
        var t = l.mul(x, x);
        var near = l.fma(l.mul(polynomial(l, t, 2.292744816e-03f, -8.343945516e-03f, 2.176891865e-02f, -5.395925958e-02f,
                1.333330356e-01f, -3.333333317e-01f), t), z, z);
        return withSign(l, l.select(l.lt(z, l.number(0.625f)), near, far), x);
    }

    /// Up to 1 an odd polynomial, beyond it 1 - e^c(x), where c fits the logarithm of the complement.
    private static <F, I, M> F erf(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        var c = l.select(l.lt(l.number(4), z), l.number(4), z);
        var e = expWithin(l, polynomial(l, c, 1.637151415e-06f, -4.605804269e-05f, 5.968056257e-04f, -4.759596293e-03f,
                2.642113601e-02f, -1.100800829e-01f, -6.318260516e-01f, -1.130233435e+00f, 3.201380497e-04f));
        var t = l.mul(x, x);
        var near = l.fma(polynomial(l, t, 7.875875063e-05f, -8.016864287e-04f, 5.189087423e-03f, -2.685421201e-02f,
                1.128359472e-01f, -3.761262667e-01f, 1.28379166e-01f), z, z);
        return withSign(l, l.select(l.lt(z, l.number(1)), near, l.sub(l.number(1), e)), x);
    }
}
