package dev.caviar.engine.compile;

import dev.caviar.engine.compile.RnnGates.Loop;
import dev.caviar.engine.compile.RnnShare.Piece;
import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Strided;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Rnn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A recurrent network backward: the recurrent kernel is transposed once; then, from the last step to the first, the slopes of the gates'
/// sums and their product with it, in which each thread has its own examples; then for all steps at once the products that give the
/// kernels' gradients, in which each thread has its own columns, and that of x.
final class RnnBackStep implements Step {
    private final Rnn.Gradient body;
    private final Unit.Single unit;
    private final RnnShare share;
    private final List<Slot> in;
    private final List<Slot> out;
    private final boolean[] needed;
    private final MemorySegment turned;
    /// The slopes of all steps.
    private final MemorySegment dz;
    private final MemorySegment dh;
    private final MemorySegment dc;
    private final MemorySegment zeros;
    /// With a factor, all h as products saw them.
    private final @Nullable MemorySegment seen;
    private final List<Piece> kernelPieces;
    private final Piece recurrentPiece;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer turn = p -> parts.get(p).turn();
    private final IntConsumer steps = p -> parts.get(p).steps();
    private final IntConsumer products = p -> parts.get(p).products();
    private final Loop adding;

    private MemorySegment h0 = MemorySegment.NULL;
    private MemorySegment u = MemorySegment.NULL;
    private MemorySegment db = MemorySegment.NULL;
    /// Whether the first state is more than zeros.
    private boolean begins;

    RnnBackStep(Rnn.Gradient body, Unit.Single unit, Values values, Set<Slot> read, Options options) {
        this.body = body;
        this.unit = unit;
        in = unit.node.in().stream().map(values::slot).toList();
        out = values.slots(unit.node);
        needed = new boolean[out.size()];
        for (int i = 0; i < needed.length; i++) {
            needed[i] = read.contains(out.get(i));
        }
        share = RnnShare.of(body.of(), in, options.threads());
        long states = share.n() * share.units();
        turned = RnnShare.scratch(share.gates() * share.units());
        dz = RnnShare.scratch(share.steps() * share.n() * share.slopes());
        dh = RnnShare.scratch(states);
        dc = RnnShare.scratch(states);
        zeros = RnnShare.scratch(states);
        seen = body.of().dropped() ? RnnShare.scratch(share.steps() * states) : null;
        adding = new Loop(RnnGates.sum(), share.units());
        kernelPieces = share.inputs();
        recurrentPiece = share.recurrent();
        for (int p = 0; p < share.parts(); p++) {
            parts.add(new Part(p, options.provider()));
        }
    }

    /// A block of columns of a kernel's gradient: a product over the steps from `begin` on of what a kernel read and the slopes.
    private final class Block {
        private final Gemm.Call call;
        private final long slope;
        private final long column;
        private MemorySegment left = MemorySegment.NULL;
        private MemorySegment right = MemorySegment.NULL;
        private MemorySegment made = MemorySegment.NULL;

        /// Rows of `width` numbers, `rows` of which are read, of `steps` steps.
        Block(Piece piece, long from, long columns, long rows, long width, long steps, boolean accumulate, Provider provider) {
            slope = piece.from() * share.units() + from;
            column = piece.to() * share.units() + from;
            call = provider.gemm().prepare(RnnShare.product(rows, columns, steps * share.n(), RnnShare.columns(width),
                    RnnShare.rows(share.slopes()), share.gates(), false, accumulate));
        }

        void bind(MemorySegment left, MemorySegment gradient, long begin) {
            this.left = left;
            right = RnnShare.from(dz, begin * share.n() * share.slopes() + slope);
            made = RnnShare.from(gradient, column);
        }

        void run() {
            call.run(left, right, null, made);
        }
    }

