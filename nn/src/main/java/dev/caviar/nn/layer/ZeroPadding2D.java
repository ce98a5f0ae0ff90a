package dev.caviar.nn.layer;

/// Zeros around images `[examples, rows, columns, channels]`.
///
/// ```java
/// var layer = ZeroPadding2D.of(1);       // [32, 28, 28, 8] -> [32, 30, 30, 8]
/// ```
public final class ZeroPadding2D {
    private ZeroPadding2D() {}

    /// As many before as after: one number for all axes, or one for each.
    public static ZeroPaddingND of(long... each) {
        return ZeroPaddingND.of(2, each);
    }
}
