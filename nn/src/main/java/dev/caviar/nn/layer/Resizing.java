package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;

/// Brings images to another size, while training and at inference: `[n, h, w, …]` to `[n, height, width, …]`.
///
/// Pixels are squares: the middle of pixel `i` of `height` lies at `(i + ½)·h/height − ½`. Values between middles are interpolated linearly, or
/// those of the nearest middle taken. A smaller image is not smoothed first.
///
/// ```java
/// var layer = Resizing.of(64, 64);
/// ```
public record Resizing(long height, long width, Interpolation interpolation) implements UnaryLayer {
    /// What is seen between the middles of pixels.
    public enum Interpolation { BILINEAR, NEAREST }

    public Resizing {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("Resizing(" + height + ", " + width + "): both are 1 or more.");
        }
    }

    public static Resizing of(long height, long width) {
        return new Resizing(height, width, Interpolation.BILINEAR);
    }

    public Resizing withInterpolation(Interpolation interpolation) {
        return new Resizing(height, width, interpolation);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return Images.on(s, x, images -> Lines.weigh(Lines.weigh(images, 1, weights(height, images.shape().dim(1), s.dtype())), 2,
                weights(width, images.shape().dim(2), s.dtype())));
    }

    /// How much each of `from` pixels counts in each of `to`.
    private Buffer weights(long to, long from, DType dtype) {
        var weights = Buffer.allocate(Type.of(dtype, to, from));
        for (long i = 0; i < to; i++) {
            double place = (i + 0.5) * from / to - 0.5;
            if (interpolation == Interpolation.NEAREST) {
                weights.set(i * from + Math.clamp((long) Math.floor((i + 0.5) * from / to), 0, from - 1), 1);
                continue;
            }
            double inside = Math.clamp(place, 0, from - 1);
            long below = (long) inside;
            weights.set(i * from + below, 1 - (inside - below));
            if (inside > below) {
                weights.set(i * from + below + 1, inside - below);
            }
        }
        return weights;
    }

    @Override
    public String toString() {
        return "Resizing(" + height + ", " + width + ")";
    }
}
