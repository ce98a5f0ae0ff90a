package dev.caviar.nn.layer;

/// The mean of each channel of images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = GlobalAveragePooling2D.of();       // [32, 7, 7, 8] -> [32, 8]
/// ```
public final class GlobalAveragePooling2D {
    private GlobalAveragePooling2D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.AVERAGE, 2, false);
    }
}
