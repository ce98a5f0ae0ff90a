package dev.caviar.engine.kernel;

import org.jspecify.annotations.Nullable;

/// Convolutions made by whoever can compile them, where those beat the library's: found as a service, like [FunctionLoops].
///
/// ```java
/// static final class None implements ConvolutionLoops {
///     @Override
///     public Routine prepare(ConvSpec spec) {
///         return null;
///     }
/// }
/// ```
public interface ConvolutionLoops {
    /// A routine for this convolution of F32, or null where the library should run it. The choice follows from the spec alone.
    @Nullable Routine prepare(ConvSpec spec);
}
