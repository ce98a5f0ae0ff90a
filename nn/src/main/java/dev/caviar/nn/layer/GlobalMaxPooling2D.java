package dev.caviar.nn.layer;

/// The largest of each channel of images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = GlobalMaxPooling2D.of();       // [32, 7, 7, 8] -> [32, 8]
/// ```
public final class GlobalMaxPooling2D {
    private GlobalMaxPooling2D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.MAX, 2, false);
    }
}
