package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Functions that bend what a layer gives. Each is a layer of its own too.
///
/// ```java
/// Tensor y = Activation.of("relu").on(Tensor.of(-1f, 2f));       // 0, 2
/// ```
public enum Activation implements UnaryLayer {
    LINEAR(x -> x),
    RELU(Tensor::relu),
    RELU6(x -> x.relu().min(6)),
    /// Slope 0.2 below zero.
    LEAKY_RELU(x -> x.gt(0).where(x, x.mul(0.2))),
    ELU(Activation::elu),
    /// Keeps mean 0 and variance 1 (Klambauer et al. 2017).
    SELU(x -> x.gt(0).where(x, x.min(0).expm1().mul(1.6732632423543772)).mul(1.0507009873554805)),
    CELU(Activation::elu),
    /// x·Φ(x) (Hendrycks & Gimpel 2016), by the error function.
    GELU(x -> x.mul(0.5).mul(x.mul(Math.sqrt(0.5)).erf().add(1))),
    /// The same, approximated by a tanh.
    GELU_TANH(x -> x.mul(0.5).mul(x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1))),
    /// x·σ(x), also called swish.
    SILU(x -> x.mul(x.sigmoid())),
    MISH(x -> x.mul(x.softplus().tanh())),
    TANH(Tensor::tanh),
    SIGMOID(Tensor::sigmoid),
    LOG_SIGMOID(x -> x.neg().softplus().neg()),
    SOFTPLUS(Tensor::softplus),
    SOFTSIGN(x -> x.div(x.abs().add(1))),
    HARD_SIGMOID(Activation::hardSigmoid),
    HARD_SILU(x -> x.mul(hardSigmoid(x))),
    EXPONENTIAL(Tensor::exp),
    HARD_TANH(x -> x.max(-1).min(1)),
    /// x − tanh(x).
    TANH_SHRINK(x -> x.sub(x.tanh())),
    /// 0 within ±0.5, x elsewhere.
    HARD_SHRINK(x -> x.abs().gt(0.5).where(x, x.mul(0))),
    /// Towards 0 by 0.5, but not past it.
    SOFT_SHRINK(x -> x.sub(0.5).relu().sub(x.neg().sub(0.5).relu())),
    /// (x + √(x² + 4)) / 2 (Barron 2021).
    SQUAREPLUS(x -> Squareplus.on(x, 4)),
    /// 0 below −1, x above 1, a parabola between.
    SPARSE_PLUS(x -> x.max(-1).min(1).add(1).square().div(4).add(x.sub(1).relu())),
    /// 0 below −1, 1 above 1, a line between.
    SPARSE_SIGMOID(x -> x.max(-1).min(1).add(1).div(2)),
    /// Over the last axis.
    SOFTMAX(x -> x.softmax(-1)),
    LOG_SOFTMAX(x -> x.logSoftmax(-1)),
    /// Shares of 1 along the last axis, most of them 0: see [Sparsemax].
    SPARSEMAX(x -> Sparsemax.on(x, -1)),
    /// One half of the last axis gated by the other, which leaves half of it: see [GLU].
    GLU(x -> dev.caviar.nn.layer.GLU.on(x, -1));

    private final UnaryOperator<Tensor> f;

    Activation(UnaryOperator<Tensor> f) {
        this.f = f;
    }

    /// By its name in any case, such as `leaky_relu`; `swish` and `none` are known as well.
    public static Activation of(String name) {
        var wanted = name.toLowerCase(Locale.ROOT);
        return switch (wanted) {
            case "swish" -> SILU;
            case "none" -> LINEAR;
            case "hard_swish" -> HARD_SILU;
            default -> Arrays.stream(values()).filter(a -> a.kind().equals(wanted)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("There is no activation \"" + name + "\".\nMaybe one of "
                            + Arrays.stream(values()).map(Activation::kind).collect(Collectors.joining(", ")) + "."));
        };
    }

    /// The function of each element (of each row for the softmax family).
    public Tensor on(Tensor x) {
        return f.apply(x);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return on(this == LINEAR ? x : x.cast(s.dtype()));
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(LINEAR, this));
    }

    @Override
    public String toString() {
        return "Activation(" + kind() + ")";
    }

    private static Tensor elu(Tensor x) {
        return x.gt(0).where(x, x.min(0).expm1());
    }

    private static Tensor hardSigmoid(Tensor x) {
        return x.add(3).max(0).min(6).div(6);
    }
}
