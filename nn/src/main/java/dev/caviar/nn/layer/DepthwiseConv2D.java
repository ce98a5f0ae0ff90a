package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/// A convolution of each channel of an image by kernels of its own, `multiplier` of them: `activation(kernel ∗ x + bias)`.
///
/// `x` is `[examples, rows, columns, channels]`, the kernel `[rows, columns, channels, multiplier]`, the bias `[channels·multiplier]`.
///
/// ```java
/// var layer = DepthwiseConv2D.of(3).withPadding(Padding.SAME);       // [32, 28, 28, 8] -> [32, 28, 28, 8]
/// ```
public record DepthwiseConv2D(List<Long> kernel, int multiplier, List<Long> strides, Padding padding, Activation activation,
        boolean bias, Init kernelInit, Init biasInit) implements UnaryLayer {
    public DepthwiseConv2D {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        if (kernel.size() != 2 || strides.size() != 2 || kernel.stream().anyMatch(n -> n < 1) || strides.stream().anyMatch(n -> n < 1)
                || multiplier < 1 || padding == Padding.CAUSAL) {
            throw new IllegalArgumentException("DepthwiseConv2D with kernel " + kernel + ", multiplier " + multiplier + ", strides " + strides
                    + ", " + padding.kind() + " padding: all numbers are 1 or more, one for rows and one for columns, the padding valid or same.");
        }
    }

    /// One filter for each channel, with linear output, bias, and Glorot uniform kernel.
    public static DepthwiseConv2D of(long... kernel) {
        return new DepthwiseConv2D(Padding.each(2, kernel), 1, Padding.each(2, 1), Padding.VALID, Activation.LINEAR, true, Init.xavier(),
                Init.zeros());
    }

    public DepthwiseConv2D withMultiplier(int multiplier) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    /// One stride for both axes, or one for each.
    public DepthwiseConv2D withStrides(long... strides) {
        return new DepthwiseConv2D(kernel, multiplier, Padding.each(2, strides), padding, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConv2D withPadding(Padding padding) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConv2D withActivation(Activation activation) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConv2D withBias(boolean bias) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConv2D withKernelInit(Init kernelInit) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConv2D withBiasInit(Init biasInit) {
        return new DepthwiseConv2D(kernel, multiplier, strides, padding, activation, bias, kernelInit, biasInit);
    }

    /// As many groups as channels; the kernel's last two axes, read as one, are the filters in the order of the groups.
    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, 2);
        long channels = x.shape().dim(-1);
        long filters = channels * multiplier;
        var weights = s.param("kernel", Shape.of(kernel.get(0), kernel.get(1), channels, multiplier), kernelInit)
                .reshape(kernel.get(0), kernel.get(1), 1, filters);
        var slide = padding.slide(x.shape().dims().subList(1, 3), kernel, strides, Padding.each(2, 1));
        var y = Conv.of(slide).withGroups(Math.toIntExact(channels)).on(x.cast(s.dtype()), weights);
        return activation.on(bias ? y.add(s.param("bias", Shape.of(filters), biasInit)) : y);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String kind() {
        return "depthwise_conv2d";
    }

    @Override
    public String toString() {
        return "DepthwiseConv2D(" + Padding.text(kernel) + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
