package dev.caviar.nn.layer;

/// Drops whole channels over volumes while training.
///
/// ```java
/// var layer = SpatialDropout3D.of(0.2);       // [32, 9, 9, 9, 8]: a fifth of the 8 channels of each example
/// ```
public final class SpatialDropout3D {
    private SpatialDropout3D() {}

    /// Channels dropped with this probability, in [0, 1).
    public static SpatialDropoutND of(double rate) {
        return new SpatialDropoutND(3, rate);
    }
}
