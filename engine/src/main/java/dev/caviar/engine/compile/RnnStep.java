package dev.caviar.engine.compile;

import dev.caviar.engine.compile.RnnGates.Loop;
import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Rnn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A recurrent network forward: for each step a product of x and the kernel, written where the gates will be, a product of h and the
/// recurrent kernel, and the gates in place, all while they are in the cache. Each thread has its own examples, so that none waits for another
/// between steps.
final class RnnStep implements Step {
    private final Unit.Single unit;
    private final RnnShare share;
    private final List<Slot> in;
    private final List<Slot> out;
    private final boolean recorded;
    private final MemorySegment zeros;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer steps = p -> parts.get(p).steps();

    RnnStep(Rnn rnn, Unit.Single unit, Values values, Options options) {
        this.unit = unit;
        this.recorded = rnn.recorded();
        in = unit.node.in().stream().map(values::slot).toList();
        out = values.slots(unit.node);
        share = RnnShare.of(rnn, in, options.threads());
        zeros = RnnShare.scratch(share.n() * share.units());
        for (int p = 0; p < share.parts(); p++) {
            parts.add(new Part(p, options.provider()));
        }
    }

    private final class Part {
        private final long units = share.units();
        private final long width = share.records();
        private final long from;
        private final long rows;
        private final Gemm.Call kernel;
        private final Gemm.Call recurrent;
        /// What follows the reset gate of a GRU that acts before the product.
        private final Gemm.@Nullable Call reset;
        private final List<Loop> gates;
        private final Loop seeing = new Loop(RnnGates.product(), share.units());
        private final @Nullable MemorySegment seen;
        private final MemorySegment sums;
        private final MemorySegment[] x = new MemorySegment[(int) share.steps()];
        private final MemorySegment[] z = new MemorySegment[x.length];
        private final MemorySegment[] resets = new MemorySegment[x.length];
        private final MemorySegment[] kept = new MemorySegment[x.length];
        private final MemorySegment[] counts = new MemorySegment[x.length];
        private final MemorySegment[] c = new MemorySegment[x.length + 1];
        private final MemorySegment[] h = new MemorySegment[x.length + 1];
        private MemorySegment w = MemorySegment.NULL;
        private MemorySegment u = MemorySegment.NULL;
        private MemorySegment later = MemorySegment.NULL;
        private MemorySegment bias = MemorySegment.NULL;
        private MemorySegment factor = MemorySegment.NULL;
        private @Nullable MemorySegment second;
        private MemorySegment lastH = MemorySegment.NULL;
        private MemorySegment lastC = MemorySegment.NULL;
        private MemorySegment none = MemorySegment.NULL;

        Part(int index, Provider provider) {
            from = share.example(index);
            rows = share.examples(index);
            boolean apart = share.cell().twoBiases();
            long all = share.gates();
            var columns = RnnShare.rows(all);
            kernel = provider.gemm().prepare(RnnShare.product(rows, all, share.features(), RnnShare.rows(share.features()), columns, width,
                    true, false));
            recurrent = provider.gemm().prepare(RnnShare.product(rows, share.recurrent().width() * units, units, RnnShare.rows(units),
                    columns, apart ? all : width, apart, !apart));
            reset = share.cell() == Rnn.Cell.GRU_RESET_BEFORE ? provider.gemm().prepare(RnnShare.product(rows, units, units,
                    RnnShare.rows(width), columns, width, false, true)) : null;
            sums = RnnShare.scratch(apart ? rows * all : 0);
            seen = share.rnn().dropped() ? RnnShare.scratch(rows * units) : null;
            gates = RnnGates.forward(share.cell()).stream().map(nest -> new Loop(nest, units)).toList();
        }

