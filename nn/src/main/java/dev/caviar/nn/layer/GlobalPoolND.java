package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// The largest or the mean of each channel over all of its spatial axes. [GlobalMaxPooling2D], [GlobalAveragePooling2D] and their
/// likes make them.
///
/// `[examples, spatial…, channels]` to `[examples, channels]`, with `keepDims` to `[examples, 1…, channels]`. Of a sequence with a mask
/// (see [Scope#mask()]) only those steps are seen that count.
///
/// ```java
/// GlobalPoolND layer = GlobalAveragePooling2D.of().withKeepDims(true);       // [32, 7, 7, 8] -> [32, 1, 1, 8]
/// ```
public record GlobalPoolND(PoolND.Kind of, int axes, boolean keepDims) implements UnaryLayer {
    public GlobalPoolND {
        if (axes < 1 || axes > 3) {
            throw new IllegalArgumentException("Global pooling over " + axes + " spatial axes: there are 1 to 3.");
        }
    }

    public GlobalPoolND withKeepDims(boolean keepDims) {
        return new GlobalPoolND(of, axes, keepDims);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, axes);
        var real = x.cast(s.dtype());
        var over = IntStream.rangeClosed(1, axes).toArray();
        var mask = axes == 1 ? s.mask(x) : null;
        s.pass(null);
        var y = mask != null ? masked(real, mask) : of == PoolND.Kind.MAX ? real.max(over) : real.mean(over);
        if (!keepDims) {
            return y;
        }
        var dims = new ArrayList<>(List.of(x.shape().dim(0)));
        dims.addAll(Padding.each(axes, 1));
        dims.add(x.shape().dim(-1));
        return y.reshape(new Shape(dims));
    }

    /// Over the steps that count; 0 where none does.
    private Tensor masked(Tensor x, Tensor mask) {
        var counts = mask.expandDims(-1);
        var zero = Tensor.scalar(0, x.dtype());
        var some = counts.cast(x.dtype()).sum(1);
        return of == PoolND.Kind.MAX
                ? some.gt(0).where(counts.where(x, Tensor.scalar(Double.NEGATIVE_INFINITY, x.dtype())).max(new int[] {1}), zero)
                : counts.where(x, zero).sum(1).div(some.max(1));
    }

    @Override
    public String kind() {
        return (of == PoolND.Kind.MAX ? "global_max_pooling" : "global_average_pooling") + axes + "d";
    }

    @Override
    public String toString() {
        return (of == PoolND.Kind.MAX ? "GlobalMaxPooling" : "GlobalAveragePooling") + axes + "D()";
    }
}
