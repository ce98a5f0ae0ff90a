package dev.caviar.engine.tensor;

/// A traced tensor was used where only values are, or outside the trace that made it.
///
/// ```java
/// try {
///     Trace.of(in -> List.of(Tensor.scalar(in.get(0).item())), Type.of(DType.F32));
/// } catch (TraceException e) {
///     System.err.println(e.getMessage());  // an input of a trace has no value yet
/// }
/// ```
public final class TraceException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public TraceException(String message) {
        super(message);
    }
}
