package dev.caviar.nn.layer;

/// Makes sequences `[examples, steps, channels]` larger by whole factors.
///
/// ```java
/// var layer = UpSampling1D.of(2);       // [32, 50, 8] -> [32, 100, 8]
/// ```
public final class UpSampling1D {
    private UpSampling1D() {}

    /// Each element repeated; one factor for all axes, or one for each.
    public static UpSamplingND of(long... size) {
        return UpSamplingND.of(1, size);
    }
}