    private final class Part {
        private final long units = share.units();
        private final long width = share.records();
        private final long slopes = share.slopes();
        private final int index;
        private final long from;
        private final long rows;
        private final boolean alone;
        private final Gemm.Call back;
        /// Where the reset gate of a GRU acts before the product: what leads back to it.
        private final Gemm.@Nullable Call reset;
        private final List<Gemm.Call> inputs;
        private final Strided transposed;
        private final List<Block> kernel = new ArrayList<>();
        private final List<Block> later = new ArrayList<>();
        private final List<Block> first = new ArrayList<>();
        private final List<Block> resets = new ArrayList<>();
        private final List<Loop> gates;
        private final Loop adding = new Loop(RnnGates.sum(), share.units());
        private final Loop summing = new Loop(RnnGates.columnSums(), share.slopes());
        private final Loop multiplying = new Loop(RnnGates.product(), share.units());
        private final Loop joining = new Loop(RnnGates.addProduct(), share.units());
        private final MemorySegment sums = RnnShare.scratch(share.slopes());
        /// The slope of what products see, where that is not h.
        private final MemorySegment ds;
        private final MemorySegment dk;
        private final MemorySegment[] z = new MemorySegment[(int) share.steps()];
        private final MemorySegment[] c = new MemorySegment[z.length + 1];
        private final MemorySegment[] h = new MemorySegment[z.length];
        private final MemorySegment[] mine = new MemorySegment[z.length];
        private final MemorySegment[] given = new MemorySegment[z.length];
        private final MemorySegment[] counts = new MemorySegment[z.length];
        private final MemorySegment[] dzs = new MemorySegment[z.length];
        private final MemorySegment[] recurrentSlopes = new MemorySegment[z.length];
        private final MemorySegment[] candidateSlopes = new MemorySegment[z.length];
        private final MemorySegment myH;
        private final MemorySegment myC;
        private final List<MemorySegment> mySlopes;
        private final List<MemorySegment> columns = new ArrayList<>();
        private final MemorySegment turnedLater;
        private MemorySegment dx = MemorySegment.NULL;
        private MemorySegment dh0 = MemorySegment.NULL;
        private MemorySegment dc0 = MemorySegment.NULL;
        private MemorySegment factor = MemorySegment.NULL;
        private MemorySegment dfactor = MemorySegment.NULL;
        private @Nullable MemorySegment lastH;
        private @Nullable MemorySegment lastC;

        Part(int index, Provider provider) {
            this.index = index;
            from = share.example(index);
            rows = share.examples(index);
            var piece = recurrentPiece;
            // Where the product is all that h hands on, it takes the place of dh.
            boolean hands = share.cell() == Rnn.Cell.GRU || share.cell() == Rnn.Cell.GRU_RESET_BEFORE;
            alone = !hands && !share.rnn().masked() && !share.rnn().dropped();
            back = provider.gemm().prepare(RnnShare.product(rows, units, piece.width() * units, RnnShare.rows(slopes), RnnShare.rows(units),
                    units, false, !alone));
            reset = share.cell() != Rnn.Cell.GRU_RESET_BEFORE ? null : provider.gemm().prepare(RnnShare.product(rows, units, units,
                    RnnShare.rows(slopes), RnnShare.rows(units), units, false, false));
            inputs = kernelPieces.stream().map(p -> provider.gemm().prepare(RnnShare.product(share.rows(index), share.features(),
                    p.width() * units, RnnShare.rows(slopes), RnnShare.columns(share.gates()), share.features(), false,
                    !p.equals(kernelPieces.getFirst())))).toList();
            transposed = Strided.of(DType.F32, new long[] {1, share.gates()}, new long[] {units, 1},
                    new long[] {column(index + 1) - column(index), units});
            gates = RnnGates.backward(share.cell()).stream().map(nest -> new Loop(nest, units)).toList();
            myH = RnnShare.slice(dh, from * units, rows * units);
            myC = RnnShare.slice(dc, from * units, rows * units);
            ds = share.rnn().dropped() ? RnnShare.scratch(rows * units) : myH;
            dk = reset == null ? MemorySegment.NULL : RnnShare.scratch(rows * units);
            turnedLater = reset == null ? MemorySegment.NULL : RnnShare.from(turned, 2 * units * units);
            mySlopes = kernelPieces.stream().map(p -> RnnShare.slice(dz, share.row(index) * slopes + p.from() * units,
                    share.rows(index) * slopes - p.from() * units)).toList();
            blocks(provider);
        }

        private void blocks(Provider provider) {
            for (var piece : kernelPieces) {
                cut(kernel, piece, share.features(), share.features(), share.steps(), false, provider);
            }
            var piece = recurrentPiece;
            long steps = seen == null ? share.steps() - 1 : share.steps();
            if (steps > 0) {
                cut(later, piece, units, units, steps, false, provider);
            }
            if (seen == null) {
                cut(first, piece, units, units, 1, steps > 0, provider);
            }
            if (reset != null) {
                cut(resets, new Piece(2, 2, 1), units, width, share.steps(), false, provider);
            }
        }

        /// This part's columns of a piece, in blocks: wider ones push each other out of the cache.
        private void cut(List<Block> blocks, Piece piece, long read, long width, long steps, boolean accumulate, Provider provider) {
            long end = share.from(index + 1, piece.width() * units, 16);
            for (long at = share.from(index, piece.width() * units, 16); at < end; at += 256) {
                blocks.add(new Block(piece, at, Math.min(256, end - at), read, width, steps, accumulate, provider));
            }
        }

