package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Rnn;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// A recurrent network in which the state is the output: `h ← activation(x · kernel + h · recurrent kernel + bias)` (Elman 1990).
///
/// The input is `[examples, steps, features]`, the output the last state `[examples, units]`, with `returnSequences` all of them
/// `[examples, steps, units]`. A first state `[examples, units]` may follow as a second input; it is zeros else. Kernel
/// `[features, units]`, recurrent kernel `[units, units]`, bias `[units]`. A step that the mask leaves out keeps the state. With
/// `goBackwards` it begins at the last step, and the sequence comes in that order. What is ready-made is tanh; other activations cost more
/// time.
///
/// ```java
/// var reader = Sequential.of(SimpleRNN.of(32).withReturnSequences(true), SimpleRNN.of(16), Dense.of(1));
/// ```
public record SimpleRNN(int units, Activation activation, boolean bias, Init kernelInit, Init recurrentInit, Init biasInit, boolean
        returnSequences, boolean returnState, boolean goBackwards, double dropout, double recurrentDropout, int stateful,
        boolean zeroMasked) implements
        Recurrent {
    public SimpleRNN {
        Recurrence.check("SimpleRNN", units, dropout, recurrentDropout, stateful);
    }

    /// With tanh, Glorot uniform and orthogonal kernels, and bias 0.
    public static SimpleRNN of(int units) {
        return new SimpleRNN(units, Activation.TANH, true, Init.xavier(), Init.orthogonal(), Init.zeros(), false, false, false, 0, 0, 0, false);
    }

    public static SimpleRNN of(int units, String activation) {
        return of(units).withActivation(Activation.of(activation));
    }

    public SimpleRNN withActivation(Activation activation) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    public SimpleRNN withBias(boolean bias) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    public SimpleRNN withKernelInit(Init kernelInit) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    public SimpleRNN withRecurrentInit(Init recurrentInit) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    public SimpleRNN withBiasInit(Init biasInit) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public SimpleRNN withReturnSequences(boolean returnSequences) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public SimpleRNN withReturnState(boolean returnState) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public SimpleRNN withGoBackwards(boolean goBackwards) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The probability that a feature is dropped, in all steps of a sequence at once (Gal & Ghahramani 2016).
    public SimpleRNN withDropout(double dropout) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The same for the state on its way into the product with the recurrent kernel.
    public SimpleRNN withRecurrentDropout(double recurrentDropout) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// Keeps the last states of a batch as the first ones of the next, until an epoch ends; at most so many examples are in a batch.
    /// 0 begins every batch anew.
    public SimpleRNN withStateful(int stateful) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public SimpleRNN withZeroMasked(boolean zeroMasked) {
        return new SimpleRNN(units, activation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState, goBackwards,
                dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The sequence of states and the last one.
    @Override
    public States states(Scope s, Tensor... x) {
        var run = new Recurrence(this, s, units, 1, dropout, stateful, x);
        var kernel = run.kernel(units, kernelInit);
        var u = s.param("recurrent_kernel", Shape.of(units, units), recurrentInit);
        var b = bias ? s.param("bias", Shape.of(units), biasInit) : Recurrence.zeros(s, units);
        if (activation == Activation.TANH) {
            return run.call(Rnn.Cell.SIMPLE, recurrentDropout, kernel, u, b);
        }
        return run.loop(new Cell.Simple(activation), recurrentDropout, run.product(kernel).add(b), List.of(u));
    }

    @Override
    public int outputs() {
        return returnState ? 2 : 1;
    }

    @Override
    public String toString() {
        return "SimpleRNN(" + units + (returnSequences ? ", sequences)" : ")");
    }
}
