package dev.caviar.engine.kernel;

import java.util.function.DoubleUnaryOperator;

/// A function of one number, as every provider computes it; [#apply] is its meaning in double precision.
///
/// ```java
/// double y = UnaryFn.SIGMOID.apply(0);     // 0.5
/// ```
public enum UnaryFn {
    NEG(x -> -x),
    ABS(Math::abs),
    SIGN(Math::signum),
    EXP(Math::exp),
    EXPM1(Math::expm1),
    LOG(Math::log),
    LOG1P(Math::log1p),
    SQRT(Math::sqrt),
    RSQRT(x -> 1 / Math.sqrt(x)),
    SQUARE(x -> x * x),
    RECIPROCAL(x -> 1 / x),
    SIN(Math::sin),
    COS(Math::cos),
    TANH(Math::tanh),
    SIGMOID(x -> x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    SOFTPLUS(x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    ERF(Erf::of),
    RELU(x -> Double.isNaN(x) ? x : Math.max(x, 0)),
    FLOOR(Math::floor),
    CEIL(Math::ceil),
    ROUND(Math::rint),
    /// The nearest number of BF16, by way of F32.
    ROUND_BF16(x -> Float.intBitsToFloat(Elements.bfloat((float) x) << 16)),
    /// The nearest number of F16, by way of F32.
    ROUND_F16(x -> Float.float16ToFloat(Float.floatToFloat16((float) x))),
    /// Of an angle in whole turns; whatever it is, only what is left of the last turn counts.
    SIN_TURNS(x -> sinTurned(x, 0)),
    COS_TURNS(x -> sinTurned(x, 1)),
    /// 1 where the input is 0, else 0; for booleans.
    NOT(x -> x == 0 ? 1 : 0),
    /// 1 where the input is NaN or infinite, else 0.
    NOT_FINITE(x -> Double.isNaN(x) || Double.isInfinite(x) ? 1 : 0);

    private final DoubleUnaryOperator meaning;

    UnaryFn(DoubleUnaryOperator meaning) {
        this.meaning = meaning;
    }

    /// The function's value in double precision.
    public double apply(double x) {
        return meaning.applyAsDouble(x);
    }

    /// Of an angle in turns and quarters of turns, which are taken off first: at whole quarters it is exact.
    private static double sinTurned(double turns, int quarters) {
        double part = turns - Math.rint(turns);
        double off = Math.rint(4 * part);
        double angle = 2 * Math.PI * (part - off / 4);
        return switch ((int) off + quarters & 3) {
            case 0 -> Math.sin(angle);
            case 1 -> Math.cos(angle);
            case 2 -> -Math.sin(angle);
            default -> -Math.cos(angle);
        };
    }
}