        private long column(int part) {
            return share.from(part, share.gates(), 16);
        }

        void bind(Function<Slot, Buffer> memory) {
            int k = share.kernel();
            int made = body.inputs();
            for (int t = 0; t < z.length; t++) {
                z[t] = mine(memory, in.get(made + body.given().size() - 1), t, width);
                h[t] = t == 0 ? mine(memory, in.get(1), 0, units) : mine(memory, in.get(made), t - 1, units);
                dzs[t] = RnnShare.slice(dz, (t * share.n() + from) * slopes, rows * slopes);
                recurrentSlopes[t] = RnnShare.from(dzs[t], recurrentPiece.from() * units);
                candidateSlopes[t] = reset == null ? MemorySegment.NULL : RnnShare.from(dzs[t], 2 * units);
                if (share.cell() == Rnn.Cell.LSTM) {
                    c[t + 1] = mine(memory, in.get(made + 3), t, units);
                }
                if (body.given().getFirst()) {
                    given[t] = mine(memory, in.get(body.position(0)), t, units);
                }
                if (share.rnn().masked()) {
                    counts[t] = memory.apply(in.get(share.mask())).memory().asSlice(t * share.n() + from, rows);
                }
                mine[t] = seen == null ? h[t] : RnnShare.slice(seen, (t * share.n() + from) * units, rows * units);
            }
            lastH = body.given().get(1) ? mine(memory, in.get(body.position(1)), 0, units) : null;
            dh0 = mine(memory, out.get(1), 0, units);
            if (share.cell() == Rnn.Cell.LSTM) {
                c[0] = mine(memory, in.get(2), 0, units);
                lastC = body.given().get(2) ? mine(memory, in.get(body.position(2)), 0, units) : null;
                dc0 = mine(memory, out.get(2), 0, units);
            }
            if (seen != null) {
                factor = mine(memory, in.get(share.factor()), 0, units);
                dfactor = mine(memory, out.get(share.factor()), 0, units);
            }
            dx = RnnShare.slice(memory.apply(out.get(0)).memory(), share.row(index) * share.features(), share.rows(index) * share.features());
            columns.clear();
            kernelPieces.forEach(p -> columns.add(RnnShare.from(memory.apply(in.get(k)).memory(), p.to() * units)));
            var dw = memory.apply(out.get(k)).memory();
            var du = memory.apply(out.get(k + 1)).memory();
            kernel.forEach(block -> block.bind(memory.apply(in.get(0)).memory(), dw, 0));
            later.forEach(block -> block.bind(seen == null ? memory.apply(in.get(made)).memory() : seen, du, seen == null ? 1 : 0));
            first.forEach(block -> block.bind(memory.apply(in.get(1)).memory(), du, 0));
            resets.forEach(block -> block.bind(RnnShare.from(memory.apply(in.get(made + body.given().size() - 1)).memory(), 3 * units), du, 0));
        }

        /// This part's examples of step `t`.
        private MemorySegment mine(Function<Slot, Buffer> memory, Slot slot, long t, long width) {
            return RnnShare.slice(memory.apply(slot).memory(), (t * share.n() + from) * width, rows * width);
        }

        void turn() {
            transposed.run(u, column(index), turned, column(index) * units);
        }

        void steps() {
            sums.fill((byte) 0);
            begin(lastH, myH);
            begin(lastC, myC);
            if (seen != null) {
                dfactor.fill((byte) 0);
            }
            for (int t = z.length - 1; t >= 0; t--) {
                if (given[t] != null) {
                    adding.with(myH).with(given[t]).with(myH).run(rows);
                }
                if (seen != null) {
                    multiplying.with(h[t]).with(factor).with(mine[t]).run(rows);
                    ds.fill((byte) 0);
                }
                gates(t);
                if (reset != null) {
                    reset.run(candidateSlopes[t], turnedLater, null, dk);
                    gates.getLast().with(z[t], 1, width).with(mine[t]).with(dk).with(ds).with(dzs[t], 1, slopes).with(ds).run(rows);
                }
                summing.with(dzs[t]).with(sums).with(sums).together(rows);
                if (t > 0 || needed[1] || seen != null) {
                    back.run(recurrentSlopes[t], turned, null, ds);
                }
                if (seen != null) {
                    joining.with(myH).with(ds).with(factor).with(myH).run(rows);
                    joining.with(dfactor).with(ds).with(h[t]).with(dfactor).run(rows);
                }
            }
            dh0.copyFrom(myH);
            if (share.cell() == Rnn.Cell.LSTM) {
                dc0.copyFrom(myC);
            }
        }

