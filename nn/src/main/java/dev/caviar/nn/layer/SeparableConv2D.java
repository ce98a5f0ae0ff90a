package dev.caviar.nn.layer;

/// Separable convolutions over images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = SeparableConv2D.of(16, 3, "relu").withPadding("same");       // [32, 28, 28, 8] -> [32, 28, 28, 16]
/// ```
public final class SeparableConv2D {
    private SeparableConv2D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static SeparableConvND of(int filters, long... kernel) {
        return SeparableConvND.of(2, filters, kernel);
    }

    public static SeparableConvND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
