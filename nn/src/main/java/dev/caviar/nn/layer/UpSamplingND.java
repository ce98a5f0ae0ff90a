package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Makes each spatial axis longer by a whole factor. [UpSampling1D], [UpSampling2D] and [UpSampling3D] make them.
///
/// `[examples, spatial…, channels]` to `[examples, spatial·size…, channels]`.
///
/// ```java
/// UpSamplingND layer = UpSampling2D.of(2).withInterpolation("bilinear");       // [32, 7, 7, 8] -> [32, 14, 14, 8]
/// ```
public record UpSamplingND(List<Long> size, Interpolation interpolation) implements UnaryLayer {
    /// What stands between the elements; they lie at the centres of their cells, and beyond the edge the outermost goes on.
    public enum Interpolation {
        /// Each element repeated.
        NEAREST,
        /// Straight lines.
        BILINEAR,
        /// Cubics through four elements with a = −0.75 (Keys 1981).
        BICUBIC;

        public static Interpolation of(String name) {
            return Arrays.stream(values()).filter(one -> one.name().equalsIgnoreCase(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("There is no interpolation \"" + name
                            + "\".\nMaybe one of nearest, bilinear, bicubic."));
        }

        /// How much an element counts at this distance.
        private double weight(double distance) {
            double d = Math.abs(distance);
            return switch (this) {
                case NEAREST -> d < 0.5 ? 1 : 0;
                case BILINEAR -> Math.max(0, 1 - d);
                case BICUBIC -> d <= 1 ? (1.25 * d - 2.25) * d * d + 1 : d < 2 ? ((-0.75 * d + 3.75) * d - 6) * d + 3 : 0;
            };
        }

        private int reach() {
            return this == BICUBIC ? 2 : 1;
        }
    }

    public UpSamplingND {
        size = List.copyOf(size);
        if (size.isEmpty() || size.size() > 3 || size.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("UpSampling by " + size + ": a factor of 1 or more for each of 1 to 3 spatial axes.");
        }
    }

    static UpSamplingND of(int axes, long... size) {
        return new UpSamplingND(Padding.each(axes, size), Interpolation.NEAREST);
    }

    public UpSamplingND withInterpolation(Interpolation interpolation) {
        return new UpSamplingND(size, interpolation);
    }

    public UpSamplingND withInterpolation(String interpolation) {
        return withInterpolation(Interpolation.of(interpolation));
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, size.size());
        if (interpolation == Interpolation.NEAREST) {
            return repeat(x);
        }
        var y = x.cast(s.dtype());
        for (int axis = 1; axis <= size.size(); axis++) {
            long factor = size.get(axis - 1);
            if (factor > 1) {
                y = Lines.weigh(y, axis, weights(y.shape().dim(axis), factor, s.dtype()));
            }
        }
        return y;
    }

    /// Each axis gets one behind it, along which all is repeated.
    private Tensor repeat(Tensor x) {
        var apart = new ArrayList<Long>();
        var wide = new ArrayList<Long>();
        var joined = new ArrayList<Long>();
        for (int axis = 0; axis < x.rank(); axis++) {
            long n = x.shape().dim(axis);
            boolean grows = axis > 0 && axis <= size.size();
            long factor = grows ? size.get(axis - 1) : 1;
            apart.add(n);
            wide.add(n);
            if (grows) {
                apart.add(1L);
                wide.add(factor);
            }
            joined.add(n * factor);
        }
        return x.reshape(new Shape(apart)).expandTo(new Shape(wide)).reshape(new Shape(joined));
    }

    /// How much each of `n` elements counts in each of `n · factor`; those beyond the ends are the last ones.
    private Buffer weights(long n, long factor, DType dtype) {
        var weights = Buffer.allocate(Type.of(dtype, n * factor, n));
        for (long i = 0; i < n * factor; i++) {
            double place = (i + 0.5) / factor - 0.5;
            long middle = Math.round(place);
            for (long from = middle - interpolation.reach(); from <= middle + interpolation.reach(); from++) {
                long at = i * n + Math.clamp(from, 0, n - 1);
                weights.set(at, weights.at(at) + interpolation.weight(place - from));
            }
        }
        return weights;
    }

    @Override
    public String kind() {
        return "up_sampling" + size.size() + "d";
    }

    @Override
    public String toString() {
        return "UpSampling" + size.size() + "D(" + Padding.text(size) + ", " + interpolation.name().toLowerCase(Locale.ROOT) + ")";
    }
}
