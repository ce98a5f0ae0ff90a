package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A convolution or a gradient of one, cut over the examples into one part for each thread. Gradients of weights and biases
/// are sums over examples: each part has its own, and they are added in the order of the parts.
final class ConvolutionStep implements Step {
    /// Below this many multiplications the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 200_000;

    private final Unit.Convolution unit;
    private final Provider provider;
    private final Shares shares;
    /// For each part but the first, the sums of its own.
    private final List<List<Buffer>> partial = new ArrayList<>();
    private final List<Buffer> sums = new ArrayList<>();

    ConvolutionStep(Unit.Convolution unit, Provider provider, int threads) {
        this.unit = unit;
        this.provider = provider;
        var spec = unit.spec;
        shares = new Shares(spec.y().dim(0), spec.products() < WORTH_SPLITTING ? 1 : threads, unit.operands().size(),
                n -> provider.convolution().prepare(spec.withExamples(n)));
        for (int i = 1; i < shares.count() && summed(); i++) {
            partial.add(outputs().stream().map(shape -> Buffer.allocate(new Type(spec.dtype(), shape))).toList());
        }
    }

    private boolean summed() {
        return unit.spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT;
    }

    private List<Shape> outputs() {
        var shapes = unit.spec.operands();
        return shapes.subList(2, shapes.size());
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        var slots = unit.operands();
        var shapes = unit.spec.operands();
        sums.clear();
        for (int i = 0; i < slots.size(); i++) {
            var whole = memory.apply(slots.get(i)).as(new Type(unit.spec.dtype(), shapes.get(i)));
            long bytes = unit.spec.perExample(i) ? whole.type().bytes() / Math.max(1, shapes.get(i).dim(0)) : 0;
            boolean sum = summed() && i >= 2;
            if (sum) {
                sums.add(whole);
            }
            for (int share = 0; share < shares.count(); share++) {
                shares.bind(share, i, sum && share > 0 ? partial.get(share - 1).get(i - 2).memory()
                        : whole.memory().asSlice(shares.from(share) * bytes));
            }
        }
    }

    @Override
    public void run(Team team) {
        shares.run(team);
        for (int part = 0; part < partial.size(); part++) {
            for (int i = 0; i < sums.size(); i++) {
                var sum = sums.get(i);
                provider.loops().binary(BinaryFn.ADD, sum.type().dtype(), sum.memory(), 0, 1, partial.get(part).get(i).memory(), 0, 1,
                        sum.memory(), 0, sum.size());
            }
        }
    }

    @Override
    public String what() {
        var spec = unit.spec;
        return unit.what() + " " + spec.x() + " " + spec.w();
    }

    @Override
    public String how() {
        return shares.how();
    }

    @Override
    public Slot shown() {
        return unit.out;
    }
}
