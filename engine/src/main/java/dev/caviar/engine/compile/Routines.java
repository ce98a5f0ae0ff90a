package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Rnn;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// The calls for which there is a routine that beats the ops of their bodies. All other calls are written out.
final class Routines {
    private Routines() {}

    /// Whether a call stays whole until it becomes a step.
    static boolean keeps(Call call, List<Type> in, Options options) {
        return switch (call.body()) {
            case Rnn rnn -> floats(rnn, in, options);
            // Gradients of what was recorded come up in second derivatives only.
            case Rnn.Gradient gradient -> gradient.simple() && floats(gradient.of(), in, options);
            default -> false;
        };
    }

    /// F32 throughout, but for the mask.
    private static boolean floats(Rnn rnn, List<Type> in, Options options) {
        int mask = rnn.masked() ? 4 + rnn.cell().states() : -1;
        return options.provider().loops() != Loops.plain() && IntStream.range(0, in.size())
                .allMatch(i -> in.get(i).shape().size() > 0 && (i == mask || in.get(i).dtype() == DType.F32));
    }

    /// The step of a call that was kept.
    static Step step(Unit.Single unit, Values values, Set<Slot> needed, Options options) {
        return switch (((Call) unit.node.op()).body()) {
            case Rnn rnn -> new RnnStep(rnn, unit, values, options);
            case Rnn.Gradient gradient -> new RnnBackStep(gradient, unit, values, needed, options);
            default -> throw new IllegalStateException("There is no routine for " + unit.what() + ".");
        };
    }
}
