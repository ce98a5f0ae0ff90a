package dev.caviar.nn.layer;

/// The largest of each window of volumes.
///
/// ```java
/// var layer = MaxPooling3D.of(2);       // [2, 16, 16, 16, 4] -> [2, 8, 8, 8, 4]
/// ```
public final class MaxPooling3D {
    private MaxPooling3D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.MAX, 3, size);
    }
}
