package dev.caviar.nn.layer;

/// The largest of each channel of volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = GlobalMaxPooling3D.of();       // [4, 8, 8, 8, 8] -> [4, 8]
/// ```
public final class GlobalMaxPooling3D {
    private GlobalMaxPooling3D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.MAX, 3, false);
    }
}
