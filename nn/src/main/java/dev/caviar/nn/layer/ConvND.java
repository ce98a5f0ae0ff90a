package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A convolution over 1 to 3 spatial axes: `activation(kernel ∗ x + bias)`. [Conv1D], [Conv2D] and [Conv3D] make them.
///
/// `x` is `[examples, spatial…, channels]`, the kernel `[taps…, channels/groups, filters]`, the bias `[filters]`, the output
/// `[examples, places…, filters]`. A positive `l2` adds `l2 · Σ kernel²` to the loss. Strides and dilation cannot both differ from 1
/// in Keras; here they can.
///
/// ```java
/// ConvND layer = Conv2D.of(64, 3, "relu").withPadding(Padding.SAME).withStrides(2);
/// ```
public record ConvND(int filters, List<Long> kernel, List<Long> strides, Padding padding, List<Long> dilation, int groups,
        Activation activation, boolean bias, Init kernelInit, Init biasInit, double l2) implements UnaryLayer {
    public ConvND {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        dilation = List.copyOf(dilation);
        int axes = kernel.size();
        if (filters < 1 || groups < 1 || filters % groups != 0) {
            throw new IllegalArgumentException(name(axes) + " of " + filters + " filters in " + groups
                    + " groups: there is 1 or more of each, and each group has as many filters.");
        }
        check(name(axes), kernel, strides, dilation);
        padding.along(name(axes), axes);
        if (!(l2 >= 0)) {
            throw new IllegalArgumentException(name(axes) + " with l2 = " + l2 + ": it must be 0 or more.");
        }
    }

    /// With linear output, bias, and Glorot uniform kernel; one size for all axes, or one for each.
    static ConvND of(int axes, int filters, long... kernel) {
        var ones = Padding.each(axes, 1);
        return new ConvND(filters, Padding.each(axes, kernel), ones, Padding.VALID, ones, 1, Activation.LINEAR, true, Init.xavier(),
                Init.zeros(), 0);
    }

    /// One stride for all axes, or one for each.
    public ConvND withStrides(long... strides) {
        return new ConvND(filters, kernel, Padding.each(kernel.size(), strides), padding, dilation, groups, activation, bias, kernelInit,
                biasInit, l2);
    }

    public ConvND withPadding(Padding padding) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withPadding(String padding) {
        return withPadding(Padding.of(padding));
    }

    /// How far taps lie apart: one number for all axes, or one for each.
    public ConvND withDilation(long... dilation) {
        return new ConvND(filters, kernel, strides, padding, Padding.each(kernel.size(), dilation), groups, activation, bias, kernelInit,
                biasInit, l2);
    }

    /// Channels and filters in shares that see nothing of each other.
    public ConvND withGroups(int groups) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withActivation(Activation activation) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withBias(boolean bias) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withKernelInit(Init kernelInit) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withBiasInit(Init biasInit) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    public ConvND withL2(double l2) {
        return new ConvND(filters, kernel, strides, padding, dilation, groups, activation, bias, kernelInit, biasInit, l2);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        image(x, kernel.size());
        long channels = x.shape().dim(-1);
        if (channels % groups != 0) {
            throw new ShapeException("the " + channels + " channels of the input cannot be divided into " + groups + " groups."
                    + "\nMaybe use a number of groups that divides the channels.");
        }
        var dims = new ArrayList<>(kernel);
        dims.addAll(List.of(channels / groups, (long) filters));
        var weights = s.param("kernel", new Shape(dims), kernelInit);
        if (l2 > 0) {
            s.penalty(weights.square().sum().mul(s.scalar("l2", l2)));
        }
        var slide = padding.slide(x.shape().dims().subList(1, x.rank() - 1), kernel, strides, dilation);
        var y = Conv.of(slide).withGroups(groups).on(x.cast(s.dtype()), weights);
        return activation.on(bias ? y.add(s.param("bias", Shape.of(filters), biasInit)) : y);
    }

    /// Refuses windows that cannot slide.
    static void check(String name, List<Long> kernel, List<Long> strides, List<Long> dilation) {
        int axes = kernel.size();
        boolean fits = axes >= 1 && axes <= 3 && strides.size() == axes && dilation.size() == axes;
        if (!fits || List.of(kernel, strides, dilation).stream().anyMatch(list -> list.stream().anyMatch(n -> n < 1))) {
            throw new IllegalArgumentException(name + " with kernel " + kernel + ", strides " + strides + ", dilation " + dilation
                    + ": each is a number of 1 or more for each spatial axis.");
        }
    }

    /// Refuses what is not `[examples, spatial…, channels]`.
    static void image(Tensor x, int axes) {
        if (x.rank() != axes + 2) {
            throw new ShapeException("the input needs " + axes + " spatial " + (axes == 1 ? "axis" : "axes")
                    + " between examples and channels.\nMaybe put Reshape.of(…, channels) in front.");
        }
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String kind() {
        return "conv" + kernel.size() + "d";
    }

    private static String name(int axes) {
        return "Conv" + axes + "D";
    }

    @Override
    public String toString() {
        return name(kernel.size()) + "(" + filters + ", " + Padding.text(kernel)
                + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
