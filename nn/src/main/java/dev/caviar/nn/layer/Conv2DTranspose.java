package dev.caviar.nn.layer;

/// Transposed convolutions over images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = Conv2DTranspose.of(4, 3).withStrides(2).withPadding("same");       // [32, 7, 7, 8] -> [32, 14, 14, 4]
/// ```
public final class Conv2DTranspose {
    private Conv2DTranspose() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvTransposeND of(int filters, long... kernel) {
        return ConvTransposeND.of(2, filters, kernel);
    }

    public static ConvTransposeND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