        void bind(Function<Slot, Buffer> memory) {
            int k = share.kernel();
            // What is not recorded is needed for one step only.
            var one = recorded ? MemorySegment.NULL : RnnShare.scratch(rows * width);
            var other = recorded ? MemorySegment.NULL : RnnShare.scratch(rows * units);
            w = memory.apply(in.get(k)).memory();
            u = memory.apply(in.get(k + 1)).memory();
            bias = memory.apply(in.get(k + 2)).memory();
            second = share.cell().twoBiases() ? RnnShare.slice(bias, share.gates(), share.gates()) : null;
            later = reset == null ? MemorySegment.NULL : RnnShare.from(u, 2 * units);
            none = RnnShare.slice(zeros, 0, rows * units);
            boolean lstm = share.cell() == Rnn.Cell.LSTM;
            lastH = mine(memory, out.get(1), 0, units);
            h[0] = mine(memory, in.get(1), 0, units);
            if (lstm) {
                lastC = mine(memory, out.get(2), 0, units);
                c[0] = mine(memory, in.get(2), 0, units);
            }
            for (int t = 0; t < z.length; t++) {
                x[t] = mine(memory, in.get(0), t, share.features());
                z[t] = recorded ? mine(memory, out.getLast(), t, width) : one;
                h[t + 1] = mine(memory, out.get(0), t, units);
                c[t + 1] = !lstm ? MemorySegment.NULL : recorded ? mine(memory, out.get(3), t, units)
                        : (z.length - t) % 2 == 1 ? lastC : other;
                if (reset != null) {
                    resets[t] = RnnShare.from(z[t], 2 * units);
                    kept[t] = RnnShare.from(z[t], 3 * units);
                }
                if (share.rnn().masked()) {
                    counts[t] = memory.apply(in.get(share.mask())).memory().asSlice(t * share.n() + from, rows);
                }
            }
            if (share.rnn().dropped()) {
                factor = mine(memory, in.get(share.factor()), 0, units);
            }
        }

        /// This part's examples of step `t`.
        private MemorySegment mine(Function<Slot, Buffer> memory, Slot slot, long t, long width) {
            return RnnShare.slice(memory.apply(slot).memory(), (t * share.n() + from) * width, rows * width);
        }

        void steps() {
            for (int t = 0; t < z.length; t++) {
                kernel.run(x[t], w, bias, z[t]);
                var before = h[t];
                if (seen != null) {
                    seeing.with(before).with(factor).with(seen).run(rows);
                    before = seen;
                }
                // A layer's first state is nothing, and so is its product.
                if (second != null) {
                    recurrent.run(before, u, second, sums);
                } else if (t > 0 || before.mismatch(none) >= 0) {
                    recurrent.run(before, u, null, z[t]);
                }
                gates(t, before);
                if (share.rnn().masked()) {
                    hold(t);
                }
            }
            lastH.copyFrom(h[z.length]);
            if (recorded && share.cell() == Rnn.Cell.LSTM) {
                lastC.copyFrom(c[z.length]);
            }
        }

        private void gates(int t, MemorySegment before) {
            var first = gates.getFirst();
            switch (share.cell()) {
                case SIMPLE -> first.with(z[t]).with(z[t]).with(h[t + 1]).run(rows);
                case LSTM -> first.with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width).with(z[t], 3, width).with(c[t])
                        .with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width).with(z[t], 3, width)
                        .with(c[t + 1]).with(h[t + 1]).run(rows);
                case GRU -> {
                    long all = share.gates();
                    first.with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width)
                            .with(sums, 0, all).with(sums, 1, all).with(sums, 2, all).with(h[t])
                            .with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width).with(z[t], 3, width).with(h[t + 1]).run(rows);
                }
                case GRU_RESET_BEFORE -> {
                    first.with(z[t], 0, width).with(z[t], 1, width).with(before)
                            .with(z[t], 0, width).with(z[t], 1, width).with(z[t], 3, width).run(rows);
                    Objects.requireNonNull(reset).run(kept[t], later, null, resets[t]);
                    gates.getLast().with(z[t], 0, width).with(z[t], 2, width).with(h[t])
                            .with(z[t], 2, width).with(h[t + 1]).run(rows);
                }
            }
        }

        /// Examples whose step does not count keep their states.
        private void hold(int t) {
            for (long r = 0; r < rows; r++) {
                if (counts[t].get(ValueLayout.JAVA_BYTE, r) == 0) {
                    MemorySegment.copy(h[t], 4 * r * units, h[t + 1], 4 * r * units, 4 * units);
                    if (share.cell() == Rnn.Cell.LSTM) {
                        MemorySegment.copy(c[t], 4 * r * units, c[t + 1], 4 * r * units, 4 * units);
                    }
                }
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
        return unit.what() + share.sizes();
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
