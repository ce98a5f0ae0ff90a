package dev.caviar.engine.kernel;

/// A call into oneDNN that failed, with the library's own name for why.
///
/// ```java
/// try {
///     Provider.best().gemm().prepare(GemmSpec.of(DType.F32, 2, 3, 4));
/// } catch (DnnlException e) {
///     System.err.println(e.status());
/// }
/// ```
public final class DnnlException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Status status;

    /// The library's results, in the order of their numbers.
    public enum Status {
        SUCCESS, OUT_OF_MEMORY, INVALID_ARGUMENTS, UNIMPLEMENTED, LAST_IMPLEMENTATION_REACHED, RUNTIME_ERROR, NOT_REQUIRED,
        INVALID_GRAPH, INVALID_GRAPH_OP, INVALID_SHAPE, INVALID_DATA_TYPE,
        /// A number that this version does not know.
        UNKNOWN;

        static Status of(int number) {
            return number >= 0 && number < UNKNOWN.ordinal() ? values()[number] : UNKNOWN;
        }
    }

    DnnlException(String call, Status status) {
        super(call + " failed: " + status + ".");
        this.status = status;
    }

    /// Why it failed.
    public Status status() {
        return status;
    }
}
