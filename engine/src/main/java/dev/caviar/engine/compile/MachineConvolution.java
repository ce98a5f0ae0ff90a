package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.ConvolutionLoops;
import dev.caviar.engine.kernel.Routine;
import org.jspecify.annotations.Nullable;

/// The convolutions that we run by machine code of our own: those in groups, and gradients of kernels.
///
/// ```java
/// ConvolutionLoops loops = new MachineConvolution();
/// ```
public final class MachineConvolution implements ConvolutionLoops {
    /// For the service loader.
    public MachineConvolution() {}

    @Override
    public @Nullable Routine prepare(ConvSpec spec) {
        return spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT ? WeightGradient.of(spec) : GroupedConvolution.of(spec);
    }
}
