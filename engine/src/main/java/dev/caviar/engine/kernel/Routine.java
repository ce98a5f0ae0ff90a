package dev.caviar.engine.kernel;

import java.lang.foreign.MemorySegment;

/// A routine of the machine that is ready to run, again and again, on one thread at a time.
///
/// ```java
/// var shape = Shape.of(1, 4, 1);
/// var spec = new PoolSpec(PoolSpec.Kind.SUM, DType.F32, shape, Shape.of(1, 3, 1), List.of(2L), Slide.of(1));
/// var routine = Provider.best().pooling().prepare(spec);
/// var y = Buffer.allocate(Type.of(DType.F32, 1, 3, 1));
/// routine.run(Tensor.of(1f, 2f, 3f, 4f).array().buffer().memory(), y.memory());     // 3, 5, 7
/// ```
public interface Routine {
    /// Runs on native memory, each segment beginning at the operand's first element; what was prepared says which operands
    /// there are, inputs first. Throws [IllegalArgumentException] where one is missing or too small.
    void run(MemorySegment... operands);

    /// The name of the code that does it, such as `jit:avx2` or `plain`.
    String implementation();
}
