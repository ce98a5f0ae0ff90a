package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.Optional;

/// Makes numbers along an axis into shares of 1: eˣ / Σ eˣ, or their logarithms. [Activation#SOFTMAX] is the one of the last axis.
///
/// ```java
/// var layer = Softmax.of(1);       // [32, 10, 8] -> [32, 10, 8], 1 over the axis of length 10
/// ```
public record Softmax(int axis, boolean log) implements UnaryLayer {
    /// Along the last axis.
    public static Softmax of() {
        return of(-1);
    }

    public static Softmax of(int axis) {
        return new Softmax(axis, false);
    }

    /// The logarithms, which are exact where shares are too small for a number.
    public Softmax withLog(boolean log) {
        return new Softmax(axis, log);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        int along = Units.axis(x, axis);
        return log ? x.logSoftmax(along) : x.softmax(along);
    }

    @Override
    public Optional<Tail> tail() {
        return axis == -1 ? Optional.of(new Tail(Activation.LINEAR, log ? Activation.LOG_SOFTMAX : Activation.SOFTMAX)) : Optional.empty();
    }

    @Override
    public String toString() {
        return "Softmax(" + axis + (log ? ", log)" : ")");
    }
}
