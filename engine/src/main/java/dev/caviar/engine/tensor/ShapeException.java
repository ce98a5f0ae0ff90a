package dev.caviar.engine.tensor;

/// Shapes, element types or axes that do not fit. The message names the op and the shapes, and ends in advice.
///
/// ```java
/// try {
///     Tensor.ones(2, 3).matmul(Tensor.ones(2, 3));
/// } catch (ShapeException e) {
///     System.err.println(e.getMessage());
/// }
/// ```
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public ShapeException(String message) {
        super(message);
    }
}
