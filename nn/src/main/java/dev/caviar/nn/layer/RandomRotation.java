package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Fill;

/// Turns each image about its middle by chance while training, by up to the part `factor` of a full turn either way. Pixels between pixels are
/// interpolated linearly; the factor is a scalar of the step.
///
/// ```java
/// var layer = RandomRotation.of(0.05);         // up to 18°
/// ```
public record RandomRotation(double factor, Fill fill, double value) implements UnaryLayer {
    public RandomRotation {
        if (!(factor >= 0)) {
            throw new IllegalArgumentException("RandomRotation(" + factor + "): the part of a turn is 0 or more.");
        }
    }

    public static RandomRotation of(double factor) {
        return new RandomRotation(factor, Fill.REFLECT, 0);
    }

    public RandomRotation withFill(Fill fill) {
        return new RandomRotation(factor, fill, value);
    }

    /// This number is seen outside the image.
    public RandomRotation withFill(double value) {
        return new RandomRotation(factor, Fill.CONSTANT, value);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> turned(images, Images.drawn(s, images, 1)[0].mul(s.scalar("factor", factor))));
    }

    /// Turned counter-clockwise by these parts of a turn `[n]`.
    Tensor turned(Tensor images, Tensor turns) {
        long n = images.shape().dim(0);
        long h = images.shape().dim(1);
        long w = images.shape().dim(2);
        var angle = turns.mul(2 * Math.PI).reshape(n, 1, 1);
        var u = Images.lines(w, 2, images.dtype()).sub((w - 1) / 2.0);
        var v = Images.lines(h, 1, images.dtype()).sub((h - 1) / 2.0);
        var x = angle.cos().mul(u).sub(angle.sin().mul(v)).add((w - 1) / 2.0);
        var y = angle.sin().mul(u).add(angle.cos().mul(v)).add((h - 1) / 2.0);
        return Images.sample(images, y, x, fill, value);
    }

    @Override
    public String toString() {
        return "RandomRotation(" + factor + ")";
    }
}
