package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Lstm;
import dev.caviar.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// An LSTM forward: for each step a product of x and the kernel, written where the gates will be, a product of h and the
/// recurrent kernel that is added to it, and the gates in place, all while they are in the cache. Each thread has its own
/// examples, so that none waits for another between steps.
final class LstmStep implements Step {
    private final Unit.Single unit;
    private final LstmShare share;
    private final List<Slot> in;
    private final List<Slot> out;
    private final boolean recorded;
    private final MemorySegment gates;
    private final MemorySegment zeros;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer steps = p -> parts.get(p).steps();

    LstmStep(Lstm lstm, Unit.Single unit, Values values, Options options) {
        this.unit = unit;
        this.recorded = lstm.recorded();
        in = unit.node.in().stream().map(values::slot).toList();
        out = values.slots(unit.node);
        share = LstmShare.of(unit.node.in().stream().map(Tensor::type).toList(), options.threads());
        // What is not recorded is still needed from step to step.
        gates = recorded ? MemorySegment.NULL : LstmShare.scratch(share.steps() * share.n() * 4 * share.units());
        zeros = LstmShare.scratch(share.n() * share.units());
        for (int p = 0; p < share.parts(); p++) {
            parts.add(new Part(p, options.provider()));
        }
    }

    private final class Part {
        private final long from;
        private final long rows;
        private final Gemm.Call kernel;
        private final Gemm.Call recurrent;
        private final LstmGates between = new LstmGates(share.units());
        private final MemorySegment[] x = new MemorySegment[(int) share.steps()];
        private final MemorySegment[] z = new MemorySegment[(int) share.steps()];
        private final MemorySegment[] c = new MemorySegment[z.length + 1];
        private final MemorySegment[] h = new MemorySegment[z.length + 1];
        private MemorySegment w = MemorySegment.NULL;
        private MemorySegment u = MemorySegment.NULL;
        private MemorySegment bias = MemorySegment.NULL;
        private MemorySegment lastH = MemorySegment.NULL;
        private MemorySegment lastC = MemorySegment.NULL;
        private MemorySegment none = MemorySegment.NULL;

        Part(int index, Provider provider) {
            long units = share.units();
            from = share.example(index);
            rows = share.examples(index);
            kernel = provider.gemm().prepare(LstmShare.product(rows, 4 * units, share.features(),
                    LstmShare.rows(share.features()), LstmShare.rows(4 * units), 4 * units, true, false));
            recurrent = provider.gemm().prepare(LstmShare.product(rows, 4 * units, units, LstmShare.rows(units),
                    LstmShare.rows(4 * units), 4 * units, false, true));
        }

        void bind(Function<Slot, Buffer> memory) {
            long units = share.units();
            var all = recorded ? memory.apply(out.get(4)).memory() : gates;
            w = memory.apply(in.get(3)).memory();
            u = memory.apply(in.get(4)).memory();
            bias = memory.apply(in.get(5)).memory();
            lastH = LstmShare.slice(memory.apply(out.get(1)).memory(), from * units, rows * units);
            lastC = LstmShare.slice(memory.apply(out.get(2)).memory(), from * units, rows * units);
            none = LstmShare.slice(zeros, 0, rows * units);
            h[0] = LstmShare.slice(memory.apply(in.get(1)).memory(), from * units, rows * units);
            c[0] = LstmShare.slice(memory.apply(in.get(2)).memory(), from * units, rows * units);
            for (int t = 0; t < z.length; t++) {
                long at = t * share.n() + from;
                x[t] = LstmShare.slice(memory.apply(in.get(0)).memory(), at * share.features(), rows * share.features());
                z[t] = LstmShare.slice(all, at * 4 * units, rows * 4 * units);
                h[t + 1] = LstmShare.slice(memory.apply(out.get(0)).memory(), at * units, rows * units);
                c[t + 1] = recorded ? LstmShare.slice(memory.apply(out.get(3)).memory(), at * units, rows * units) : lastC;
            }
        }

        void steps() {
            for (int t = 0; t < z.length; t++) {
                kernel.run(x[t], w, bias, z[t]);
                // A layer's first state is nothing, and so is its product.
                if (t > 0 || h[0].mismatch(none) >= 0) {
                    recurrent.run(h[t], u, null, z[t]);
                }
                between.forward(z[t], c[t], c[t + 1], h[t + 1], rows);
            }
            lastH.copyFrom(h[z.length]);
            if (recorded) {
                lastC.copyFrom(c[z.length]);
            }
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        for (var part : parts) {
            part.bind(memory);
        }
    }

    @Override
    public void run(Team team) {
        team.run(parts.size(), steps);
    }

    @Override
    public String what() {
        return unit.what() + " " + share.steps() + " steps, " + share.n() + "×" + share.features() + " to " + share.units();
    }

    @Override
    public String how() {
        return parts.getFirst().recurrent.implementation() + " and gates" + (parts.size() == 1 ? "" : " ×" + parts.size());
    }

    @Override
    public Slot shown() {
        return out.getFirst();
    }
}
