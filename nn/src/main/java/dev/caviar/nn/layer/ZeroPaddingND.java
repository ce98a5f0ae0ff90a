package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// Zeros before and after each spatial axis. [ZeroPadding1D], [ZeroPadding2D] and [ZeroPadding3D] make them.
///
/// `[examples, spatial…, channels]`, each spatial axis longer by `before` + `after`.
///
/// ```java
/// ZeroPaddingND layer = ZeroPadding2D.of(1).withAfter(2, 0);       // [32, 28, 28, 8] -> [32, 31, 29, 8]
/// ```
public record ZeroPaddingND(List<Long> before, List<Long> after) implements UnaryLayer {
    public ZeroPaddingND {
        before = List.copyOf(before);
        after = List.copyOf(after);
        Padding.border("ZeroPadding", before, after);
    }

    static ZeroPaddingND of(int axes, long... each) {
        return new ZeroPaddingND(Padding.each(axes, each), Padding.each(axes, each));
    }

    /// One number for all axes, or one for each.
    public ZeroPaddingND withBefore(long... before) {
        return new ZeroPaddingND(Padding.each(this.before.size(), before), after);
    }

    /// One number for all axes, or one for each.
    public ZeroPaddingND withAfter(long... after) {
        return new ZeroPaddingND(before, Padding.each(this.after.size(), after));
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, before.size());
        return x.pad(wide(before), wide(after));
    }

    /// None for the axes of examples and channels.
    private static long[] wide(List<Long> each) {
        var all = new long[each.size() + 2];
        for (int axis = 0; axis < each.size(); axis++) {
            all[1 + axis] = each.get(axis);
        }
        return all;
    }

    @Override
    public String kind() {
        return "zero_padding" + before.size() + "d";
    }

    @Override
    public String toString() {
        return "ZeroPadding" + before.size() + "D(" + before + ", " + after + ")";
    }
}
