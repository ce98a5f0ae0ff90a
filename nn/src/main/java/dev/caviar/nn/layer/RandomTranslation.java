package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Fill;

/// Moves each image by chance while training: up or down by up to the part `height` of its height, left or right by up to the part `width` of
/// its width. Pixels between pixels are interpolated linearly; both parts are scalars of the step.
///
/// ```java
/// var layer = RandomTranslation.of(0.1, 0.1);      // what comes in is the image mirrored
/// ```
public record RandomTranslation(double height, double width, Fill fill, double value) implements UnaryLayer {
    public RandomTranslation {
        if (!(height >= 0 && width >= 0)) {
            throw new IllegalArgumentException("RandomTranslation by " + height + " and " + width + ": both are 0 or more.");
        }
    }

    public static RandomTranslation of(double height, double width) {
        return new RandomTranslation(height, width, Fill.REFLECT, 0);
    }

    public RandomTranslation withFill(Fill fill) {
        return new RandomTranslation(height, width, fill, value);
    }

    /// This number is seen outside the image.
    public RandomTranslation withFill(double value) {
        return new RandomTranslation(height, width, Fill.CONSTANT, value);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> {
            var drawn = Images.drawn(s, images, 2);
            return moved(images, drawn[0].mul(s.scalar("height", height)), drawn[1].mul(s.scalar("width", width)));
        });
    }

    /// Moved down and right by these parts `[n]`.
    Tensor moved(Tensor images, Tensor down, Tensor right) {
        long n = images.shape().dim(0);
        long h = images.shape().dim(1);
        long w = images.shape().dim(2);
        var y = Images.lines(h, 1, images.dtype()).sub(down.mul(h).reshape(n, 1, 1));
        var x = Images.lines(w, 2, images.dtype()).sub(right.mul(w).reshape(n, 1, 1));
        var to = Shape.of(n, h, w);
        return Images.sample(images, y.expandTo(to), x.expandTo(to), fill, value);
    }

    @Override
    public String toString() {
        return "RandomTranslation(" + height + ", " + width + ")";
    }
}
