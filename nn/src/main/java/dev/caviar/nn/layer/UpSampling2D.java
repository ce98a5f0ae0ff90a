package dev.caviar.nn.layer;

/// Makes images `[examples, rows, columns, channels]` larger by whole factors.
///
/// ```java
/// var layer = UpSampling2D.of(2);       // [32, 14, 14, 8] -> [32, 28, 28, 8]
/// ```
public final class UpSampling2D {
    private UpSampling2D() {}

    /// Each element repeated; one factor for all axes, or one for each.
    public static UpSamplingND of(long... size) {
        return UpSamplingND.of(2, size);
    }
}
