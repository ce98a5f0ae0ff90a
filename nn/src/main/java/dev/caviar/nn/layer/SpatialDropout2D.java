package dev.caviar.nn.layer;

/// Drops whole channels over images while training.
///
/// ```java
/// var layer = SpatialDropout2D.of(0.2);       // [32, 28, 28, 8]: a fifth of the 8 channels of each example
/// ```
public final class SpatialDropout2D {
    private SpatialDropout2D() {}

    /// Channels dropped with this probability, in [0, 1).
    public static SpatialDropoutND of(double rate) {
        return new SpatialDropoutND(2, rate);
    }
}
