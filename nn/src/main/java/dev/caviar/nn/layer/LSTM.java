package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Lstm;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Long short-term memory (Hochreiter & Schmidhuber 1997; with forget gate, Gers et al. 2000).
///
/// The input is `[examples, steps, features]`, the output the last state `[examples, units]`, with `returnSequences` all of them
/// `[examples, steps, units]`. First states may follow as further inputs, h and c `[examples, units]`; they are zeros else.
/// Kernel `[features, 4·units]`, recurrent kernel `[units, 4·units]`, bias `[4·units]`; the columns are those of the input gate,
/// the forget gate, the candidate and the output gate. With `goBackwards` it begins at the last step, and the sequence
/// comes in that order.
///
/// ```java
/// var reader = Sequential.of(LSTM.of(64).withReturnSequences(true), LSTM.of(32), Dense.of(10, "softmax"));
/// ```
public record LSTM(int units, Activation activation, Activation recurrentActivation, boolean bias, Init kernelInit,
        Init recurrentInit, Init biasInit, boolean returnSequences, boolean goBackwards) implements Layer {
    public LSTM {
        if (units < 1) {
            throw new IllegalArgumentException("LSTM(" + units + "): a layer has 1 unit or more.");
        }
    }

    /// With tanh and sigmoid, Glorot uniform and orthogonal kernels, and a bias that begins at 1 for the forget gate (Jozefowicz et
    /// al. 2015), else at 0. Other activations cost more time: what is ready-made is this.
    public static LSTM of(int units) {
        return new LSTM(units, Activation.TANH, Activation.SIGMOID, true, Init.xavier(), Init.orthogonal(),
                Init.blocks(Init.zeros(), Init.ones(), Init.zeros(), Init.zeros()), false, false);
    }

    /// Of the candidate and of the state before it is given out.
    public LSTM withActivation(Activation activation) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    /// Of the gates.
    public LSTM withRecurrentActivation(Activation recurrentActivation) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    public LSTM withBias(boolean bias) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    public LSTM withKernelInit(Init kernelInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    public LSTM withRecurrentInit(Init recurrentInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    /// How the bias begins; `Init.zeros()` leaves out the 1 of the forget gate.
    public LSTM withBiasInit(Init biasInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    public LSTM withReturnSequences(boolean returnSequences) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    public LSTM withGoBackwards(boolean goBackwards) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, goBackwards);
    }

    /// All that comes out: the states h of every step `[examples, steps, units]`, the last h and the last c `[examples, units]`.
    ///
    /// ```java
    /// Layer encoder = (s, x) -> LSTM.of(8).states(s, x[0]).c();
    /// ```
    public record States(Tensor sequence, Tensor h, Tensor c) {}

    /// Applies the layer to x, or to x and the first h and c.
    public States states(Scope s, Tensor... x) {
        Recurrence.check(this, 2, units, x);
        var in = Recurrence.timeFirst(s, goBackwards, x[0]);
        var h = x.length > 1 ? x[1].cast(s.dtype()) : Recurrence.zeros(s, x[0], units);
        var c = x.length > 2 ? x[2].cast(s.dtype()) : Recurrence.zeros(s, x[0], units);
        var kernel = s.param("kernel", Shape.of(x[0].shape().dim(2), 4L * units), kernelInit);
        var recurrent = s.param("recurrent_kernel", Shape.of(units, 4L * units), recurrentInit);
        var b = bias ? s.param("bias", Shape.of(4L * units), biasInit) : Recurrence.zeros(s, 4L * units);
        if (activation == Activation.TANH && recurrentActivation == Activation.SIGMOID) {
            var out = new Call(new Lstm(false)).apply(List.of(in, h, c, kernel, recurrent, b));
            return new States(out.get(0).transpose(1, 0, 2), out.get(1), out.get(2));
        }
        var z = in.matmul(kernel).add(b);
        var out = new Loop(new Step(activation, recurrentActivation), 2, 1, in.shape().dim(0), false, false)
                .apply(List.of(h, c, z, recurrent));
        return new States(out.get(2).transpose(1, 0, 2), out.get(0), out.get(1));
    }

    /// With any activations: h, c, x·W + b, U -> h, c, h.
    private record Step(Activation activation, Activation gate) implements Body {
        @Override
        public String label() {
            return "lstm step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var z = in.get(2).add(in.get(0).matmul(in.get(3)));
            long u = in.get(1).shape().dim(1);
            var i = gate.on(z.slice(1, 0, u));
            var f = gate.on(z.slice(1, u, 2 * u));
            var g = activation.on(z.slice(1, 2 * u, 3 * u));
            var o = gate.on(z.slice(1, 3 * u, 4 * u));
            var c = f.mul(in.get(1)).add(i.mul(g));
            var h = o.mul(activation.on(c));
            return List.of(h, c, h);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        var states = states(s, x);
        return returnSequences ? states.sequence() : states.h();
    }

    @Override
    public String toString() {
        return "LSTM(" + units + (returnSequences ? ", sequences)" : ")");
    }
}
