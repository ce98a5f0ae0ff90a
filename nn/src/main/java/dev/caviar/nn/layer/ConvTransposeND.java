package dev.caviar.nn.layer;

import dev.caviar.engine.kernel.ConvSpec.Pass;
import dev.caviar.engine.kernel.Slide;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A convolution the other way round: each input element spreads the kernel over the output, `strides` apart. It makes images
/// larger, and is the gradient of a convolution with respect to its input. [Conv1DTranspose], [Conv2DTranspose] and [Conv3DTranspose] make them.
///
/// `x` is `[examples, spatial…, channels]`, the kernel `[taps…, filters, channels]`, the bias `[filters]`, the output
/// `[examples, spatial…, filters]`. With reach r = (taps − 1)·dilation + 1, a length n becomes n·stride by `SAME` padding, and
/// (n − 1)·stride + max(r, stride) without; an `outputPadding` makes that (n − 1)·stride + r mod 2 + it, or (n − 1)·stride + r + it.
///
/// ```java
/// ConvTransposeND layer = Conv2DTranspose.of(32, 3, "relu").withStrides(2).withPadding(Padding.SAME);      // [5, 7, 7, 64] -> [5, 14, 14, 32]
/// ```
public record ConvTransposeND(int filters, List<Long> kernel, List<Long> strides, Padding padding, List<Long> outputPadding,
        List<Long> dilation, Activation activation, boolean bias, Init kernelInit, Init biasInit) implements UnaryLayer {
    public ConvTransposeND {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        outputPadding = List.copyOf(outputPadding);
        dilation = List.copyOf(dilation);
        int axes = kernel.size();
        ConvND.check(name(axes), kernel, strides, dilation);
        if (filters < 1) {
            throw new IllegalArgumentException(name(axes) + " of " + filters + " filters: there is 1 or more.");
        }
        if (padding == Padding.CAUSAL) {
            throw new IllegalArgumentException(name(axes) + " with causal padding: there is only valid and same.");
        }
        boolean fits = outputPadding.isEmpty() || outputPadding.size() == axes;
        for (int axis = 0; axis < outputPadding.size() && fits; axis++) {
            fits = outputPadding.get(axis) >= 0 && outputPadding.get(axis) < strides.get(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException(name(axes) + " with strides " + strides + " and output padding " + outputPadding
                    + ": it is 0 or more and below the stride on each axis.\nMaybe set the strides first.");
        }
    }

    /// With linear output, bias, and Glorot uniform kernel; one size for all axes, or one for each.
    static ConvTransposeND of(int axes, int filters, long... kernel) {
        var ones = Padding.each(axes, 1);
        return new ConvTransposeND(filters, Padding.each(axes, kernel), ones, Padding.VALID, List.of(), ones, Activation.LINEAR, true,
                Init.xavier(), Init.zeros());
    }

    /// One stride for all axes, or one for each.
    public ConvTransposeND withStrides(long... strides) {
        return new ConvTransposeND(filters, kernel, Padding.each(kernel.size(), strides), padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withPadding(Padding padding) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withPadding(String padding) {
        return withPadding(Padding.of(padding));
    }

    /// How much longer the output is than the shortest that fits: one number for all axes, or one for each, below the stride.
    public ConvTransposeND withOutputPadding(long... outputPadding) {
        return new ConvTransposeND(filters, kernel, strides, padding, Padding.each(kernel.size(), outputPadding), dilation, activation, bias, kernelInit, biasInit);
    }

    /// How far taps lie apart: one number for all axes, or one for each.
    public ConvTransposeND withDilation(long... dilation) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, Padding.each(kernel.size(), dilation), activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withActivation(Activation activation) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withBias(boolean bias) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withKernelInit(Init kernelInit) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    public ConvTransposeND withBiasInit(Init biasInit) {
        return new ConvTransposeND(filters, kernel, strides, padding, outputPadding, dilation, activation, bias, kernelInit, biasInit);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, kernel.size());
        var dims = new ArrayList<>(kernel);
        dims.addAll(List.of((long) filters, x.shape().dim(-1)));
        var weights = s.param("kernel", new Shape(dims), kernelInit);
        var y = new Conv(Pass.INPUT_GRADIENT, slide(), 1).on(x.cast(s.dtype()), weights);
        return activation.on(bias ? y.add(s.param("bias", Shape.of(filters), biasInit)) : y);
    }

    /// That of the convolution whose gradient this is.
    private Slide slide() {
        var low = new ArrayList<Long>();
        var high = new ArrayList<Long>();
        var bare = Slide.of(kernel.size()).withStrides(strides).withDilation(dilation);
        for (int axis = 0; axis < kernel.size(); axis++) {
            long cut = cut(axis, bare.reach(axis, kernel.get(axis)), strides.get(axis));
            low.add(padding == Padding.SAME ? Math.max(0, cut / 2) : 0);
            high.add(cut - low.getLast());
        }
        return bare.withPadding(low, high);
    }

    /// By how much the output is shorter than all that the kernels reach; negative where it is longer.
    private long cut(int axis, long reach, long stride) {
        if (outputPadding.isEmpty()) {
            return padding == Padding.SAME ? reach - stride : Math.min(0, reach - stride);
        }
        return padding == Padding.SAME ? reach - reach % 2 - outputPadding.get(axis) : -outputPadding.get(axis);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String kind() {
        return "conv" + kernel.size() + "d_transpose";
    }

    private static String name(int axes) {
        return "Conv" + axes + "DTranspose";
    }

    @Override
    public String toString() {
        return name(kernel.size()) + "(" + filters + ", " + Padding.text(kernel)
                + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
