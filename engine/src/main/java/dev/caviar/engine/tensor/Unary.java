package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Elementwise functions of one tensor; input and output have the same shape.
///
/// ```java
/// Tensor y = Unary.TANH.on(Tensor.of(0.5f));
/// ```
public enum Unary implements Op {
    NEG("neg", UnaryFn.NEG, (g, x, y) -> g.neg()),
    ABS("abs", UnaryFn.ABS, (g, x, y) -> g.mul(x.sign())),
    SIGN("sign", UnaryFn.SIGN, null),
    EXP("exp", UnaryFn.EXP, (g, x, y) -> g.mul(y)),
    EXPM1("expm1", UnaryFn.EXPM1, (g, x, y) -> g.mul(y.add(1))),
    LOG("log", UnaryFn.LOG, (g, x, y) -> g.div(x)),
    LOG1P("log1p", UnaryFn.LOG1P, (g, x, y) -> g.div(x.add(1))),
    SQRT("sqrt", UnaryFn.SQRT, (g, x, y) -> g.mul(0.5).div(y)),
    RSQRT("rsqrt", UnaryFn.RSQRT, (g, x, y) -> g.mul(-0.5).mul(y).div(x)),
    SQUARE("square", UnaryFn.SQUARE, (g, x, y) -> g.mul(x).mul(2)),
    RECIPROCAL("reciprocal", UnaryFn.RECIPROCAL, (g, x, y) -> g.mul(y.square()).neg()),
    SIN("sin", UnaryFn.SIN, (g, x, y) -> g.mul(x.cos())),
    COS("cos", UnaryFn.COS, (g, x, y) -> g.mul(x.sin()).neg()),
    TANH("tanh", UnaryFn.TANH, (g, x, y) -> g.sub(g.mul(y.square()))),
    SIGMOID("sigmoid", UnaryFn.SIGMOID, (g, x, y) -> g.mul(y.sub(y.square()))),
    SOFTPLUS("softplus", UnaryFn.SOFTPLUS, (g, x, y) -> g.mul(x.sigmoid())),
    ERF("erf", UnaryFn.ERF, (g, x, y) -> g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI))),
    /// The gradient looks at the output, so that the input need not be kept.
    RELU("relu", UnaryFn.RELU, (g, x, y) -> y.gt(0).where(g, g.like(0))),
    FLOOR("floor", UnaryFn.FLOOR, null),
    CEIL("ceil", UnaryFn.CEIL, null),
    ROUND("round", UnaryFn.ROUND, null),
    /// To the nearest number that BF16 has, halves to even: what a cast there and back gives, in one step.
    ROUND_BF16("round_bf16", UnaryFn.ROUND_BF16, (g, x, y) -> g),
    /// To the nearest number that F16 has, infinite beyond the largest.
    ROUND_F16("round_f16", UnaryFn.ROUND_F16, (g, x, y) -> g),
    NOT("not", UnaryFn.NOT, null),
    NOT_FINITE("not_finite", UnaryFn.NOT_FINITE, null);

    private final String label;
    private final UnaryFn fn;
    private final @Nullable Rule rule;

    private interface Rule {
        Tensor gradient(Tensor g, Tensor x, Tensor y);
    }

    Unary(String label, UnaryFn fn, @Nullable Rule rule) {
        this.label = label;
        this.fn = fn;
        this.rule = rule;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var x = in.getFirst();
        boolean logic = this == NOT;
        if (logic != (x.dtype() == DType.BOOL) || (!x.dtype().isFloat() && !wholeNumbers())) {
            throw new ShapeException(label + "(" + x + "): " + (logic ? "it takes bool." : "it takes "
                    + (wholeNumbers() ? "numbers." : "floats.")) + "\nMaybe cast() the tensor first.");
        }
        return List.of(logic || this == NOT_FINITE ? x.withDType(DType.BOOL) : x);
    }

    private boolean wholeNumbers() {
        return switch (this) {
            case NEG, ABS, SIGN, SQUARE, RELU, NOT -> true;
            default -> false;
        };
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        return Vjp.one(rule == null ? null : rule.gradient(v.grad(), v.in(0), v.out(0)));
    }

    @Override
    public void run(Args a) {
        var x = a.in(0);
        a.loops().unary(fn, x.type().dtype(), x.memory(), 0, a.out(0).memory(), 0, x.size());
    }

    @Override
    public Precision precision() {
        return switch (this) {
            case NEG, ABS, SIGN, RELU, ROUND_BF16, ROUND_F16 -> Precision.FOLLOW;
            default -> Precision.FULL;
        };
    }

    @Override
    public Lane lane() {
        return new Lane.Map1(fn, new Lane.In(0));
    }

    @Override
    public List<Sample> samples() {
        var matrix = Type.of(DType.F32, 3, 4);
        return switch (this) {
            case NOT -> List.of(Sample.of(Type.of(DType.BOOL, 5)), Sample.bad("it takes bool", matrix));
            case LOG, SQRT, RSQRT, RECIPROCAL -> List.of(Sample.of(matrix).within(0.2, 3), bad());
            case LOG1P -> List.of(Sample.of(matrix).within(-0.5, 3), bad());
            case NEG, ABS, SIGN, SQUARE, RELU -> List.of(Sample.of(matrix), Sample.of(Type.of(DType.I32, 7)),
                    Sample.bad("it takes numbers", Type.of(DType.BOOL, 2)));
            default -> List.of(Sample.of(matrix), Sample.of(Type.of(DType.F64)), bad());
        };
    }

    private static Sample bad() {
        return Sample.bad("it takes floats", Type.of(DType.I64, 2));
    }
}
