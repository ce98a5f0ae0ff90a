package dev.caviar.nn.layer;

/// Convolutions of each channel of sequences `[examples, steps, channels]` by itself.
///
/// ```java
/// var layer = DepthwiseConv1D.of(3).withPadding(Padding.SAME);       // [32, 100, 8] -> [32, 100, 8]
/// ```
public final class DepthwiseConv1D {
    private DepthwiseConv1D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static DepthwiseConvND of(long... kernel) {
        return DepthwiseConvND.of(1, kernel);
    }
}
