package dev.caviar.nn.layer;

/// Separable convolutions over sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = SeparableConv1D.of(16, 3, "relu").withPadding("same");       // [32, 100, 8] -> [32, 100, 16]
/// ```
public final class SeparableConv1D {
    private SeparableConv1D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static SeparableConvND of(int filters, long... kernel) {
        return SeparableConvND.of(1, filters, kernel);
    }

    public static SeparableConvND of(int filters, long kernel, String activation) {
        return of(filters, kernel).withActivation(Activation.of(activation));
    }
}
