package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// One op by its own kernel.
final class SingleStep implements Step {
    private final Unit.Single unit;
    private final List<Slot> in;
    private final List<Slot> out;
    private final Provider provider;
    /// How elements move, worked out once; empty where the op is no such move.
    private final List<Move.Copy> copies;
    private final boolean clears;
    private Args args;

    SingleStep(Unit.Single unit, Values values, Provider provider) {
        this.unit = unit;
        this.in = unit.node.in().stream().map(values::slot).toList();
        this.out = values.slots(unit.node);
        this.provider = provider;
        this.copies = unit.node.op() instanceof Move move ? move.copies(unit.node.in().stream().map(Tensor::type).toList()) : List.of();
        this.clears = unit.node.op() instanceof Move move && move.clears();
        this.args = new Args(provider, List.of(), List.of());
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        // A slot may be read under another shape than it was made with.
        var ins = new ArrayList<Buffer>();
        for (int i = 0; i < in.size(); i++) {
            ins.add(memory.apply(in.get(i)).as(unit.node.in().get(i).type()));
        }
        args = new Args(provider, ins, out.stream().map(memory).toList());
    }

    @Override
    public void run(Team team) {
        try {
            if (copies.isEmpty()) {
                unit.node.op().run(args);
            } else {
                Move.run(copies, clears, args);
            }
        } catch (IndexOutOfBoundsException e) {
            var part = unit.node.origin().part();
            throw part.isEmpty() ? e : located(part, e);
        }
    }

    private static IndexOutOfBoundsException located(String part, IndexOutOfBoundsException cause) {
        var named = new IndexOutOfBoundsException("In \"" + part + "\": " + cause.getMessage());
        named.initCause(cause);
        return named;
    }

    @Override
    public String what() {
        return unit.what();
    }

    @Override
    public String how() {
        return provider.name();
    }

    @Override
    public Slot shown() {
        return out.getFirst();
    }
}
