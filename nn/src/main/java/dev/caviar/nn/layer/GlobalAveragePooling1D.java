package dev.caviar.nn.layer;

/// The mean of each channel of sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = GlobalAveragePooling1D.of();       // [32, 100, 8] -> [32, 8]
/// ```
public final class GlobalAveragePooling1D {
    private GlobalAveragePooling1D() {}

    public static GlobalPoolND of() {
        return new GlobalPoolND(PoolND.Kind.AVERAGE, 1, false);
    }
}
