package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Rnn;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Gated recurrent unit (Cho et al. 2014).
///
/// The input is `[examples, steps, features]`, the output the last state `[examples, units]`, with `returnSequences` all of them
/// `[examples, steps, units]`. A first state `[examples, units]` may follow as a second input; it is zeros else. Kernel
/// `[features, 3·units]`, recurrent kernel `[units, 3·units]`; the columns are those of the update gate, the reset gate and the
/// candidate. With `resetAfter` the reset gate acts after the product with the recurrent kernel, and the bias is
/// `[2, 3·units]`, one row for each kernel; without, it acts on the state, and the bias is `[3·units]`. A step that the mask
/// leaves out keeps the state. With `goBackwards` it begins at the last step, and the sequence comes in that order.
///
/// What is ready-made is tanh with sigmoid; other activations cost more time.
///
/// ```java
/// var reader = Sequential.of(GRU.of(64).withReturnSequences(true), GRU.of(32), Dense.of(10, "softmax"));
/// ```
public record GRU(int units, Activation activation, Activation recurrentActivation, boolean bias, Init kernelInit, Init recurrentInit, Init
        biasInit, boolean resetAfter, boolean returnSequences, boolean returnState, boolean goBackwards, double dropout, double
        recurrentDropout, int stateful,
        boolean zeroMasked) implements Recurrent {
    public GRU {
        Recurrence.check("GRU", units, dropout, recurrentDropout, stateful);
    }

    /// With tanh and sigmoid, Glorot uniform and orthogonal kernels, bias 0, and the reset gate after the product.
    public static GRU of(int units) {
        return new GRU(units, Activation.TANH, Activation.SIGMOID, true, Init.xavier(), Init.orthogonal(), Init.zeros(), true, false, false,
                false, 0, 0, 0, false);
    }

    /// Of the candidate.
    public GRU withActivation(Activation activation) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// Of the gates.
    public GRU withRecurrentActivation(Activation recurrentActivation) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public GRU withBias(boolean bias) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public GRU withKernelInit(Init kernelInit) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public GRU withRecurrentInit(Init recurrentInit) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public GRU withBiasInit(Init biasInit) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    public GRU withResetAfter(boolean resetAfter) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public GRU withReturnSequences(boolean returnSequences) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public GRU withReturnState(boolean returnState) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public GRU withGoBackwards(boolean goBackwards) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The probability that a feature is dropped, in all steps of a sequence at once (Gal & Ghahramani 2016).
    public GRU withDropout(double dropout) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The same for the state on its way into the product with the recurrent kernel.
    public GRU withRecurrentDropout(double recurrentDropout) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// Keeps the last states of a batch as the first ones of the next, until an epoch ends; at most so many examples are in a batch.
    /// 0 begins every batch anew.
    public GRU withStateful(int stateful) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    @Override
    public GRU withZeroMasked(boolean zeroMasked) {
        return new GRU(units, activation, recurrentActivation, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences,
                returnState, goBackwards, dropout, recurrentDropout, stateful, zeroMasked);
    }

    /// The sequence of states and the last one.
    @Override
    public States states(Scope s, Tensor... x) {
        var run = new Recurrence(this, s, units, 1, dropout, stateful, x);
        var kernel = run.kernel(3L * units, kernelInit);
        var recurrent = s.param("recurrent_kernel", Shape.of(units, 3L * units), recurrentInit);
        var shape = resetAfter ? Shape.of(2, 3L * units) : Shape.of(3L * units);
        var b = bias ? s.param("bias", shape, biasInit) : Recurrence.zeros(s, shape.toArray());
        if (activation == Activation.TANH && recurrentActivation == Activation.SIGMOID) {
            return run.call(resetAfter ? Rnn.Cell.GRU : Rnn.Cell.GRU_RESET_BEFORE, recurrentDropout, kernel, recurrent, b);
        }
        var z = run.product(kernel).add(resetAfter ? b.at(0, 0) : b);
        return run.loop(new Cell.Gru(activation, recurrentActivation, resetAfter), recurrentDropout, z,
                resetAfter ? List.of(recurrent, b.at(0, 1)) : List.of(recurrent));
    }

    @Override
    public int outputs() {
        return returnState ? 2 : 1;
    }

    @Override
    public String toString() {
        return "GRU(" + units + (returnSequences ? ", sequences)" : ")");
    }
}
