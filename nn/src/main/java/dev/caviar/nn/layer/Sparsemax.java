package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import java.util.stream.IntStream;

/// Makes numbers along an axis into shares of 1 of which most are exactly 0: the nearest point on the simplex (Martins & Astudillo 2016).
///
/// Each share is max(x − τ, 0), with τ such that they sum to 1. Time and memory grow with the square of the axis's length.
///
/// ```java
/// var layer = Sparsemax.of();       // 1, 0.5, −1 -> 0.75, 0.25, 0; Activation.SPARSEMAX is the same
/// ```
public record Sparsemax(int axis) implements UnaryLayer {
    /// Along the last axis.
    public static Sparsemax of() {
        return of(-1);
    }

    public static Sparsemax of(int axis) {
        return new Sparsemax(axis);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return on(x.cast(s.dtype()), axis);
    }

    static Tensor on(Tensor x, int axis) {
        int last = x.rank() - 1;
        int along = Units.axis(x, axis);
        if (along != last) {
            var order = IntStream.rangeClosed(0, last).map(i -> i == along ? last : i == last ? along : i).toArray();
            return on(x.transpose(order), -1).transpose(order);
        }
        var z = x.sub(x.max(new int[] {last}).expandDims(last).stopGradient());
        var in = support(z.stopGradient());
        var zero = Tensor.scalar(0, z.dtype());
        var many = in.cast(z.dtype()).sum(last);
        var threshold = in.where(z, zero).sum(last).sub(1).div(many).expandDims(last);
        return in.where(z.sub(threshold), zero);
    }

    /// Which elements stay above 0: those from the largest on, as long as `1 + k·x` of the k-th is more than the sum of the first k.
    private static Tensor support(Tensor z) {
        int last = z.rank() - 1;
        long n = z.shape().dim(last);
        var place = Tensor.range(n, DType.I64);
        var upTo = place.expandDims(1).le(place.expandDims(0)).cast(z.dtype());
        var falling = z.sort().reverse(last);
        var sums = falling.matmul(upTo);
        var above = falling.mul(place.add(1).cast(z.dtype())).add(1).gt(sums);
        // The least of those that do, by which the others are told.
        var least = above.where(falling, Tensor.scalar(Double.POSITIVE_INFINITY, z.dtype())).min(new int[] {last}).expandDims(last);
        return z.ge(least);
    }

    @Override
    public String toString() {
        return "Sparsemax(" + axis + ")";
    }
}
