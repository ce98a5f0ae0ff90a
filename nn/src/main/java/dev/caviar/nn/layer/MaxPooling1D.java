package dev.caviar.nn.layer;

/// The largest of each window along one axis.
///
/// ```java
/// var layer = MaxPooling1D.of(2);       // [32, 100, 8] -> [32, 50, 8]
/// ```
public final class MaxPooling1D {
    private MaxPooling1D() {}

    /// Windows side by side; one size for all axes, or one for each.
    public static PoolND of(long... size) {
        return PoolND.of(PoolND.Kind.MAX, 1, size);
    }
}
