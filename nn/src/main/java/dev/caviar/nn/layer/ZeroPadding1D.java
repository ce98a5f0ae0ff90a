package dev.caviar.nn.layer;

/// Zeros around sequences `[examples, steps, channels]`.
///
/// ```java
/// var layer = ZeroPadding1D.of(1);       // [32, 98, 8] -> [32, 100, 8]
/// ```
public final class ZeroPadding1D {
    private ZeroPadding1D() {}

    /// As many before as after: one number for all axes, or one for each.
    public static ZeroPaddingND of(long... each) {
        return ZeroPaddingND.of(1, each);
    }
}
