package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

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
        var y = interpolation == Interpolation.NEAREST ? x : x.cast(s.dtype());
        for (int axis = 1; axis <= size.size(); axis++) {
            long factor = size.get(axis - 1);
            if (factor > 1) {
                y = interpolation == Interpolation.NEAREST ? repeat(y, axis, factor) : interpolate(y, axis, factor);
            }
        }
        return y;
    }

    private static Tensor repeat(Tensor x, int axis, long factor) {
        var wide = x.expandDims(axis + 1);
        return join(wide.expandTo(wide.shape().with(axis + 1, factor)), axis);
    }

    /// The outputs of one phase all lie alike between their neighbours: a weighted sum of shifted inputs.
    private Tensor interpolate(Tensor x, int axis, long factor) {
        var phases = new ArrayList<Tensor>();
        for (long phase = 0; phase < factor; phase++) {
            double place = (phase + 0.5) / factor - 0.5;
            Tensor sum = null;
            for (int shift = -interpolation.reach(); shift <= interpolation.reach(); shift++) {
                double weight = interpolation.weight(place - shift);
                if (weight != 0) {
                    var term = shifted(x, axis, shift).mul(weight);
                    sum = sum == null ? term : sum.add(term);
                }
            }
            phases.add(Objects.requireNonNull(sum));
        }
        return join(Tensor.stack(axis + 1, phases.toArray(Tensor[]::new)), axis);
    }

    /// `x[i + by]`, beyond the ends the last ones.
    private static Tensor shifted(Tensor x, int axis, int by) {
        long n = x.shape().dim(axis);
        long far = Math.min(Math.abs(by), n - 1);
        if (far == 0) {
            return x;
        }
        var edge = x.slice(axis, by > 0 ? n - 1 : 0, by > 0 ? n : 1);
        edge = edge.expandTo(edge.shape().with(axis, far));
        return by > 0 ? Tensor.concat(axis, x.slice(axis, far, n), edge) : Tensor.concat(axis, edge, x.slice(axis, 0, n - far));
    }

    /// An axis and the one behind it as one.
    private static Tensor join(Tensor x, int axis) {
        var dims = new ArrayList<>(x.shape().dims());
        dims.set(axis, dims.get(axis) * dims.remove(axis + 1));
        return x.reshape(new Shape(dims));
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
