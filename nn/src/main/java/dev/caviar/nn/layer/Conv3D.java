package dev.caviar.nn.layer;

/// Convolutions over volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = Conv3D.of(8, 3);        // [2, 16, 16, 16, 1] -> [2, 14, 14, 14, 8]
/// ```
public final class Conv3D {
    private Conv3D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvND of(int filters, long... kernel) {
        return ConvND.of(3, filters, kernel);
    }

    public static ConvND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
