package dev.caviar.nn.layer;

/// Zeros around volumes `[examples, depth, rows, columns, channels]`.
///
/// ```java
/// var layer = ZeroPadding3D.of(1);       // [4, 6, 6, 6, 8] -> [4, 8, 8, 8, 8]
/// ```
public final class ZeroPadding3D {
    private ZeroPadding3D() {}

    /// As many before as after: one number for all axes, or one for each.
    public static ZeroPaddingND of(long... each) {
        return ZeroPaddingND.of(3, each);
    }
}
