package dev.caviar.nn.layer;

/// The mean of each channel of volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = GlobalAveragePooling3D.of();       // [4, 8, 8, 8, 8] -> [4, 8]
/// ```
public final class GlobalAveragePooling3D {
    private GlobalAveragePooling3D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.AVERAGE, 3, false);
    }
}
