package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Fill;

/// Cuts a part of this size out of each image: anywhere while training, from the middle at inference.
///
/// `[n, h, w, …]` to `[n, height, width, …]`; smaller images are a [ShapeException].
///
/// ```java
/// var layer = RandomCrop.of(24, 24);
/// ```
public record RandomCrop(long height, long width) implements UnaryLayer {
    public RandomCrop {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("RandomCrop(" + height + ", " + width + "): both are 1 or more.");
        }
    }

    public static RandomCrop of(long height, long width) {
        return new RandomCrop(height, width);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return Images.on(s, x, images -> {
            long n = images.shape().dim(0);
            long top = images.shape().dim(1) - height;
            long left = images.shape().dim(2) - width;
            if (top < 0 || left < 0) {
                throw new ShapeException(height + " × " + width + " pixels cannot be cut out of " + images.shape() + ".\nMaybe put Resizing in front.");
            }
            if (!s.training()) {
                return images.slice(1, top / 2, top / 2 + height).slice(2, left / 2, left / 2 + width);
            }
            var drawn = Images.drawn(s, images, 2);
            var y = Images.lines(height, 1, s.dtype()).add(offset(drawn[0], top).reshape(n, 1, 1));
            var place = Images.lines(width, 2, s.dtype()).add(offset(drawn[1], left).reshape(n, 1, 1));
            var to = Shape.of(n, height, width);
            return Images.pixels(images, y.expandTo(to), place.expandTo(to), Fill.NEAREST, 0);
        });
    }

    /// A whole number in [0, most], each equally likely.
    private static Tensor offset(Tensor drawn, long most) {
        return drawn.add(1).mul((most + 1) / 2.0).floor().min(most);
    }

    @Override
    public String toString() {
        return "RandomCrop(" + height + ", " + width + ")";
    }
}
