package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/// A layer applied to each step of a sequence as if it were an example: `[examples, steps, …]` gives `[examples, steps, …]`, with one set of
/// weights for all steps.
///
/// ```java
/// var frames = TimeDistributed.of(Conv2D.of(8, 3).withActivation(Activation.RELU));        // [32, 10, 28, 28, 1] -> [32, 10, 26, 26, 8]
/// ```
public record TimeDistributed(Layer layer) implements UnaryLayer {
    public static TimeDistributed of(Layer layer) {
        return new TimeDistributed(layer);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() < 3) {
            throw new ShapeException("the input is " + x.shape() + ", but it takes [examples, steps, …].\nMaybe use " + layer + " itself.");
        }
        long examples = x.shape().dim(0);
        long steps = x.shape().dim(1);
        var y = s.call(layer.kind(), layer, x.reshape(x.shape().without(List.of(1)).with(0, examples * steps)));
        var each = y.shape().without(List.of(0));
        return y.reshape(each.insert(0, steps).insert(0, examples));
    }

    @Override
    public Optional<Tail> tail() {
        return layer.tail().map(tail -> new Tail(new TimeDistributed(tail.body()), tail.activation()));
    }

    @Override
    public String toString() {
        return "TimeDistributed(" + layer + ")";
    }
}
