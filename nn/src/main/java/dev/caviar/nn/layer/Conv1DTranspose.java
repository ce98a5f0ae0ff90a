package dev.caviar.nn.layer;

/// Transposed convolutions over sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = Conv1DTranspose.of(4, 3).withStrides(2).withPadding("same");       // [32, 100, 8] -> [32, 200, 4]
/// ```
public final class Conv1DTranspose {
    private Conv1DTranspose() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvTransposeND of(int filters, long... kernel) {
        return ConvTransposeND.of(1, filters, kernel);
    }

    public static ConvTransposeND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
