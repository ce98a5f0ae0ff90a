package dev.caviar.tune.space;

/// A search space, or a part of it, that cannot be: an empty range, a log scale from zero, a condition that never holds.
///
/// ```java
/// try {
///     Real.log(0, 1);
/// } catch (SpaceException e) {
///     assert e.getMessage().contains("log scale");
/// }
/// ```
public final class SpaceException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /// With a message that names the part and its values.
    public SpaceException(String message) {
        super(message);
    }
}
