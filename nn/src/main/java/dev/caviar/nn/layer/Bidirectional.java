package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;

/// A recurrent layer from the first step to the last, and another from the last to the first (Schuster & Paliwal 1997).
///
/// The input is `[examples, steps, features]`, which may be followed by the first states of the one and then those of the other. Both
/// outputs are merged step by step: `[…, 2·units]` by [Merge#CONCAT], else `[…, units]`. Both have weights of their own, under `forward`
/// and `backward`.
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
        AVE
    }

    public Bidirectional {
        if (forward.returnSequences() != backward.returnSequences() || forward.goBackwards() == backward.goBackwards()) {
            throw new IllegalArgumentException("Bidirectional of " + forward + " and " + backward + ": one goes forwards and one backwards, and both "
                    + "give sequences or both do not.\nMaybe use Bidirectional.of(layer), which makes the second one.");
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

    /// Both outputs as they are before they are merged, those of all steps in the order of the first.
    ///
    /// ```java
    /// Layer ends = (s, x) -> Bidirectional.of(GRU.of(8)).sides(s, x).backward();
    /// ```
    public record Sides(Tensor forward, Tensor backward) {}

    /// Applies both layers.
    public Sides sides(Scope s, Tensor... x) {
        if (x.length % 2 == 0) {
            throw new ShapeException(this + " on " + x.length + " inputs: it takes a sequence, alone or with all first states of both layers.");
        }
        int half = x.length / 2;
        var there = s.call("forward", forward, Arrays.copyOf(x, 1 + half));
        var other = Arrays.copyOfRange(x, half, x.length);
        other[0] = x[0];
        var back = s.call("backward", backward, other);
        s.pass(forward.returnSequences() ? s.mask(there) : null);
        return new Sides(there, forward.returnSequences() ? back.reverse(1) : back);
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        var sides = sides(s, x);
        return switch (merge) {
            case CONCAT -> Tensor.concat(-1, sides.forward, sides.backward);
            case SUM -> sides.forward.add(sides.backward);
            case MUL -> sides.forward.mul(sides.backward);
            case AVE -> sides.forward.add(sides.backward).mul(0.5);
        };
    }

    @Override
    public String toString() {
        return "Bidirectional(" + forward + ")";
    }
}
