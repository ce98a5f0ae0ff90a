package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Lstm;
import java.util.List;
import java.util.Set;

/// The calls for which there is a routine that beats the ops of their bodies. All other calls are written out.
final class Routines {
    private Routines() {}

    /// Whether a call stays whole until it becomes a step.
    static boolean keeps(Call call, List<Type> in, Options options) {
        return switch (call.body()) {
            case Lstm _ -> floats(in, options);
            // Gradients of what was recorded come up in second derivatives only.
            case Lstm.Gradient gradient -> !gradient.given().get(3) && !gradient.given().get(4) && floats(in, options);
            default -> false;
        };
    }

    /// F32 throughout, and no narrow type that products could gain from.
    private static boolean floats(List<Type> in, Options options) {
        return options.provider().loops() != Loops.plain()
                && (options.low() == null || !options.provider().gemm().runs(options.low()))
                && in.stream().allMatch(type -> type.dtype() == DType.F32 && type.shape().size() > 0);
    }

    /// The step of a call that was kept.
    static Step step(Unit.Single unit, Values values, Set<Slot> needed, Options options) {
        return switch (((Call) unit.node.op()).body()) {
            case Lstm lstm -> new LstmStep(lstm, unit, values, options);
            case Lstm.Gradient gradient -> new LstmBackStep(gradient, unit, values, needed, options);
            default -> throw new IllegalStateException("There is no routine for " + unit.what() + ".");
        };
    }
}
