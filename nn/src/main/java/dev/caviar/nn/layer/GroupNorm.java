package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Normalises each example over groups of neighbouring channels and all places, then scales by γ and shifts by β per channel (Wu & He 2018).
///
/// As many groups as channels is instance norm ([#instance]), one group is a layer norm over the whole example. `axis` is the channels'.
/// Shapes stay as they are. A number of channels that the groups do not divide is a [ShapeException].
///
/// ```java
/// var layer = GroupNorm.of(8);             // [32, 14, 14, 64]: groups of 8 channels
/// var style = GroupNorm.instance();        // each channel of each image by itself
/// ```
public record GroupNorm(int groups, int axis, double epsilon, boolean center, boolean scale) implements UnaryLayer {
    private static final int EACH = -1;

    public GroupNorm {
        if (groups < 1 && groups != EACH || !(epsilon >= 0)) {
            throw new IllegalArgumentException("GroupNorm of " + groups + " groups with epsilon " + epsilon
                    + ": there must be 1 or more groups (-1 for one per channel), and epsilon be 0 or more.");
        }
    }

    /// Groups of channels along the last axis, ε 1e-3.
    public static GroupNorm of(int groups) {
        return new GroupNorm(groups, -1, 1e-3, true, true);
    }

    /// One group for each channel (Ulyanov, Vedaldi & Lempitsky 2016).
    public static GroupNorm instance() {
        return of(EACH);
    }

    public GroupNorm withAxis(int axis) {
        return new GroupNorm(groups, axis, epsilon, center, scale);
    }

    public GroupNorm withEpsilon(double epsilon) {
        return new GroupNorm(groups, axis, epsilon, center, scale);
    }

    /// Whether β is there.
    public GroupNorm withCenter(boolean center) {
        return new GroupNorm(groups, axis, epsilon, center, scale);
    }

    /// Whether γ is there.
    public GroupNorm withScale(boolean scale) {
        return new GroupNorm(groups, axis, epsilon, center, scale);
    }

    /// `[n, …, channels, …]` becomes `[n, …, groups, channels / groups, …]`, and all axes but examples and groups are averaged over.
    @Override
    public Tensor apply(Scope s, Tensor x) {
        var units = Units.of(x, List.of((long) axis));
        int at = units.along().getFirst();
        long channels = x.shape().dim(at);
        long count = groups == EACH ? channels : groups;
        if (channels % count != 0) {
            throw new ShapeException(channels + " channels cannot be cut into " + count + " equal groups.\nMaybe use a number of groups that "
                    + "divides the channels.");
        }
        var dims = new ArrayList<>(x.shape().dims());
        dims.set(at, count);
        dims.add(at + 1, channels / count);
        var grouped = x.cast(s.dtype()).reshape(new Shape(dims));
        var over = IntStream.range(1, grouped.rank()).filter(i -> i != at).boxed().toList();
        return units.affine(s, Units.standard(grouped, over, epsilon).getFirst().reshape(x.shape()), scale, center);
    }

    @Override
    public String toString() {
        return groups == EACH ? "InstanceNorm()" : "GroupNorm(" + groups + ")";
    }
}
