package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Fill;

/// Zooms each image about its middle by chance while training, in or out by up to these parts of its height and width. Pixels between pixels are
/// interpolated linearly; both parts are scalars of the step.
///
/// ```java
/// var layer = RandomZoom.of(0.2);              // 0.8 to 1.2 of the image is seen, its proportions kept
/// ```
public record RandomZoom(double height, double width, boolean together, Fill fill, double value) implements UnaryLayer {
    public RandomZoom {
        if (!(height >= 0 && height < 1 && width >= 0 && width < 1)) {
            throw new IllegalArgumentException("RandomZoom by " + height + " and " + width + ": both are in [0, 1).");
        }
    }

    /// In both directions alike.
    public static RandomZoom of(double factor) {
        return new RandomZoom(factor, factor, true, Fill.REFLECT, 0);
    }

    /// In each direction by itself.
    public static RandomZoom of(double height, double width) {
        return new RandomZoom(height, width, false, Fill.REFLECT, 0);
    }

    public RandomZoom withFill(Fill fill) {
        return new RandomZoom(height, width, together, fill, value);
    }

    /// This number is seen outside the image.
    public RandomZoom withFill(double value) {
        return new RandomZoom(height, width, together, Fill.CONSTANT, value);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> {
            var drawn = Images.drawn(s, images, 2);
            return zoomed(images, drawn[0].mul(s.scalar("height", height)), drawn[together ? 0 : 1].mul(s.scalar("width", width)));
        });
    }

    /// So much more of the height and the width is seen `[n]`.
    Tensor zoomed(Tensor images, Tensor height, Tensor width) {
        long n = images.shape().dim(0);
        long h = images.shape().dim(1);
        long w = images.shape().dim(2);
        var y = Images.lines(h, 1, images.dtype()).sub((h - 1) / 2.0).mul(height.add(1).reshape(n, 1, 1)).add((h - 1) / 2.0);
        var x = Images.lines(w, 2, images.dtype()).sub((w - 1) / 2.0).mul(width.add(1).reshape(n, 1, 1)).add((w - 1) / 2.0);
        var to = Shape.of(n, h, w);
        return Images.sample(images, y.expandTo(to), x.expandTo(to), fill, value);
    }

    @Override
    public String toString() {
        return "RandomZoom(" + height + (together ? "" : ", " + width) + ")";
    }
}
