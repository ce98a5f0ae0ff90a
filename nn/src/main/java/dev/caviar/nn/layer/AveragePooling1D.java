package dev.caviar.nn.layer;

/// The mean of each window along one axis.
///
/// ```java
/// var layer = AveragePooling1D.of(2);       // [32, 100, 8] -> [32, 50, 8]
/// ```
public final class AveragePooling1D {
    private AveragePooling1D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.AVERAGE, 1, size);
    }
}
