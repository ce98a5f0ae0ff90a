package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Cost;
import java.util.function.Function;

/// One unit, made ready to run. Bound once to the memory of its slots, and again where a caller brings other buffers.
interface Step {
    void bind(Function<Slot, Buffer> memory);

    void run(Team team);

    /// Where a part's contiguous piece of a length begins, on a multiple of `grain`; it ends where the next part's begins.
    static long cut(long length, int part, int parts, long grain) {
        return part == parts ? length : length * part / parts / grain * grain;
    }

    String what();

    /// How it is computed: the routine's name.
    String how();

    /// The slot that the plan shows it with.
    Slot shown();

    /// What it asks of the machine to do the work of its unit.
    default Cost cost(Unit unit) {
        return unit.cost();
    }
}
