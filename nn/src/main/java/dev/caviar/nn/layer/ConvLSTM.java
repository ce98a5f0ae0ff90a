package dev.caviar.nn.layer;

import dev.caviar.engine.kernel.Slide;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Long short-term memory over sequences of images, whose products are convolutions (Shi et al. 2015).
///
/// The input is `[examples, steps, spatial…, channels]` with 1 to 3 spatial axes, the output the last state `[examples, places…, filters]`, with
/// `returnSequences` all of them. Kernel `[taps…, channels, 4·filters]`, which slides as that of [ConvND] does; recurrent kernel
/// `[taps…, filters, 4·filters]`, which always keeps the places; bias `[4·filters]`; the columns are those of [LSTM]. A step that the mask leaves
/// out keeps the states.
///
/// ```java
/// var film = Sequential.of(ConvLSTM.of(8, 3, 3).withPadding(Padding.SAME), Flatten.of(), Dense.of(2));       // [32, 10, 28, 28, 1]
/// ```
///
/// @param kernel one size for each spatial axis
public record ConvLSTM(int filters, List<Long> kernel, List<Long> strides, Padding padding, List<Long> dilation, Activation activation,
        Activation recurrentActivation, boolean bias, Init kernelInit, Init recurrentInit, Init biasInit, boolean returnSequences, boolean returnState,
        boolean goBackwards, boolean zeroMasked) implements Recurrent {
    public ConvLSTM {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        dilation = List.copyOf(dilation);
        if (filters < 1) {
            throw new IllegalArgumentException("ConvLSTM of " + filters + " filters: there is 1 or more.");
        }
        ConvND.check("ConvLSTM", kernel, strides, dilation);
        if (padding == Padding.CAUSAL) {
            throw new IllegalArgumentException("ConvLSTM with causal padding: there is only valid and same.");
        }
    }

    /// With tanh and sigmoid, Glorot uniform and orthogonal kernels, and a bias that begins at 1 for the forget gate.
    public static ConvLSTM of(int filters, long... kernel) {
        var ones = Padding.each(kernel.length, 1);
        return new ConvLSTM(filters, Arrays.stream(kernel).boxed().toList(), ones, Padding.VALID, ones, Activation.TANH, Activation.SIGMOID, true,
                Init.xavier(), Init.orthogonal(), Init.blocks(Init.zeros(), Init.ones(), Init.zeros(), Init.zeros()), false, false, false, false);
    }

    /// One stride for all axes, or one for each.
    public ConvLSTM withStrides(long... strides) {
        return new ConvLSTM(filters, kernel, Padding.each(kernel.size(), strides), padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    public ConvLSTM withPadding(Padding padding) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    /// How far taps of the kernel lie apart: one number for all axes, or one for each.
    public ConvLSTM withDilation(long... dilation) {
        return new ConvLSTM(filters, kernel, strides, padding, Padding.each(kernel.size(), dilation), activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    /// Of the candidate and of the state before it is given out.
    public ConvLSTM withActivation(Activation activation) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    /// Of the gates.
    public ConvLSTM withRecurrentActivation(Activation recurrentActivation) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    public ConvLSTM withBias(boolean bias) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    public ConvLSTM withKernelInit(Init kernelInit) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    public ConvLSTM withRecurrentInit(Init recurrentInit) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    public ConvLSTM withBiasInit(Init biasInit) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    @Override
    public ConvLSTM withReturnSequences(boolean returnSequences) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    @Override
    public ConvLSTM withReturnState(boolean returnState) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    @Override
    public ConvLSTM withGoBackwards(boolean goBackwards) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    @Override
    public ConvLSTM withZeroMasked(boolean zeroMasked) {
        return new ConvLSTM(filters, kernel, strides, padding, dilation, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit,
                returnSequences, returnState, goBackwards, zeroMasked);
    }

    /// The states h of every step `[examples, steps, places…, filters]`, and the last h and c.
    @Override
    public States states(Scope s, Tensor... x) {
        int rank = kernel.size() + 3;
        if (x.length != 1 && x.length != 3 || x[0].rank() != rank || x[0].shape().dim(1) == 0) {
            throw new ShapeException("it takes [examples, steps, " + kernel.size() + " spatial axes, channels], alone or with 2 first states."
                    + "\nMaybe put Reshape.of(steps, …, channels) in front.");
        }
        long n = x[0].shape().dim(0);
        long steps = x[0].shape().dim(1);
        long channels = x[0].shape().dim(-1);
        var frames = x[0].cast(s.dtype()).reshape(x[0].shape().without(List.of(1)).with(0, n * steps));
        var slide = padding.slide(frames.shape().dims().subList(1, frames.rank() - 1), kernel, strides, dilation);
        var z = Conv.of(slide).on(frames, s.param("kernel", weights(channels), kernelInit));
        z = bias ? z.add(s.param("bias", Shape.of(4L * filters), biasInit)) : z;
        z = swapped(z.reshape(z.shape().with(0, steps).insert(0, n)));
        var mask = s.mask(x[0]);
        var counts = mask == null ? null : flags(mask, rank);
        var state = z.shape().without(List.of(0)).with(rank - 2, filters);
        var all = new ArrayList<Tensor>();
        for (int i = 1; i <= 2; i++) {
            all.add(x.length > 1 ? x[i].cast(s.dtype()) : Tensor.full(0, new Type(s.dtype(), state)));
        }
        all.add(goBackwards ? z.reverse(0) : z);
        if (counts != null) {
            all.add(goBackwards ? counts.reverse(0) : counts);
        }
        all.add(s.param("recurrent_kernel", weights(filters), recurrentInit));
        var out = new Loop(new Step(kernel, activation, recurrentActivation, counts != null), 2, counts == null ? 1 : 2, steps, false, false).apply(all);
        return end(s, out, mask, counts);
    }

    private States end(Scope s, List<Tensor> out, @Nullable Tensor mask, @Nullable Tensor counts) {
        var sequence = out.get(2);
        if (counts != null && zeroMasked) {
            sequence = (goBackwards ? counts.reverse(0) : counts).where(sequence, Tensor.scalar(0, sequence.dtype()));
        }
        s.pass(mask == null || !returnSequences ? null : goBackwards ? mask.reverse(1) : mask);
        return new States(swapped(sequence), out.subList(0, 2));
    }

    private Shape weights(long in) {
        var dims = new ArrayList<>(kernel);
        dims.addAll(List.of(in, 4L * filters));
        return new Shape(dims);
    }

    /// `[examples, steps]` as `[steps, examples, 1…]`.
    private static Tensor flags(Tensor mask, int rank) {
        var wide = mask.transpose();
        while (wide.rank() < rank) {
            wide = wide.expandDims(-1);
        }
        return wide;
    }

    /// With the first two axes the other way round.
    private static Tensor swapped(Tensor x) {
        return x.transpose(IntStream.range(0, x.rank()).map(i -> i < 2 ? 1 - i : i).toArray());
    }

    /// h, c, the kernel's part, which examples count, and the recurrent kernel -> h, c, h.
    private record Step(List<Long> kernel, Activation activation, Activation gate, boolean masked) implements Body {
        @Override
        public String label() {
            return "conv lstm step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var h = in.get(0);
            var c = in.get(1);
            int last = h.rank() - 1;
            long u = h.shape().dim(last);
            var ones = Padding.each(kernel.size(), 1);
            Slide same = Padding.SAME.slide(h.shape().dims().subList(1, last), kernel, ones, ones);
            var z = in.get(2).add(Conv.of(same).on(h, in.getLast()));
            var next = gate.on(z.slice(last, u, 2 * u)).mul(c).add(gate.on(z.slice(last, 0, u)).mul(activation.on(z.slice(last, 2 * u, 3 * u))));
            var y = gate.on(z.slice(last, 3 * u, 4 * u)).mul(activation.on(next));
            if (!masked) {
                return List.of(y, next, y);
            }
            var counts = in.get(3);
            var kept = counts.where(y, h);
            return List.of(kept, counts.where(next, c), kept);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    @Override
    public int outputs() {
        return returnState ? 3 : 1;
    }

    @Override
    public String kind() {
        return "conv_lstm";
    }

    @Override
    public String toString() {
        return "ConvLSTM(" + filters + ", " + Padding.text(kernel) + (returnSequences ? ", sequences)" : ")");
    }
}
