package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Optional;

/// A layer over data whose channels come before the spatial axes: `[examples, channels, spatial…]`.
///
/// The layer itself sees the channels last, and what it gives is turned back; an output without spatial axes, such as that of a
/// global pooling or of [Flatten], stays as it is. Names and parameters are those of the layer. An activation that it ends with
/// works on what was turned back, so that a softmax is over the last axis, as in Keras. Turning costs a copy of input and output.
///
/// ```java
/// var layer = ChannelsFirst.of(Conv2D.of(32, 3, "relu"));       // [64, 3, 28, 28] -> [64, 32, 26, 26]
/// ```
public record ChannelsFirst(Layer layer) implements UnaryLayer {
    public static ChannelsFirst of(Layer layer) {
        return new ChannelsFirst(layer);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() < 2) {
            throw new ShapeException("the input is " + x.shape() + ", but it takes [examples, channels, …].\nMaybe use " + layer + " itself.");
        }
        var tail = layer.tail();
        var y = turned(tail.map(Layer.Tail::body).orElse(layer).apply(s, x.rank() < 3 ? x : x.moveAxis(1, -1)));
        return tail.map(last -> last.activation().apply(s, y)).orElse(y);
    }

    private static Tensor turned(Tensor y) {
        return y.rank() < 3 ? y : y.moveAxis(-1, 1);
    }

    @Override
    public boolean noise() {
        return layer.noise();
    }

    @Override
    public Optional<Tail> tail() {
        return layer.tail().map(tail -> new Tail(new ChannelsFirst(tail.body()), tail.activation()));
    }

    @Override
    public String toString() {
        return "ChannelsFirst(" + layer + ")";
    }
}
