package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Rnn;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Long short-term memory (Hochreiter & Schmidhuber 1997; with forget gate, Gers et al. 2000).
///
/// The input is `[examples, steps, features]`, the output the last state `[examples, units]`, with `returnSequences` all of them
/// `[examples, steps, units]`. First states may follow as further inputs, h and c `[examples, units]`; they are zeros else.
/// Kernel `[features, 4·units]`, recurrent kernel `[units, 4·units]`, bias `[4·units]`; the columns are those of the input gate,
/// the forget gate, the candidate and the output gate. A step that the mask leaves out keeps the states. With `goBackwards` it
/// begins at the last step, and the sequence comes in that order.
///
/// What is ready-made is tanh with sigmoid; other activations cost more time.
///
/// ```java
/// var reader = Sequential.of(LSTM.of(64).withReturnSequences(true), LSTM.of(32), Dense.of(10, "softmax"));
/// ```
public record LSTM(int units, Activation activation, Activation recurrentActivation, boolean bias, Init kernelInit, Init recurrentInit, Init
        biasInit, boolean returnSequences, boolean returnState, boolean goBackwards, double dropout, double recurrentDropout, int stateful,
        boolean zeroMasked)
        implements Recurrent {
    public LSTM {
        Recurrence.check("LSTM", units, dropout, recurrentDropout, stateful);
    }

    /// With tanh and sigmoid, Glorot uniform and orthogonal kernels, and a bias that begins at 1 for the forget gate (Jozefowicz et
    /// al. 2015), else at 0.
    public static LSTM of(int units) {
        return new LSTM(units, Activation.TANH, Activation.SIGMOID, true, Init.xavier(), Init.orthogonal(), Init.blocks(Init.zeros(),
                Init.ones(), Init.zeros(), Init.zeros()), false, false, false, 0, 0, 0, false);
    }

    /// Of the candidate and of the state before it is given out.
    public LSTM withActivation(Activation activation) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// Of the gates.
    public LSTM withRecurrentActivation(Activation recurrentActivation) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public LSTM withBias(boolean bias) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public LSTM withKernelInit(Init kernelInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public LSTM withRecurrentInit(Init recurrentInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// How the bias begins; `Init.zeros()` leaves out the 1 of the forget gate.
    public LSTM withBiasInit(Init biasInit) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public LSTM withReturnSequences(boolean returnSequences) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public LSTM withReturnState(boolean returnState) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public LSTM withGoBackwards(boolean goBackwards) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The probability that a feature is dropped, in all steps of a sequence at once (Gal & Ghahramani 2016).
    public LSTM withDropout(double dropout) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The same for the state on its way into the product with the recurrent kernel.
    public LSTM withRecurrentDropout(double recurrentDropout) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// Keeps the last states of a batch as the first ones of the next, until an epoch ends; at most so many examples are in a batch.
    /// 0 begins every batch anew.
    public LSTM withStateful(int stateful) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public LSTM withZeroMasked(boolean zeroMasked) {
        return new LSTM(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, returnSequences, returnState,
                goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The states h of every step `[examples, steps, units]`, and the last h and c `[examples, units]`.
    @Override
    public States states(Scope s, Tensor... x) {
        var run = new Recurrence(this, s, units, 2, dropout, stateful, x);
        var kernel = run.kernel(4L * units, kernelInit);
        var recurrent = s.param("recurrent_kernel", Shape.of(units, 4L * units), recurrentInit);
        var b = bias ? s.param("bias", Shape.of(4L * units), biasInit) : Recurrence.zeros(s, 4L * units);
        if (activation == Activation.TANH && recurrentActivation == Activation.SIGMOID) {
            return run.call(Rnn.Cell.LSTM, recurrentDropout, kernel, recurrent, b);
        }
        return run.loop(new Cell.Lstm(activation, recurrentActivation), recurrentDropout, run.product(kernel).add(b), List.of(recurrent));
    }

    @Override
    public int outputs() {
        return returnState ? 3 : 1;
    }

    @Override
    public String toString() {
        return "LSTM(" + units + (returnSequences ? ", sequences)" : ")");
    }
}
