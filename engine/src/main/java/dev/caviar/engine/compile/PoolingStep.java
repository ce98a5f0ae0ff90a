package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A pooling or its gradient, cut over the examples into one part for each thread.
final class PoolingStep implements Step {
    /// Below this many elements the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 50_000;

    private final Unit.Pooling unit;
    private final List<Slot> operands;
    private final Shares shares;

    PoolingStep(Unit.Pooling unit, Values values, Provider provider, int threads) {
        this.unit = unit;
        operands = new ArrayList<>(unit.node.in().stream().map(values::slot).toList());
        operands.addAll(values.slots(unit.node));
        var spec = unit.spec;
        shares = new Shares(spec.y().dim(0), spec.x().size() < WORTH_SPLITTING ? 1 : threads, operands.size(),
                n -> provider.pooling().prepare(spec.withExamples(n)));
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        for (int i = 0; i < operands.size(); i++) {
            var whole = memory.apply(operands.get(i));
            long bytes = whole.type().bytes() / Math.max(1, unit.spec.y().dim(0));
            for (int share = 0; share < shares.count(); share++) {
                shares.bind(share, i, whole.memory().asSlice(shares.from(share) * bytes));
            }
        }
    }

    @Override
    public void run(Team team) {
        shares.run(team);
    }

    @Override
    public String what() {
        return unit.what() + " " + unit.spec.x() + " " + unit.spec.size();
    }

    @Override
    public String how() {
        return shares.how();
    }

    @Override
    public Slot shown() {
        return operands.getLast();
    }
}
