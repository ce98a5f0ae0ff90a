package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// A layer that walks over the steps of a sequence `[examples, steps, features]` and hands states on from one to the next.
///
/// ```java
/// Recurrent cell = GRU.of(16).withReturnSequences(true);
/// Layer encoder = (s, x) -> cell.states(s, x).h();           // [examples, 16], whatever the layer itself gives
/// ```
public interface Recurrent extends Layer {
    /// The outputs of every step `[examples, steps, units]`, in the order in which they were made, and all states after the last one, each
    /// `[examples, units]`, the output first.
    ///
    /// ```java
    /// Layer both = (s, x) -> {
    ///     var states = LSTM.of(8).states(s, x);
    ///     return Tensor.concat(1, states.h(), states.c());
    /// };
    /// ```
    record States(Tensor sequence, List<Tensor> last) {
        public States {
            last = List.copyOf(last);
        }

        /// The last output.
        public Tensor h() {
            return last.getFirst();
        }

        /// The last cell state of an [LSTM]. Throws [IllegalStateException] for a layer that has none.
        public Tensor c() {
            if (last.size() < 2) {
                throw new IllegalStateException("c(): this layer has one state, which is h().");
            }
            return last.get(1);
        }
    }

    /// Applies the layer to x, or to x and all first states.
    States states(Scope s, Tensor... x);

    /// Whether it gives the outputs of all steps, not the last one only.
    boolean returnSequences();

    /// Whether the states after the last step are outputs too, behind the first one (see [Layer#all]).
    boolean returnState();

    boolean goBackwards();

    /// Whether a step that the mask leaves out gives zeros, not the output before it once more; the states stay as they were in any case.
    boolean zeroMasked();

    Recurrent withZeroMasked(boolean zeroMasked);

    Recurrent withReturnSequences(boolean returnSequences);

    Recurrent withReturnState(boolean returnState);

    Recurrent withGoBackwards(boolean goBackwards);

    /// The first output.
    @Override
    default Tensor apply(Scope s, Tensor... x) {
        return first(states(s, x));
    }

    @Override
    default List<Tensor> applyAll(Scope s, Tensor... x) {
        var states = states(s, x);
        var all = new ArrayList<>(List.of(first(states)));
        all.addAll(returnState() ? states.last() : List.of());
        return all;
    }

    private Tensor first(States states) {
        if (returnSequences()) {
            return states.sequence();
        }
        return zeroMasked() ? states.sequence().at(1, states.sequence().shape().dim(1) - 1) : states.h();
    }
}
