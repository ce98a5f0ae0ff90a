package dev.caviar.nn.layer;

/// The mean of each window of images.
///
/// ```java
/// var layer = AveragePooling2D.of(2);       // [64, 26, 26, 32] -> [64, 13, 13, 32]
/// ```
public final class AveragePooling2D {
    private AveragePooling2D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.AVERAGE, 2, size);
    }
}
