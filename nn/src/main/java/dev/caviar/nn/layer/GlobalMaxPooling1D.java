package dev.caviar.nn.layer;

/// The largest of each channel of sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = GlobalMaxPooling1D.of();       // [32, 100, 8] -> [32, 8]
/// ```
public final class GlobalMaxPooling1D {
    private GlobalMaxPooling1D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.MAX, 1, false);
    }
}
