package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Cuts elements off before and after each spatial axis. [Cropping1D], [Cropping2D] and [Cropping3D] make them.
///
/// `[examples, spatial…, channels]`, each spatial axis shorter by `before` + `after`.
///
/// ```java
/// CroppingND layer = Cropping2D.of(1).withAfter(2, 0);       // [32, 28, 28, 8] -> [32, 25, 27, 8]
/// ```
public record CroppingND(List<Long> before, List<Long> after) implements UnaryLayer {
    public CroppingND {
        before = List.copyOf(before);
        after = List.copyOf(after);
        Padding.border("Cropping", before, after);
    }

    static CroppingND of(int axes, long... each) {
        return new CroppingND(Padding.each(axes, each), Padding.each(axes, each));
    }

    /// One number for all axes, or one for each.
    public CroppingND withBefore(long... before) {
        return new CroppingND(Padding.each(this.before.size(), before), after);
    }

    /// One number for all axes, or one for each.
    public CroppingND withAfter(long... after) {
        return new CroppingND(before, Padding.each(this.after.size(), after));
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, before.size());
        var y = x;
        for (int axis = 0; axis < before.size(); axis++) {
            long to = x.shape().dim(1 + axis) - after.get(axis);
            if (to <= before.get(axis)) {
                throw new ShapeException("nothing is left of spatial axis " + axis + ".\nMaybe crop less.");
            }
            y = y.slice(1 + axis, before.get(axis), to);
        }
        return y;
    }

    @Override
    public String kind() {
        return "cropping" + before.size() + "d";
    }

    @Override
    public String toString() {
        return "Cropping" + before.size() + "D(" + before + ", " + after + ")";
    }
}
