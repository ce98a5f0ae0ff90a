package dev.caviar.engine.kernel;

/// Makes poolings and their gradients ready to run.
///
/// ```java
/// var spec = new PoolSpec(PoolSpec.Kind.MEAN, DType.F32, Shape.of(1, 4, 1), Shape.of(1, 3, 1), List.of(2L), Slide.of(1));
/// var y = Buffer.allocate(Type.of(DType.F32, 1, 3, 1));
/// Provider.best().pooling().prepare(spec).run(Tensor.of(1f, 2f, 3f, 4f).array().buffer().memory(), y.memory());     // 1.5, 2.5, 3.5
/// ```
@FunctionalInterface
public interface Pooling {
    /// A pooling that is ready to run on the calling thread. What is costly is shared and cached by spec; the routine itself
    /// belongs to one thread at a time.
    Routine prepare(PoolSpec spec);
}