        /// The slopes of step `t`, and what dh hands on by itself, over it. A step that does not count has none, and hands on all.
        private void gates(int t) {
            var first = gates.getFirst();
            switch (share.cell()) {
                case SIMPLE -> first.with(z[t]).with(myH).with(dzs[t]);
                case LSTM -> first.with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width).with(z[t], 3, width).with(c[t + 1]).with(c[t])
                        .with(myH).with(myC).with(dzs[t], 0, slopes).with(dzs[t], 1, slopes).with(dzs[t], 2, slopes).with(dzs[t], 3, slopes)
                        .with(myC);
                case GRU -> first.with(z[t], 0, width).with(z[t], 1, width).with(z[t], 2, width).with(z[t], 3, width).with(h[t]).with(myH)
                        .with(dzs[t], 0, slopes).with(dzs[t], 1, slopes).with(dzs[t], 2, slopes).with(dzs[t], 3, slopes).with(myH);
                case GRU_RESET_BEFORE -> first.with(z[t], 0, width).with(z[t], 2, width).with(h[t]).with(myH)
                        .with(dzs[t], 0, slopes).with(dzs[t], 2, slopes).with(myH);
            }
            boolean handsOn = share.cell() == Rnn.Cell.GRU || share.cell() == Rnn.Cell.GRU_RESET_BEFORE;
            if (!share.rnn().masked()) {
                first.run(rows);
                if (!handsOn && !(alone && (t > 0 || needed[1]))) {
                    myH.fill((byte) 0);
                }
                return;
            }
            for (long r = 0; r < rows; r++) {
                if (counts[t].get(ValueLayout.JAVA_BYTE, r) == 0) {
                    clear(dzs[t], r, slopes);
                } else {
                    first.row(r);
                    if (!handsOn) {
                        clear(myH, r, units);
                    }
                }
            }
        }

        private static void clear(MemorySegment x, long row, long width) {
            for (long i = row * width; i < (row + 1) * width; i++) {
                x.setAtIndex(ValueLayout.JAVA_FLOAT, i, 0);
            }
        }

        private static void begin(@Nullable MemorySegment from, MemorySegment to) {
            if (from == null) {
                to.fill((byte) 0);
            } else {
                to.copyFrom(from);
            }
        }

        void products() {
            int k = share.kernel();
            if (needed[k]) {
                run(kernel);
            }
            if (needed[k + 1]) {
                run(later);
                if (later.isEmpty() || begins) {
                    run(first);
                }
                run(resets);
            }
            for (int i = 0; i < inputs.size() && needed[0]; i++) {
                inputs.get(i).run(mySlopes.get(i), columns.get(i), null, dx);
            }
        }

        private static void run(List<Block> blocks) {
            for (int i = 0; i < blocks.size(); i++) {
                blocks.get(i).run();
            }
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        h0 = memory.apply(in.get(1)).memory();
        u = memory.apply(in.get(share.kernel() + 1)).memory();
        db = memory.apply(out.get(share.kernel() + 2)).memory();
        for (var part : parts) {
            part.bind(memory);
        }
    }

    @Override
    public void run(Team team) {
        long bytes = share.n() * share.units() * 4;
        begins = MemorySegment.mismatch(h0, 0, bytes, zeros, 0, bytes) >= 0;
        team.run(parts.size(), turn);
        team.run(parts.size(), steps);
        team.run(parts.size(), products);
        for (int i = 0; i < kernelPieces.size(); i++) {
            sum(kernelPieces.get(i), 0);
        }
        if (share.cell().twoBiases()) {
            sum(recurrentPiece, share.gates());
        }
    }

    /// A piece of the bias's gradient, part by part, so that the sum is always the same.
    private void sum(Piece piece, long row) {
        long units = share.units();
        long bytes = piece.width() * units * 4;
        long at = (row + piece.to() * units) * 4;
        MemorySegment.copy(parts.getFirst().sums, piece.from() * units * 4, db, at, bytes);
        for (int p = 1; p < parts.size(); p++) {
            for (int i = 0; i < piece.width(); i++) {
                long to = row / units + piece.to() + i;
                adding.with(db, to, 0).with(parts.get(p).sums, piece.from() + i, 0).with(db, to, 0).run(1);
            }
        }
    }

    @Override
    public String what() {
        return unit.what() + share.sizes();
    }

    @Override
    public String how() {
        return parts.getFirst().back.implementation() + " and gates" + (parts.size() == 1 ? "" : " ×" + parts.size());
    }

    @Override
    public Slot shown() {
        return out.getFirst();
    }
}
