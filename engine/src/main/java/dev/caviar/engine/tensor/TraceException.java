package dev.caviar.engine.tensor;

/// A traced tensor was used where only values are, or outside the trace that made it.
public final class TraceException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public TraceException(String message) {
        super(message);
    }
}
