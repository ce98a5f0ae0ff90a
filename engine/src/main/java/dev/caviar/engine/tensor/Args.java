package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import java.util.List;

/// What an op's kernel gets: the routines to use, the inputs' buffers, and the outputs' to fill.
public record Args(Provider provider, List<Buffer> in, List<Buffer> out) {
    public Buffer in(int i) {
        return in.get(i);
    }

    public Buffer out(int i) {
        return out.get(i);
    }

    public Loops loops() {
        return provider.loops();
    }
}
