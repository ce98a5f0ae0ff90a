package dev.caviar.nn.layer;

/// Cuts off the borders of volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = Cropping3D.of(1);       // [4, 8, 8, 8, 8] -> [4, 6, 6, 6, 8]
/// ```
public final class Cropping3D {
    private Cropping3D() {}

    /// As much before as after: one number for all axes, or one for each.
    public static CroppingND of(long... each) {
        return CroppingND.of(3, each);
    }
}
