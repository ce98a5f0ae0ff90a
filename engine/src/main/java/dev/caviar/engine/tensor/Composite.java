package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import java.util.stream.IntStream;

/// Functions over ops that tensors offer as methods.
final class Composite {
    private Composite() {}

    static Tensor mean(Tensor x, int... axes) {
        var wanted = axes.length == 0 ? IntStream.range(0, x.rank()).toArray() : axes;
        var real = x.dtype().isFloat() ? x : x.cast(DType.F32);
        return real.sum(wanted).mul(reciprocalCount(real, wanted));
    }

    /// 1/n, where n is known now or, for unknown lengths, once the program runs.
    private static Tensor reciprocalCount(Tensor x, int... axes) {
        long n = 1;
        for (int axis : axes) {
            long dim = x.shape().dim(axis);
            if (dim < 0) {
                var lengths = new Shape(IntStream.of(axes).mapToObj(x.shape()::dim).toList());
                return Tensor.scalar(1, x.dtype()).expandTo(lengths).sum().reciprocal();
            }
            n = Math.multiplyExact(n, dim);
        }
        return Tensor.scalar(1.0 / n, x.dtype());
    }

    static Tensor variance(Tensor x, int... axes) {
        var wanted = axes.length == 0 ? IntStream.range(0, x.rank()).toArray() : axes;
        return mean(x.sub(keep(mean(x, wanted), x.shape(), wanted)).square(), wanted);
    }

    /// Puts reduced axes back with length 1.
    static Tensor keep(Tensor reduced, Shape full, int... axes) {
        var shape = full;
        for (int axis : axes) {
            shape = shape.with(axis, 1);
        }
        return reduced.reshape(shape);
    }

    /// The largest element is subtracted first; it cancels, so no gradient flows through it.
    static Tensor logSumExp(Tensor x, int axis) {
        var top = x.max(new int[] {axis}).stopGradient();
        return x.sub(keep(top, x.shape(), axis)).exp().sum(axis).log().add(top);
    }

    static Tensor logSoftmax(Tensor x, int axis) {
        var top = x.max(new int[] {axis}).stopGradient();
        var shifted = x.sub(keep(top, x.shape(), axis));
        return shifted.sub(keep(shifted.exp().sum(axis).log(), x.shape(), axis));
    }

    static Tensor softmax(Tensor x, int axis) {
        var top = x.max(new int[] {axis}).stopGradient();
        var e = x.sub(keep(top, x.shape(), axis)).exp();
        return e.div(keep(e.sum(axis), x.shape(), axis));
    }

}
