package dev.caviar.nn.layer;

/// Convolutions of each channel of images `[examples, rows, columns, channels]` by itself.
///
/// ```java
/// var layer = DepthwiseConv2D.of(3).withPadding(Padding.SAME);       // [32, 28, 28, 8] -> [32, 28, 28, 8]
/// ```
public final class DepthwiseConv2D {
    private DepthwiseConv2D() {}

    /// A kernel of one size for all axes, or of one for each.
    public static DepthwiseConvND of(long... kernel) {
        return DepthwiseConvND.of(2, kernel);
    }
}
