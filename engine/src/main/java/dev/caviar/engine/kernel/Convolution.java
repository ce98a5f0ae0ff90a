package dev.caviar.engine.kernel;

/// Makes convolutions and their gradients ready to run.
///
/// ```java
/// var spec = new ConvSpec(ConvSpec.Pass.FORWARD, DType.F32, Shape.of(1, 4, 1), Shape.of(2, 1, 1), Shape.of(1, 3, 1), Slide.of(1),
///         1, false, GemmSpec.Activation.NONE);
/// var x = Tensor.of(1f, 2f, 3f, 4f).array().buffer();
/// var w = Tensor.of(1f, 10f).array().buffer();
/// var y = Buffer.allocate(Type.of(DType.F32, 1, 3, 1));
/// Provider.best().convolution().prepare(spec).run(x.memory(), w.memory(), y.memory());     // 21, 32, 43
/// ```
@FunctionalInterface
public interface Convolution {
    /// A convolution that is ready to run on the calling thread. What is costly is shared and cached by spec; the routine
    /// itself belongs to one thread at a time.
    Routine prepare(ConvSpec spec);
}
