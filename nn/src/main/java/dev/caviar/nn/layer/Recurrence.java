package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;

/// What layers over sequences have in common.
final class Recurrence {
    private Recurrence() {}

    /// Throws [ShapeException] unless x is a sequence, alone or with all its first states.
    static void check(Layer layer, int states, int units, Tensor... x) {
        boolean fits = (x.length == 1 || x.length == states + 1) && x[0].rank() == 3 && x[0].shape().dim(1) != 0;
        for (int i = 1; fits && i < x.length; i++) {
            fits = x[i].rank() == 2 && x[i].shape().dim(0) == x[0].shape().dim(0) && x[i].shape().dim(1) == units;
        }
        if (!fits) {
            throw new ShapeException(layer + " on " + Arrays.stream(x).map(Tensor::type).toList() + ": it takes [examples, steps, "
                    + "features], alone or with " + states + " first state" + (states == 1 ? "" : "s") + " [examples, " + units
                    + "].\nMaybe reshape the input, or leave out a Flatten before the layer.");
        }
    }

    /// `[steps, examples, features]`, so that what one step reads lies together; from the last step to the first if `backwards`.
    static Tensor timeFirst(Scope s, boolean backwards, Tensor x) {
        var y = x.cast(s.dtype()).transpose(1, 0, 2);
        return backwards ? y.reverse(0) : y;
    }

    static Tensor zeros(Scope s, Tensor x, int units) {
        return zeros(s, x.shape().dim(0), units);
    }

    static Tensor zeros(Scope s, long... dims) {
        return Tensor.full(0, Type.of(s.dtype(), dims));
    }
}
