package dev.caviar.nn.layer;

/// Convolutions over images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = Conv2D.of(32, 3, "relu");       // [64, 28, 28, 1] -> [64, 26, 26, 32]
/// ```
public final class Conv2D {
    private Conv2D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static ConvND of(int filters, long... kernel) {
        return ConvND.of(2, filters, kernel);
    }

    public static ConvND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
