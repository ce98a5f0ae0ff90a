package dev.caviar.engine.compile;

/// There is no memory for what a program holds between its steps. The message names the plan's peak and what is largest in it.
///
/// ```java
/// var edge = Type.of(DType.F32, 1L << 21);
/// Graph g = Trace.of(in -> List.of(in.get(0).expandDims(1).matmul(in.get(1).expandDims(0)).sum()), edge, edge);
/// var x = Buffer.allocate(edge);
/// try (var program = Compiler.compile(g, Options.of())) {
///     program.run(List.of(x, x), List.of(Buffer.allocate(Type.of(DType.F32))));     // 16 TiB
/// } catch (MemoryException e) {
///     System.err.println(e.getMessage());
/// }
/// ```
public final class MemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int LARGEST = 5;

    MemoryException(String message, Throwable cause) {
        super(message, cause);
    }

    static MemoryException of(String name, Plan plan, OutOfMemoryError cause) {
        var text = new StringBuilder(name + ": there is no memory for its " + Plan.bytes(plan.peakBytes()) + " between the steps ("
                + cause.getMessage() + ").\n");
        var peak = plan.steps().get(plan.peakStep());
        text.append("Most is held while step ").append(plan.peakStep()).append(" runs (").append(peak.name()).append("):");
        for (var held : plan.largest(LARGEST)) {
            text.append(String.format("%n  %10s  %s of step %d, %s, until step %d", Plan.bytes(held.bytes()), held.type(), held.step(),
                    plan.steps().get(held.step()).name(), held.until()));
        }
        return new MemoryException(text.append("\nMaybe use a smaller batch, or recompute activations (recompute) instead of keeping them.")
                .toString(), cause);
    }
}
