package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A convolution of each channel by kernels of its own, `multiplier` of them: `activation(kernel ∗ x + bias)`. [DepthwiseConv1D] and
/// [DepthwiseConv2D] make them.
///
/// `x` is `[examples, spatial…, channels]`, the kernel `[taps…, channels, multiplier]`, the bias `[channels·multiplier]`, the output
/// `[examples, places…, channels·multiplier]`.
///
/// ```java
/// DepthwiseConvND layer = DepthwiseConv2D.of(3).withPadding(Padding.SAME).withMultiplier(2);
/// ```
public record DepthwiseConvND(List<Long> kernel, int multiplier, List<Long> strides, Padding padding, List<Long> dilation,
        Activation activation, boolean bias, Init kernelInit, Init biasInit) implements UnaryLayer {
    public DepthwiseConvND {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        dilation = List.copyOf(dilation);
        ConvND.check(name(kernel.size()), kernel, strides, dilation);
        if (multiplier < 1) {
            throw new IllegalArgumentException(name(kernel.size()) + " with multiplier " + multiplier + ": it must be 1 or more.");
        }
        padding.along(name(kernel.size()), kernel.size());
    }

    /// One kernel for each channel, with linear output, bias, and Glorot uniform start.
    static DepthwiseConvND of(int axes, long... kernel) {
        var ones = Padding.each(axes, 1);
        return new DepthwiseConvND(Padding.each(axes, kernel), 1, ones, Padding.VALID, ones, Activation.LINEAR, true, Init.xavier(), Init.zeros());
    }

    /// How many kernels each channel has.
    public DepthwiseConvND withMultiplier(int multiplier) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    /// One stride for all axes, or one for each.
    public DepthwiseConvND withStrides(long... strides) {
        return new DepthwiseConvND(kernel, multiplier, Padding.each(kernel.size(), strides), padding, dilation, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withPadding(Padding padding) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withPadding(String padding) {
        return withPadding(Padding.of(padding));
    }

    /// How far taps lie apart: one number for all axes, or one for each.
    public DepthwiseConvND withDilation(long... dilation) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, Padding.each(kernel.size(), dilation), activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withActivation(Activation activation) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withBias(boolean bias) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withKernelInit(Init kernelInit) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    public DepthwiseConvND withBiasInit(Init biasInit) {
        return new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, activation, bias, kernelInit, biasInit);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, kernel.size());
        var y = convolve(s, "kernel", x);
        return activation.on(bias ? y.add(s.param("bias", Shape.of(y.shape().dim(-1)), biasInit)) : y);
    }

    /// As many groups as channels; the kernel's last two axes, read as one, are the filters in the order of the groups.
    Tensor convolve(Scope s, String name, Tensor x) {
        long channels = x.shape().dim(-1);
        var dims = new ArrayList<>(kernel);
        dims.addAll(List.of(channels, (long) multiplier));
        var weights = s.param(name, new Shape(dims), kernelInit);
        var grouped = new ArrayList<>(kernel);
        grouped.addAll(List.of(1L, channels * multiplier));
        var slide = padding.slide(x.shape().dims().subList(1, x.rank() - 1), kernel, strides, dilation);
        return Conv.of(slide).withGroups(Math.toIntExact(channels)).on(x.cast(s.dtype()), weights.reshape(new Shape(grouped)));
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String kind() {
        return "depthwise_conv" + kernel.size() + "d";
    }

    private static String name(int axes) {
        return "DepthwiseConv" + axes + "D";
    }

    @Override
    public String toString() {
        return name(kernel.size()) + "(" + Padding.text(kernel) + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
