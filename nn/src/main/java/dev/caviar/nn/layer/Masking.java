package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;

/// Leaves out the steps of which all features are `value`, such as those that fill short sequences up: recurrent layers behind keep their
/// states over them. Shapes stay, `[examples, steps, …]`; the features of these steps become 0.
///
/// ```java
/// var reader = Sequential.of(Masking.of(-1), LSTM.of(16), Dense.of(1));
/// ```
public record Masking(double value) implements UnaryLayer {
    /// Steps of zeros.
    public static Masking of() {
        return new Masking(0);
    }

    public static Masking of(double value) {
        return new Masking(value);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() < 3) {
            throw new ShapeException("the input is " + x.shape() + ", but it takes [examples, steps, features].\nMaybe reshape it to "
                    + "[examples, steps, 1].");
        }
        var real = x.cast(s.dtype());
        var counts = real.ne(Tensor.scalar(value, real.dtype())).cast(DType.I32).max(new int[] {-1}).gt(0);
        for (int axis = x.rank() - 2; axis > 1; axis--) {
            counts = counts.cast(DType.I32).max(new int[] {-1}).gt(0);
        }
        s.pass(counts);
        var wide = counts;
        while (wide.rank() < x.rank()) {
            wide = wide.expandDims(-1);
        }
        return wide.where(real, Tensor.scalar(0, real.dtype()));
    }

    @Override
    public String toString() {
        return "Masking(" + value + ")";
    }
}
