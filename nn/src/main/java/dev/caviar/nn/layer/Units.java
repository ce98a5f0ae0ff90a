package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Standardize;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/// What the normalising layers share: some axes of a tensor, and what is learnt along them.
///
/// @param along the axes, from 0 and ascending
record Units(Shape shape, List<Integer> along) {
    /// The units of `x` along these axes, of which negative ones count from the end; the first is the examples', which is none.
    static Units of(Tensor x, List<Long> axes) {
        var along = axes.stream().map(axis -> axis(x, axis)).sorted().distinct().toList();
        if (along.size() != axes.size() || along.getFirst() == 0) {
            throw new ShapeException("it normalises along the axes " + axes + " of " + x.shape() + ", which names the examples' axis or one axis "
                    + "twice.\nMaybe use -1, the last axis.");
        }
        return new Units(x.shape(), along);
    }

    /// The axis as a number from 0; throws [ShapeException] where `x` has no such axis.
    static int axis(Tensor x, long axis) {
        if (axis < -x.rank() || axis >= x.rank()) {
            throw new ShapeException("it works along axis " + axis + ", the input is " + x.shape() + ".\nMaybe use -1, the last axis.");
        }
        return (int) (axis < 0 ? axis + x.rank() : axis);
    }

    /// The lengths of these axes alone.
    Shape lengths() {
        return new Shape(along.stream().map(shape::dim).toList());
    }

    /// The axes that are not these.
    List<Integer> others() {
        return IntStream.range(0, shape.rank()).filter(axis -> !along.contains(axis)).boxed().toList();
    }

    /// A tensor of [#lengths] with all other axes put in, of length 1.
    Tensor spread(Tensor values) {
        var wide = shape;
        for (int other : others()) {
            wide = wide.with(other, 1);
        }
        return values.reshape(wide);
    }

    /// γ·x + β, each where it is wanted.
    Tensor affine(Scope s, Tensor x, boolean scale, boolean center) {
        var y = scale ? x.mul(spread(s.param("gamma", lengths(), Init.ones()))) : x;
        return center ? y.add(spread(s.param("beta", lengths(), Init.zeros()))) : y;
    }

    /// Mean 0 and variance 1 over these axes; then the mean and the biased variance.
    static List<Tensor> standard(Tensor x, List<Integer> over, double epsilon) {
        return new Call(new Standardize(over)).apply(List.of(x, Tensor.scalar(epsilon, x.dtype())));
    }
}
