package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Index;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Fill;
import java.util.function.UnaryOperator;

/// What the layers on images share: images `[n, h, w]` or `[n, h, w, channels]`, numbers drawn for each, and pixels between pixels.
final class Images {
    private Images() {}

    /// Applies a function of `[n, h, w, channels]` in the scope's precision; images without channels have one for the while.
    static Tensor on(Scope s, Tensor x, UnaryOperator<Tensor> change) {
        if (x.rank() != 3 && x.rank() != 4) {
            throw new ShapeException("the input is " + x.shape() + ", but images are [n, h, w] or [n, h, w, channels].\nMaybe put Reshape.of(h, w, channels) "
                    + "in front.");
        }
        var real = x.cast(s.dtype());
        return x.rank() == 4 ? change.apply(real) : change.apply(real.expandDims(3)).squeeze(3);
    }

    /// A number in [−1, 1) for each example: `[n]`.
    static Tensor drawn(Scope s, Tensor key, Tensor x) {
        return Random.uniform(key, Type.of(DType.F32, x.shape().dim(0))).cast(s.dtype()).mul(2).sub(1);
    }

    /// The same for several, each by a key of its own.
    static Tensor[] drawn(Scope s, Tensor x, int count) {
        var keys = Random.split(s.key(), count);
        var out = new Tensor[count];
        for (int i = 0; i < count; i++) {
            out[i] = drawn(s, keys[i], x);
        }
        return out;
    }

    /// `[n]` as `[n, 1, 1, 1]`.
    static Tensor each(Tensor perExample) {
        return perExample.reshape(perExample.shape().dim(0), 1, 1, 1);
    }

    /// The images `[n, rows, columns, channels]` whose pixels are seen at these places `[n, rows, columns]` of `x`, counted in pixels from the
    /// middle of the first; interpolated linearly.
    static Tensor sample(Tensor x, Tensor down, Tensor right, Fill fill, double value) {
        var top = down.floor();
        var left = right.floor();
        var fy = down.sub(top).expandDims(3);
        var fx = right.sub(left).expandDims(3);
        var upper = mix(pixels(x, top, left, fill, value), pixels(x, top, left.add(1), fill, value), fx);
        var lower = mix(pixels(x, top.add(1), left, fill, value), pixels(x, top.add(1), left.add(1), fill, value), fx);
        return mix(upper, lower, fy);
    }

    private static Tensor mix(Tensor a, Tensor b, Tensor part) {
        return a.add(b.sub(a).mul(part));
    }

    /// The pixels at whole places, which may lie outside.
    static Tensor pixels(Tensor x, Tensor down, Tensor right, Fill fill, double value) {
        long n = x.shape().dim(0);
        long h = x.shape().dim(1);
        long w = x.shape().dim(2);
        long channels = x.shape().dim(3);
        var y = place(down, h, fill);
        var places = y.mul(w).add(place(right, w, fill)).cast(DType.I64);
        var found = new Index.Gather(1).on(x.reshape(n, h * w, channels), places.reshape(n, places.shape().size() / n))
                .reshape(n, places.shape().dim(1), places.shape().dim(2), channels);
        if (fill != Fill.CONSTANT) {
            return found;
        }
        var inside = inside(down, h).and(inside(right, w)).expandDims(3).expandTo(found.shape());
        return inside.where(found, Tensor.scalar(value, found.dtype()));
    }

    private static Tensor inside(Tensor place, long n) {
        return place.ge(Tensor.scalar(0, place.dtype())).and(place.lt(Tensor.scalar(n, place.dtype())));
    }

    /// Which pixel of a line of `n` is seen at a place, as [Fill] says.
    private static Tensor place(Tensor at, long n, Fill fill) {
        return switch (fill) {
            case NEAREST, CONSTANT -> at.max(0).min(n - 1);
            case WRAP -> modulo(at, n);
            case REFLECT -> {
                var turn = modulo(at, 2 * n);
                yield turn.min(turn.neg().add(2 * n - 1));
            }
        };
    }

    private static Tensor modulo(Tensor at, long n) {
        return at.sub(at.div(n).floor().mul(n));
    }

    /// Rows (or columns) of the output by their number, as `[1, rows, 1]` or `[1, 1, columns]`.
    static Tensor lines(long count, int axis, DType dtype) {
        var line = Tensor.range(count, dtype);
        return axis == 1 ? line.reshape(1, count, 1) : line.reshape(1, 1, count);
    }
}
