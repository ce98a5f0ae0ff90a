package dev.caviar.engine.compile;

import java.util.List;

/// What a program does, step by step, and the memory that it holds beside its inputs and outputs.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).exp().sum()), Type.of(DType.F32, 1000));
/// try (var program = Compiler.compile(g, Options.of())) {
///     System.out.println(program.plan().print());
/// }
/// ```
public record Plan(List<Step> steps, long peakBytes, long unplannedBytes) {
    /// One step: what it computes, how, and where its result lies.
    public record Step(String what, String how, long offset, long bytes) {}

    /// The steps as a table.
    public String print() {
        var out = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            out.append(String.format("%4d  %-60s %-24s %s%n", i, step.what, step.how,
                    step.offset < 0 ? "given" : "@" + step.offset + " (" + step.bytes + " bytes)"));
        }
        return out.append(String.format("arena %d bytes; without reuse it would be %d%n", peakBytes, unplannedBytes)).toString();
    }
}
