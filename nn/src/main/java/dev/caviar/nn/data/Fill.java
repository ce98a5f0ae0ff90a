package dev.caviar.nn.data;

/// What is seen outside an image that was moved or turned.
///
/// ```java
/// var augment = Augment.of().withShift(0.1, 0.1).withFill(Fill.NEAREST);
/// ```
public enum Fill {
    /// The image mirrored at its edges: `c b a | a b c | c b a`.
    REFLECT,
    /// Its outermost pixels: `a a a | a b c | c c c`.
    NEAREST,
    /// The image once more: `a b c | a b c | a b c`.
    WRAP,
    /// A number, 0 unless said: `0 0 0 | a b c | 0 0 0`.
    CONSTANT;

    /// The pixel that is seen at place `i` of a line of `n`; −1 where it is the constant.
    int place(int i, int n) {
        if (i >= 0 && i < n) {
            return i;
        }
        return switch (this) {
            case REFLECT -> {
                int turn = Math.floorMod(i, 2 * n);
                yield turn < n ? turn : 2 * n - 1 - turn;
            }
            case NEAREST -> i < 0 ? 0 : n - 1;
            case WRAP -> Math.floorMod(i, n);
            case CONSTANT -> -1;
        };
    }
}
