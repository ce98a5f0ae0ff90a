package dev.caviar.nn.layer;

/// The mean of each window of volumes.
///
/// ```java
/// var layer = AveragePooling3D.of(2);       // [2, 16, 16, 16, 4] -> [2, 8, 8, 8, 4]
/// ```
public final class AveragePooling3D {
    private AveragePooling3D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.AVERAGE, 3, size);
    }
}
