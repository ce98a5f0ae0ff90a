package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A recurrent layer from the first step to the last, and another from the last to the first (Schuster & Paliwal 1997).
///
/// The input is `[examples, steps, features]`, which may be followed by the first states of the one and then those of the other. Both
/// outputs are merged step by step: `[…, 2·units]` by [Merge#CONCAT], else `[…, units]`. Both have weights of their own, under `forward`
/// and `backward`. Where sequences are given, steps that a mask leaves out are 0, as in Keras.
///
/// ```java
/// var tagger = Sequential.of(Embedding.of(1000, 16).withMaskZero(true), Bidirectional.of(LSTM.of(32).withReturnSequences(true)),
///         TimeDistributed.of(Dense.of(5, "softmax")));
/// ```
public record Bidirectional(Recurrent forward, Recurrent backward, Merge merge) implements Layer {
    /// How two outputs become one.
    public enum Merge {
        /// One after the other on the last axis.
        CONCAT,
        SUM,
        /// Element by element.
        MUL,
        /// The mean of both.
        AVE,
        /// They stay two outputs, both in the order of the first.
        NONE
    }

    public Bidirectional {
        if (forward.returnSequences() != backward.returnSequences() || forward.returnState() != backward.returnState()
                || forward.goBackwards() == backward.goBackwards()) {
            throw new IllegalArgumentException("Bidirectional of " + forward + " and " + backward + ": one goes forwards and one backwards, and both "
                    + "give sequences and states or both do not.\nMaybe use Bidirectional.of(layer), which makes the second one.");
        }
    }

    /// Of a layer and the same one the other way, concatenated.
    public static Bidirectional of(Recurrent layer) {
        return of(layer, layer.withGoBackwards(!layer.goBackwards()));
    }

    /// Of two layers, of which the second goes the other way.
    public static Bidirectional of(Recurrent forward, Recurrent backward) {
        return new Bidirectional(forward, backward, Merge.CONCAT);
    }

    public Bidirectional withMerge(Merge merge) {
        return new Bidirectional(forward, backward, merge);
    }

    @Override
    public int outputs() {
        return (merge == Merge.NONE ? 2 : 1) + forward.outputs() + backward.outputs() - 2;
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        if (merge == Merge.NONE) {
            throw new ShapeException(this + ": it has " + outputs() + " outputs, where one is needed.\nMaybe merge them, or take one of all(...).");
        }
        return applyAll(s, x).getFirst();
    }

    /// The merged outputs, or both; then the states of the first layer and those of the second, if these give them.
    @Override
    public List<Tensor> applyAll(Scope s, Tensor... x) {
        if (x.length % 2 == 0) {
            throw new ShapeException("it takes a sequence, alone or with all first states of both layers, not " + x.length
                    + " inputs.\nMaybe give the first layer's states, then the second's.");
        }
        var other = Arrays.copyOfRange(x, x.length / 2, x.length);
        other[0] = x[0];
        var there = s.callAll("forward", forward, Arrays.copyOf(x, 1 + x.length / 2));
        var back = s.callAll("backward", backward, other);
        var mask = forward.returnSequences() ? s.mask(there.getFirst()) : null;
        s.pass(mask);
        var all = merged(counted(there.getFirst(), mask), counted(forward.returnSequences() ? back.getFirst().reverse(1) : back.getFirst(), mask));
        all.addAll(there.subList(1, there.size()));
        all.addAll(back.subList(1, back.size()));
        return all;
    }

    private static Tensor counted(Tensor steps, @Nullable Tensor mask) {
        return mask == null ? steps : mask.expandDims(-1).where(steps, Tensor.scalar(0, steps.dtype()));
    }

    private List<Tensor> merged(Tensor there, Tensor back) {
        return new ArrayList<>(switch (merge) {
            case CONCAT -> List.of(Tensor.concat(-1, there, back));
            case SUM -> List.of(there.add(back));
            case MUL -> List.of(there.mul(back));
            case AVE -> List.of(there.add(back).mul(0.5));
            case NONE -> List.of(there, back);
        });
    }

    @Override
    public String toString() {
        return "Bidirectional(" + forward + ")";
    }
}
