package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// Adds to each step what tells its position, since attention does not know the order of what it sees (Vaswani et al. 2017, 3.5).
///
/// The input and the output are `[examples, steps, features]`. Features 2i and 2i+1 of step t get the sine and the cosine of
/// `t / period^(2i / features)`.
///
/// ```java
/// var block = Sequential.of(Embedding.of(100, 32), PositionalEncoding.of(), MultiHeadAttention.of(4, 8).withCausal(true));
/// ```
public record PositionalEncoding(double period) implements UnaryLayer {
    public PositionalEncoding {
        if (!(period > 1)) {
            throw new IllegalArgumentException("PositionalEncoding(" + period + "): the longest period must be above 1.");
        }
    }

    /// With periods up to 10,000.
    public static PositionalEncoding of() {
        return new PositionalEncoding(10_000);
    }

    public PositionalEncoding withPeriod(double period) {
        return new PositionalEncoding(period);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() != 3) {
            throw new ShapeException("the input is " + x.shape() + ", but it takes [examples, steps, features]."
                    + "\nMaybe put an Embedding in front, which gives each step its features.");
        }
        return x.cast(s.dtype()).add(table((int) x.shape().dim(1), (int) x.shape().dim(2), s.dtype()));
    }

    private Tensor table(int steps, int features, DType dtype) {
        var angles = new double[steps * features];
        for (int t = 0; t < steps; t++) {
            for (int i = 0; i < features; i++) {
                double angle = t / Math.pow(period, (i - i % 2) / (double) features);
                angles[t * features + i] = i % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
            }
        }
        return Tensor.of(angles).reshape(steps, features).cast(dtype);
    }

    @Override
    public String toString() {
        return "PositionalEncoding()";
    }
}
