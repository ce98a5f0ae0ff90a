package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/// x where it is positive, α·x elsewhere, with a learnt α for each unit (He et al. 2015).
///
/// α has the shape of one example, but length 1 along the `sharedAxes`, which are numbered from 1, since 0 is the examples'.
///
/// ```java
/// var layer = PReLU.of().withSharedAxes(1, 2);       // one α for each channel of an image
/// ```
public record PReLU(Init alphaInit, List<Long> sharedAxes) implements UnaryLayer {
    public PReLU {
        sharedAxes = List.copyOf(sharedAxes);
    }

    /// Each unit its own, beginning at 0.
    public static PReLU of() {
        return new PReLU(Init.zeros(), List.of());
    }

    public PReLU withAlphaInit(Init alphaInit) {
        return new PReLU(alphaInit, sharedAxes);
    }

    public PReLU withSharedAxes(long... sharedAxes) {
        return new PReLU(alphaInit, LongStream.of(sharedAxes).boxed().toList());
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        var shape = x.shape().without(List.of(0));
        for (long axis : sharedAxes) {
            if (axis < 1 || axis >= x.rank()) {
                throw new ShapeException("axis " + axis + " cannot be shared: the input is " + x.shape() + ", axes count from 1.");
            }
            shape = shape.with((int) axis - 1, 1);
        }
        return x.relu().sub(s.param("alpha", shape, alphaInit).mul(x.neg().relu()));
    }

    @Override
    public String kind() {
        return "prelu";
    }

    @Override
    public String toString() {
        return "PReLU()";
    }
}
