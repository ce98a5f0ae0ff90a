package dev.caviar.nn.layer;

/// Drops whole channels over one axis, such as time while training.
///
/// ```java
/// var layer = SpatialDropout1D.of(0.2);       // [32, 100, 8]: a fifth of the 8 channels of each example
/// ```
public final class SpatialDropout1D {
    private SpatialDropout1D() {}

    /// Channels dropped with this probability, in [0, 1).
    public static SpatialDropoutND of(double rate) {
        return new SpatialDropoutND(1, rate);
    }
}
