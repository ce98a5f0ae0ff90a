package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Gru;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Gated recurrent unit (Cho et al. 2014).
///
/// The input is `[examples, steps, features]`, the output the last state `[examples, units]`, with `returnSequences` all of them
/// `[examples, steps, units]`. A first state `[examples, units]` may follow as a second input; it is zeros else. Kernel
/// `[features, 3·units]`, recurrent kernel `[units, 3·units]`; the columns are those of the update gate, the reset gate and the
/// candidate. With `resetAfter` the reset gate acts after the product with the recurrent kernel, and the bias is
/// `[2, 3·units]`, one row for each kernel; without, it acts on the state, and the bias is `[3·units]`.
///
/// ```java
/// var reader = Sequential.of(GRU.of(64).withReturnSequences(true), GRU.of(32), Dense.of(10, "softmax"));
/// ```
public record GRU(int units, boolean bias, Init kernelInit, Init recurrentInit, Init biasInit, boolean resetAfter,
        boolean returnSequences, boolean goBackwards) implements Layer {
    public GRU {
        if (units < 1) {
            throw new IllegalArgumentException("GRU(" + units + "): a layer has 1 unit or more.");
        }
    }

    /// With Glorot uniform and orthogonal kernels, bias 0, and the reset gate after the product.
    public static GRU of(int units) {
        return new GRU(units, true, Init.xavier(), Init.orthogonal(), Init.zeros(), true, false, false);
    }

    public GRU withBias(boolean bias) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withKernelInit(Init kernelInit) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withRecurrentInit(Init recurrentInit) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withBiasInit(Init biasInit) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withResetAfter(boolean resetAfter) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withReturnSequences(boolean returnSequences) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    public GRU withGoBackwards(boolean goBackwards) {
        return new GRU(units, bias, kernelInit, recurrentInit, biasInit, resetAfter, returnSequences, goBackwards);
    }

    /// All that comes out: the states of every step `[examples, steps, units]` and the last one `[examples, units]`.
    ///
    /// ```java
    /// Layer encoder = (s, x) -> GRU.of(8).states(s, x[0]).h();
    /// ```
    public record States(Tensor sequence, Tensor h) {}

    /// Applies the layer to x, or to x and the first state.
    public States states(Scope s, Tensor... x) {
        Recurrence.check(this, 1, units, x);
        var in = Recurrence.timeFirst(s, goBackwards, x[0]);
        var h = x.length > 1 ? x[1].cast(s.dtype()) : Recurrence.zeros(s, x[0], units);
        var kernel = s.param("kernel", Shape.of(x[0].shape().dim(2), 3L * units), kernelInit);
        var recurrent = s.param("recurrent_kernel", Shape.of(units, 3L * units), recurrentInit);
        var shape = resetAfter ? Shape.of(2, 3L * units) : Shape.of(3L * units);
        var b = bias ? s.param("bias", shape, biasInit) : Recurrence.zeros(s, shape.toArray());
        var out = new Call(new Gru(resetAfter)).apply(List.of(in, h, kernel, recurrent, b));
        return new States(out.get(0).transpose(1, 0, 2), out.get(1));
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        var states = states(s, x);
        return returnSequences ? states.sequence() : states.h();
    }

    @Override
    public String toString() {
        return "GRU(" + units + (returnSequences ? ", sequences)" : ")");
    }
}
