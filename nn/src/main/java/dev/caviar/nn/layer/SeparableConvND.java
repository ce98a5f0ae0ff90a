package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// A convolution of each channel by itself, then one of single taps that mixes the channels (Chollet 2017): far fewer weights than a
/// full one. [SeparableConv1D] and [SeparableConv2D] make them.
///
/// `x` is `[examples, spatial…, channels]`, the depthwise kernel `[taps…, channels, multiplier]`, the pointwise kernel
/// `[1…, channels·multiplier, filters]`, the bias `[filters]`, the output `[examples, places…, filters]`.
///
/// ```java
/// SeparableConvND layer = SeparableConv2D.of(64, 3, "relu").withPadding(Padding.SAME);
/// ```
public record SeparableConvND(int filters, List<Long> kernel, int multiplier, List<Long> strides, Padding padding, List<Long> dilation,
        Activation activation, boolean bias, Init depthwiseInit, Init pointwiseInit, Init biasInit) implements UnaryLayer {
    public SeparableConvND {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        dilation = List.copyOf(dilation);
        ConvND.check(name(kernel.size()), kernel, strides, dilation);
        if (filters < 1 || multiplier < 1) {
            throw new IllegalArgumentException(name(kernel.size()) + " of " + filters + " filters with multiplier " + multiplier
                    + ": each is 1 or more.");
        }
        padding.along(name(kernel.size()), kernel.size());
    }

    /// One kernel for each channel, with linear output, bias, and Glorot uniform kernels.
    static SeparableConvND of(int axes, int filters, long... kernel) {
        var ones = Padding.each(axes, 1);
        return new SeparableConvND(filters, Padding.each(axes, kernel), 1, ones, Padding.VALID, ones, Activation.LINEAR, true, Init.xavier(),
                Init.xavier(), Init.zeros());
    }

    /// How many kernels each channel has.
    public SeparableConvND withMultiplier(int multiplier) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    /// One stride for all axes, or one for each.
    public SeparableConvND withStrides(long... strides) {
        return new SeparableConvND(filters, kernel, multiplier, Padding.each(kernel.size(), strides), padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withPadding(Padding padding) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withPadding(String padding) {
        return withPadding(Padding.of(padding));
    }

    /// How far taps lie apart: one number for all axes, or one for each.
    public SeparableConvND withDilation(long... dilation) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, Padding.each(kernel.size(), dilation), activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withActivation(Activation activation) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withBias(boolean bias) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withDepthwiseInit(Init depthwiseInit) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withPointwiseInit(Init pointwiseInit) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    public SeparableConvND withBiasInit(Init biasInit) {
        return new SeparableConvND(filters, kernel, multiplier, strides, padding, dilation, activation, bias, depthwiseInit, pointwiseInit, biasInit);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, kernel.size());
        var each = new DepthwiseConvND(kernel, multiplier, strides, padding, dilation, Activation.LINEAR, false, depthwiseInit, biasInit)
                .convolve(s, "depthwise_kernel", x);
        long channels = each.shape().dim(-1);
        var dims = new ArrayList<>(Collections.nCopies(kernel.size(), 1L));
        dims.addAll(List.of(channels, (long) filters));
        // A kernel of single taps is a product with the channels.
        var y = each.matmul(s.param("pointwise_kernel", new Shape(dims), pointwiseInit).reshape(channels, filters));
        return activation.on(bias ? y.add(s.param("bias", Shape.of(filters), biasInit)) : y);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String kind() {
        return "separable_conv" + kernel.size() + "d";
    }

    private static String name(int axes) {
        return "SeparableConv" + axes + "D";
    }

    @Override
    public String toString() {
        return name(kernel.size()) + "(" + filters + ", " + Padding.text(kernel)
                + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
