package dev.caviar.nn.layer;

/// The largest of each window of images.
///
/// ```java
/// var layer = MaxPooling2D.of(2);       // [64, 26, 26, 32] -> [64, 13, 13, 32]
/// ```
public final class MaxPooling2D {
    private MaxPooling2D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.MAX, 2, size);
    }
}
