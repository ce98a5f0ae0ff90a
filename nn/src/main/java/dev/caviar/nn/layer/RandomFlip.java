package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Mirrors every other image while training: left to right, upside down, or each by itself.
///
/// Images are `[n, h, w]` or `[n, h, w, channels]`, as for all layers that begin with Random.
///
/// ```java
/// var layer = RandomFlip.of(true, false);      // left to right only
/// ```
public record RandomFlip(boolean horizontal, boolean vertical) implements UnaryLayer {
    /// Both ways.
    public static RandomFlip of() {
        return new RandomFlip(true, true);
    }

    public static RandomFlip of(boolean horizontal, boolean vertical) {
        return new RandomFlip(horizontal, vertical);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> {
            var y = horizontal ? flipped(s, images, 2) : images;
            return vertical ? flipped(s, y, 1) : y;
        });
    }

    private static Tensor flipped(Scope s, Tensor images, int axis) {
        var coins = Random.bernoulli(s.key(), Tensor.scalar(0.5, s.dtype()), images.shape().dim(0));
        return Images.each(coins).expandTo(images.shape()).where(images.reverse(axis), images);
    }

    @Override
    public String toString() {
        return "RandomFlip(" + (horizontal ? "horizontal" : "") + (horizontal && vertical ? " and " : "") + (vertical ? "vertical" : "") + ")";
    }
}
