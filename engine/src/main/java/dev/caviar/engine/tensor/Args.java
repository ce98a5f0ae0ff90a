package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import java.util.List;

/// What an op's kernel gets: the routines to use, the inputs' buffers, and the outputs' to fill.
///
/// ```java
/// var x = Tensor.of(0f, 1f).array().buffer();
/// var y = Buffer.allocate(x.type());
/// Unary.EXP.run(new Args(Provider.plain(), List.of(x), List.of(y)));     // 1, 2.718
/// ```
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
