package dev.caviar.nn.layer;

/// Makes volumes `[examples, depth, rows, columns, channels]` larger by whole factors.
///
/// ```java
/// var layer = UpSampling3D.of(2);       // [4, 8, 8, 8, 8] -> [4, 16, 16, 16, 8]
/// ```
public final class UpSampling3D {
    private UpSampling3D() {}

    /// Each element repeated; one factor for all axes, or one for each.
    public static UpSamplingND of(long... size) {
        return UpSamplingND.of(3, size);
    }
}
