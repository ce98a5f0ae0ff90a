package dev.caviar.nn.layer;

/// Transposed convolutions over volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = Conv3DTranspose.of(4, 3).withStrides(2).withPadding("same");       // [4, 8, 8, 8, 8] -> [4, 16, 16, 16, 4]
/// ```
public final class Conv3DTranspose {
    private Conv3DTranspose() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvTransposeND of(int filters, long... kernel) {
        return ConvTransposeND.of(3, filters, kernel);
    }

    public static ConvTransposeND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
