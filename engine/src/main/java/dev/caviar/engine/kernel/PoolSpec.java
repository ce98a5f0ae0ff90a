package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import java.util.List;

/// What a pooling is, all but its addresses: x `[n, spatial…, channels]` to y `[n, places…, channels]` by windows of `size` taps;
/// or one of the ops that its gradients need. Padding is never looked at. The routine's operands stand with each kind.
///
/// ```java
/// var spec = new PoolSpec(PoolSpec.Kind.MEAN, DType.F32, Shape.of(64, 26, 26, 32), Shape.of(64, 13, 13, 32), List.of(2L, 2L),
///         Slide.of(2).withStrides(List.of(2L, 2L)));
/// ```
public record PoolSpec(Kind kind, DType dtype, Shape x, Shape y, List<Long> size, Slide slide) {
    /// What is computed of each window, and from which operands.
    public enum Kind {
        /// x to y, the largest of each window, and its tap's number, row-major in the window; the first of equal ones.
        MAX,
        /// dy and the taps' numbers to dx: each number added where it came from.
        MAX_BACK,
        /// x and the taps' numbers to y: the element at that tap.
        MAX_AT,
        /// x to y.
        SUM,
        /// dy to dx.
        SUM_BACK,
        /// x to y; only taps inside the input count.
        MEAN,
        /// dy to dx.
        MEAN_BACK;

        /// Whether this goes from the output's shape to the input's.
        public boolean back() {
            return this == MAX_BACK || this == SUM_BACK || this == MEAN_BACK;
        }

        /// Whether taps' numbers are an operand.
        public boolean positions() {
            return this == MAX || this == MAX_BACK || this == MAX_AT;
        }
    }

    public PoolSpec {
        size = List.copyOf(size);
    }

    /// This pooling of `n` examples.
    public PoolSpec withExamples(long n) {
        return new PoolSpec(kind, dtype, x.with(0, n), y.with(0, n), size, slide);
    }

    /// The type of taps' numbers: U8 while they fit.
    public DType positionType() {
        return positionType(size);
    }

    /// The same for a window of this size.
    public static DType positionType(List<Long> size) {
        return size.stream().reduce(1L, Math::multiplyExact) <= 255 ? DType.U8 : DType.I32;
    }
}
