package dev.caviar.nn.layer;

/// Cuts off the borders of images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = Cropping2D.of(1);       // [32, 30, 30, 8] -> [32, 28, 28, 8]
/// ```
public final class Cropping2D {
    private Cropping2D() {}

    /// As much before as after: one number for all axes, or one for each.
    public static CroppingND of(long... each) {
        return CroppingND.of(2, each);
    }
}
