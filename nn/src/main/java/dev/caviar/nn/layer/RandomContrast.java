package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// Multiplies each image's distance from the mean of each of its channels by chance while training, by 1 − factor to 1 + factor, and cuts to the
/// range of values, [low, high]: 0 to 255 unless said. The factor is a scalar of the step.
///
/// ```java
/// var layer = RandomContrast.of(0.3).withRange(0, 1);
/// ```
public record RandomContrast(double factor, double low, double high) implements UnaryLayer {
    public RandomContrast {
        if (!(factor >= 0 && factor <= 1 && low < high)) {
            throw new IllegalArgumentException("RandomContrast(" + factor + ") in [" + low + ", " + high + "]: the factor is in [0, 1], and the range "
                    + "is not empty.");
        }
    }

    public static RandomContrast of(double factor) {
        return new RandomContrast(factor, 0, 255);
    }

    /// The least and the largest value of a pixel.
    public RandomContrast withRange(double low, double high) {
        return new RandomContrast(factor, low, high);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> {
            long n = images.shape().dim(0);
            var mean = images.mean(1, 2).reshape(n, 1, 1, images.shape().dim(3));
            var times = Images.drawn(s, images, 1)[0].mul(s.scalar("factor", factor)).add(1);
            return images.sub(mean).mul(Images.each(times)).add(mean).max(low).min(high);
        });
    }

    @Override
    public String toString() {
        return "RandomContrast(" + factor + ")";
    }
}
