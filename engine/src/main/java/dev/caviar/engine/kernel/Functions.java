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
    /// The bits of √½.
    private static final int ROOT_HALF = 0x3f3504f3;
    /// Beyond this angle quarter turns are counted in double precision.
    private static final float FAR = 0x1p17f;

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
            case EXPM1 -> expm1(l, x);
            case LOG -> log(l, x);
            case LOG1P -> log1p(l, x);
            case SOFTPLUS -> softplus(l, x);
            case SIN -> sin(l, x);
            case COS -> cos(l, x);
            case SIN_TURNS -> turned(l, part(l, x), 0);
            case COS_TURNS -> turned(l, part(l, x), 1);
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
            case POW -> Powers.pow(l, a, b);
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
    static <F, I, M> F polynomial(Lanes<F, I, M> l, F x, float... c) {
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

    /// eʳ - 1 to the precision of eʳ: r + r²·q(r), where the last steps round little, since r is small.
    private static <F, I, M> F expm1NearZero(Lanes<F, I, M> l, F r) {
        var q = polynomial(l, r, 0.00138182996f, 0.0083679175f, 0.0416682214f, 0.166665226f, 0.49999994f);
        return l.fma(l.mul(r, r), q, r);
    }

    private static <F, I, M> F expNearZero(Lanes<F, I, M> l, F r) {
        return l.add(expm1NearZero(l, r), l.number(1));
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

    private static <F, I, M> F exp(Lanes<F, I, M> l, F x) {
        return expBelow(l, l.select(l.lt(l.number(90), x), l.number(90), x));
    }

    private static <F, I, M> F expBelow(Lanes<F, I, M> l, F x) {
        var p = reduce(l, l.select(l.lt(x, l.number(-105)), l.number(-105), x));
        return scale(l, expNearZero(l, p.r), p.shifted);
    }

    /// p · 2ᵏ for k in the low bits of `shifted`, in two factors, so that subnormal results are rounded once.
    static <F, I, M> F scale(Lanes<F, I, M> l, F p, F shifted) {
        var k = l.isub(l.bits(shifted), l.integer(ROUNDER_BITS));
        var low = l.ishr(k, 1);
        var bias = l.integer(127);
        return l.mul(l.mul(p, l.floats(l.ishl(l.iadd(low, bias), 23))), l.floats(l.ishl(l.iadd(l.isub(k, low), bias), 23)));
    }

    /// 1 / (1 + e^-x) with e^-x = 2ᵏ⁺ʲ·(1 + v) is 2⁻ʲ / (2⁻ʲ + 2ᵏ + 2ᵏ·v), which does not overflow for j near k; what the sum
    /// of the two powers loses is added to the smallest term.
    private static <F, I, M> F sigmoid(Lanes<F, I, M> l, F x) {
        var top = l.select(l.lt(l.number(30), x), l.number(30), x);
        var p = reduce(l, l.neg(l.select(l.lt(top, l.number(-105)), l.number(-105), top)));
        var sum = l.isub(l.bits(p.shifted), l.integer(ROUNDER_BITS));
        var j = l.ishr(sum, 1);
        var bias = l.integer(127);
        var upper = l.floats(l.ishl(l.isub(bias, j), 23));
        var power = l.floats(l.ishl(l.iadd(l.isub(sum, j), bias), 23));
        var both = l.add(upper, power);
        var lost = l.sub(upper, l.sub(both, power));
        return l.div(upper, l.add(l.fma(power, expm1NearZero(l, p.r), lost), both));
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

    /// 2ᵏ·(eʳ - 1) + (2ᵏ - 1), halved until the end, so that 2ᵏ stays within the numbers.
    private static <F, I, M> F expm1(Lanes<F, I, M> l, F x) {
        var top = l.select(l.lt(l.number(89), x), l.number(89), x);
        var p = reduce(l, l.select(l.lt(top, l.number(-30)), l.number(-30), top));
        var half = l.floats(l.ishl(l.iadd(l.bits(p.shifted), l.integer(126 - ROUNDER_BITS)), 23));
        var bend = l.mul(l.mul(p.r, p.r), polynomial(l, p.r, 0.000197210364f, 0.00139298569f, 0.00833357684f, 0.0416664854f,
                0.166666657f, 0.5f));
        var y = l.fma(half, bend, l.fma(half, p.r, l.sub(half, l.number(0.5f))));
        return l.select(l.lt(l.abs(x), l.number(0x1p-25f)), x, l.add(y, y));
    }

    /// log(1 + f) - f for f in [√½ - 1, √2 - 1].
    private static <F, I, M> F logBend(Lanes<F, I, M> l, F f) {
        var q = polynomial(l, f, -0.076421462f, 0.127680317f, -0.131601527f, 0.142009199f, -0.166233107f, 0.200012609f, -0.250008225f,
                0.333333313f, -0.5f);
        return l.mul(l.mul(f, f), q);
    }

    /// k·ln 2 + f + bend.
    private static <F, I, M> F logSum(Lanes<F, I, M> l, F k, F f) {
        return l.fma(k, l.number(0.693147182f), l.add(f, l.fma(k, l.number(-1.9046543e-09f), logBend(l, f))));
    }

    /// x = 2ᵏ·m with m in [√½, √2), for x above 0 and finite.
    record Split<F>(F k, F m) {}

    static <F, I, M> Split<F> split(Lanes<F, I, M> l, F x) {
        var subnormal = l.lt(x, l.number(Float.MIN_NORMAL));
        var bits = l.bits(l.select(subnormal, l.mul(x, l.number(0x1p23f)), x));
        var k = l.ishr(l.isub(bits, l.integer(ROOT_HALF)), 23);
        var m = l.floats(l.isub(bits, l.ishl(k, 23)));
        return new Split<>(l.sub(l.toFloats(k), l.select(subnormal, l.number(23), l.number(0))), m);
    }

    private static <F, I, M> F log(Lanes<F, I, M> l, F x) {
        var s = split(l, x);
        return logarithm(l, x, x, logSum(l, s.k, l.sub(s.m, l.number(1))), 0);
    }

    /// With y = 1 + x = 2ᵏ·m the rest is f = x·2⁻ᵏ + (2⁻ᵏ - 1), in which the digits lost in y are back; 2⁻ᵏ comes times 4, since
    /// k may be 128.
    private static <F, I, M> F log1p(Lanes<F, I, M> l, F x) {
        var y = l.add(x, l.number(1));
        var k = l.ishr(l.isub(l.bits(y), l.integer(ROOT_HALF)), 23);
        var scale = l.floats(l.ishl(l.isub(l.integer(129), k), 23));
        var quarter = l.number(0.25f);
        var f = l.fma(l.mul(x, quarter), scale, l.fma(scale, quarter, l.number(-1)));
        var r = logarithm(l, x, y, logSum(l, l.toFloats(k), f), -1);
        return l.select(l.lt(l.abs(x), l.number(0x1p-25f)), x, r);
    }

    /// The logarithm of y, found to be r, at its limits: at `pole`, where x is -∞, below it and from ∞ on.
    private static <F, I, M> F logarithm(Lanes<F, I, M> l, F x, F y, F r, float pole) {
        var inside = l.and(l.lt(l.number(pole), x), l.lt(x, l.number(Float.POSITIVE_INFINITY)));
        // The root is NaN below 0, and keeps infinity and NaN.
        var outside = l.select(l.eq(x, l.number(pole)), l.number(Float.NEGATIVE_INFINITY), l.sqrt(y));
        return l.select(inside, r, outside);
    }

    /// max(x, 0) + log(1 + e^-|x|), the logarithm as a polynomial in the power.
    private static <F, I, M> F softplus(Lanes<F, I, M> l, F x) {
        var e = expBelow(l, l.neg(l.abs(x)));
        var q = polynomial(l, e, -0.00329046859f, 0.0200862419f, -0.057457231f, 0.106611282f, -0.153448805f, 0.196921021f,
                -0.24958019f, 0.333304644f, -0.499999315f);
        return l.add(l.select(l.le(x, l.number(0)), l.number(0), x), l.fma(l.mul(e, e), q, e));
    }

    /// The sine and the cosine of what is left of |x| when quarter turns are taken off, and the count of those in the low bits.
    private record Angle<F, I>(F sine, F cosine, I turns) {}

    /// π/2 comes in three parts (Cody and Waite, 1980); fused products make each step but the last nearly exact.
    private static <F, I, M> Angle<F, I> angle(Lanes<F, I, M> l, F z) {
        var shifted = l.fma(z, l.number(0.636619772f), l.number(ROUNDER));
        var k = l.sub(shifted, l.number(ROUNDER));
        var r = l.fma(k, l.number(1.71512451e-15f), l.fma(k, l.number(4.37113883e-08f), l.fma(k, l.number(-1.57079637f), z)));
        return new Angle<>(sine(l, r), cosine(l, r), l.bits(shifted));
    }

    /// The same of an angle within half a turn to either side, which is taken apart without an error.
    private static <F, I, M> Angle<F, I> part(Lanes<F, I, M> l, F x) {
        var turn = l.sub(x, round(l, x));
        var shifted = l.fma(turn, l.number(4), l.number(ROUNDER));
        var r = l.mul(l.fma(l.sub(shifted, l.number(ROUNDER)), l.number(-0.25f), turn), l.number(6.28318531f));
        return new Angle<>(sine(l, r), cosine(l, r), l.bits(shifted));
    }

    /// The sine of an angle `quarters` further.
    private static <F, I, M> F turned(Lanes<F, I, M> l, Angle<F, I> a, int quarters) {
        var turns = l.iadd(a.turns, l.integer(quarters));
        var y = l.select(l.ieq(l.iand(turns, l.integer(1)), l.integer(0)), a.sine, a.cosine);
        return l.floats(l.ixor(l.bits(y), l.ishl(l.iand(turns, l.integer(2)), 30)));
    }

    /// Within an eighth of a turn.
    private static <F, I, M> F sine(Lanes<F, I, M> l, F r) {
        var t = l.mul(r, r);
        return l.fma(l.mul(r, t), polynomial(l, t, -0.000195178975f, 0.00833218731f, -0.166666552f), r);
    }

    private static <F, I, M> F cosine(Lanes<F, I, M> l, F r) {
        return polynomial(l, l.mul(r, r), 2.44619623e-05f, -0.0013887611f, 0.041666653f, -0.5f, 1);
    }

    private static <F, I, M> F sin(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        var y = l.floats(l.ixor(l.bits(turned(l, angle(l, z), 0)), signOf(l, x)));
        return l.rarely(l.lt(l.number(FAR), z), UnaryFn.SIN, x, y);
    }

    private static <F, I, M> F cos(Lanes<F, I, M> l, F x) {
        var z = l.abs(x);
        return l.rarely(l.lt(l.number(FAR), z), UnaryFn.COS, x, turned(l, angle(l, z), 1));
    }
}
