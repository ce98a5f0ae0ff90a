package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/// The largest or the mean of windows over 1 to 3 spatial axes, whose sizes are chosen so that as many places come out as wanted, whatever
/// comes in.
///
/// `[examples, spatial…, channels]` to `[examples, size…, channels]`. Along an axis of length `n`, window `i` of `size` goes from ⌊i·n/size⌋ to
/// ⌈(i+1)·n/size⌉, without its end: windows differ in length by one at most, and may share an element.
///
/// ```java
/// var layer = AdaptivePooling.average(7, 7);       // [32, 30, 45, 8] -> [32, 7, 7, 8]
/// ```
public record AdaptivePooling(PoolND.Kind of, List<Long> size) implements UnaryLayer {
    public AdaptivePooling {
        size = List.copyOf(size);
        if (size.isEmpty() || size.size() > 3 || size.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("Adaptive pooling to " + size + ": a number of 1 or more for each of 1 to 3 spatial axes.");
        }
    }

    /// The mean of each window; one number of places for each spatial axis.
    public static AdaptivePooling average(long... size) {
        return new AdaptivePooling(PoolND.Kind.AVERAGE, Arrays.stream(size).boxed().toList());
    }

    /// The largest of each window.
    public static AdaptivePooling max(long... size) {
        return new AdaptivePooling(PoolND.Kind.MAX, Arrays.stream(size).boxed().toList());
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, size.size());
        var y = x.cast(s.dtype());
        for (int axis = 1; axis <= size.size(); axis++) {
            long n = y.shape().dim(axis);
            if (n < 1) {
                throw new ShapeException("spatial axis " + (axis - 1) + " is empty.\nMaybe a layer before it leaves nothing.");
            }
            y = of == PoolND.Kind.MAX ? largest(y, axis, n) : Lines.weigh(y, axis, shares(n, size.get(axis - 1), s.dtype()));
        }
        return y;
    }

    private static long from(long place, long n, long places) {
        return place * n / places;
    }

    private static long to(long place, long n, long places) {
        return Math.ceilDiv((place + 1) * n, places);
    }

    /// How much each of `n` elements counts in each of `places`.
    private static Buffer shares(long n, long places, DType dtype) {
        var shares = Buffer.allocate(Type.of(dtype, places, n));
        for (long i = 0; i < places; i++) {
            long from = from(i, n, places);
            long to = to(i, n, places);
            for (long at = from; at < to; at++) {
                shares.set(i * n + at, 1.0 / (to - from));
            }
        }
        return shares;
    }

    private Tensor largest(Tensor x, int axis, long n) {
        long places = size.get(axis - 1);
        return Tensor.concat(axis, LongStream.range(0, places)
                .mapToObj(i -> x.slice(axis, from(i, n, places), to(i, n, places)).max(new int[] {axis}).expandDims(axis)).toArray(Tensor[]::new));
    }

    @Override
    public String toString() {
        return (of == PoolND.Kind.MAX ? "AdaptiveMaxPooling" : "AdaptiveAveragePooling") + size.size() + "D(" + Padding.text(size) + ")";
    }
}
