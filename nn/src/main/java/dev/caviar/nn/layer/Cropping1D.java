package dev.caviar.nn.layer;

/// Cuts off the borders of sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = Cropping1D.of(1);       // [32, 100, 8] -> [32, 98, 8]
/// ```
public final class Cropping1D {
    private Cropping1D() {}

    /// As much before as after: one number for all axes, or one for each.
    public static CroppingND of(long... each) {
        return CroppingND.of(1, each);
    }
}
