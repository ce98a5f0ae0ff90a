package dev.caviar.nn.layer;

/// Convolutions over one spatial axis, such as time: `[examples, steps, channels]`.
///
/// ```java
/// var layer = Conv1D.of(16, 5).withPadding(Padding.CAUSAL);       // [32, 100, 8] -> [32, 100, 16]
/// ```
public final class Conv1D {
    private Conv1D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvND of(int filters, long... kernel) {
        return ConvND.of(1, filters, kernel);
    }

    public static ConvND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
