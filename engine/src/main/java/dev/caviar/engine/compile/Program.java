package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.memory.Buffer;
import java.util.List;

/// A graph made ready to run on one thread at a time, again and again, on memory that was planned beforehand.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).mul(2)), Type.of(DType.F32, 3));
/// try (var program = Compiler.compile(g, Options.of())) {
///     var y = Buffer.allocate(Type.of(DType.F32, 3));
///     program.run(List.of(Tensor.of(1f, 2f, 3f).array().buffer()), List.of(y));     // 2, 4, 6
/// }
/// ```
public interface Program extends AutoCloseable {
    /// Reads the inputs' buffers and fills the outputs'. A donated input's buffer may be the very buffer of the output
    /// that it is donated to. Throws [IllegalArgumentException] where a buffer is not of the graph's type, [IllegalStateException]
    /// where its arena was closed, and [MemoryException] where the system has no memory for the plan.
    void run(List<Buffer> in, List<Buffer> out);

    /// What was compiled.
    Graph graph();

    /// The steps, and where everything lies.
    Plan plan();

    /// Times every step of every run from now on, until the profile is closed.
    Profile profile();

    @Override
    void close();
}
