package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Window;
import java.util.List;

/// The largest or the mean of each window over 1 to 3 spatial axes, per channel. [MaxPooling2D], [AveragePooling2D] and their
/// likes make them.
///
/// `[examples, spatial…, channels]` to `[examples, places…, channels]`. Padding takes no part: it is never the largest, and does not
/// count in a mean.
///
/// ```java
/// PoolND layer = MaxPooling2D.of(3).withStrides(2).withPadding(Padding.SAME);
/// ```
public record PoolND(Kind of, List<Long> size, List<Long> strides, Padding padding) implements UnaryLayer {
    /// What is taken of a window.
    public enum Kind { MAX, AVERAGE }

    public PoolND {
        size = List.copyOf(size);
        strides = List.copyOf(strides);
        int axes = size.size();
        if (axes < 1 || axes > 3 || strides.size() != axes || size.stream().anyMatch(n -> n < 1) || strides.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("Pooling with windows of " + size + " and strides " + strides
                    + ": each is a number of 1 or more for each spatial axis.");
        }
        if (padding == Padding.CAUSAL) {
            throw new IllegalArgumentException("Pooling with causal padding: there is only valid and same.");
        }
    }

    /// Windows side by side; one size for all axes, or one for each.
    static PoolND of(Kind kind, int axes, long... size) {
        var each = Padding.each(axes, size);
        return new PoolND(kind, each, each, Padding.VALID);
    }

    /// One stride for all axes, or one for each.
    public PoolND withStrides(long... strides) {
        return new PoolND(of, size, Padding.each(size.size(), strides), padding);
    }

    public PoolND withPadding(Padding padding) {
        return new PoolND(of, size, strides, padding);
    }

    public PoolND withPadding(String padding) {
        return withPadding(Padding.of(padding));
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, size.size());
        var slide = padding.slide(x.shape().dims().subList(1, x.rank() - 1), size, strides, Padding.each(size.size(), 1));
        var real = x.cast(s.dtype());
        return of == Kind.MAX ? Window.max(real, size, slide) : Window.mean(real, size, slide);
    }

    @Override
    public String kind() {
        return (of == Kind.MAX ? "max_pooling" : "average_pooling") + size.size() + "d";
    }

    @Override
    public String toString() {
        return (of == Kind.MAX ? "MaxPooling" : "AveragePooling") + size.size() + "D(" + Padding.text(size) + ")";
    }
}
