package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// Makes each image brighter or darker by chance while training, by up to the part `factor` of the range of values, [low, high], to which all is
/// cut. The range is 0 to 255 unless said: behind a normaliser or a [Rescaling] it is another one. The factor is a scalar of the step.
///
/// ```java
/// var layer = RandomBrightness.of(0.2).withRange(0, 1);
/// ```
public record RandomBrightness(double factor, double low, double high) implements UnaryLayer {
    public RandomBrightness {
        if (!(factor >= 0 && factor <= 1 && low < high)) {
            throw new IllegalArgumentException("RandomBrightness(" + factor + ") in [" + low + ", " + high + "]: the factor is in [0, 1], and the range "
                    + "is not empty.");
        }
    }

    public static RandomBrightness of(double factor) {
        return new RandomBrightness(factor, 0, 255);
    }

    /// The least and the largest value of a pixel.
    public RandomBrightness withRange(double low, double high) {
        return new RandomBrightness(factor, low, high);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (!s.training()) {
            return x;
        }
        return Images.on(s, x, images -> {
            var more = Images.drawn(s, images, 1)[0].mul(s.scalar("factor", factor)).mul(high - low);
            return images.add(Images.each(more)).max(low).min(high);
        });
    }

    @Override
    public String toString() {
        return "RandomBrightness(" + factor + ")";
    }
}
