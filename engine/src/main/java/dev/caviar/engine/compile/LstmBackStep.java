package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Strided;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Lstm;
import dev.caviar.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// An LSTM backward: the recurrent kernel is transposed once; then, from the last step to the first, the gates' gradients and
/// their product with it, in which each thread has its own examples; then for all steps at once the products that give the
/// kernels' gradients, in which each thread has its own columns, and that of x.
final class LstmBackStep implements Step {
    /// Wider blocks of columns push each other out of the cache.
    private static final long COLUMNS = 256;

    private final Lstm.Gradient body;
    private final Unit.Single unit;
    private final LstmShare share;
    private final List<Slot> in;
    private final List<Slot> out;
    private final boolean[] needed = new boolean[6];
    private final MemorySegment turned;
    private final MemorySegment dz;
    private final MemorySegment dh;
    private final MemorySegment dc;
    private final MemorySegment zeros;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer turn = p -> parts.get(p).turn();
    private final IntConsumer steps = p -> parts.get(p).steps();
    private final IntConsumer products = p -> parts.get(p).products();

    private MemorySegment x = MemorySegment.NULL;
    private MemorySegment h = MemorySegment.NULL;
    private MemorySegment h0 = MemorySegment.NULL;
    private MemorySegment w = MemorySegment.NULL;
    private MemorySegment u = MemorySegment.NULL;
    /// Whether the first state is more than zeros.
    private boolean begins;

    LstmBackStep(Lstm.Gradient body, Unit.Single unit, Values values, Set<Slot> read, Options options) {
        this.body = body;
        this.unit = unit;
        in = unit.node.in().stream().map(values::slot).toList();
        out = values.slots(unit.node);
        for (int i = 0; i < needed.length; i++) {
            needed[i] = read.contains(out.get(i));
        }
        share = LstmShare.of(unit.node.in().stream().map(Tensor::type).toList(), options.threads());
        long states = share.n() * share.units();
        turned = LstmShare.scratch(4 * share.units() * share.units());
        dz = LstmShare.scratch(share.steps() * 4 * states);
        dh = LstmShare.scratch(states);
        dc = LstmShare.scratch(states);
        zeros = LstmShare.scratch(states);
        for (int p = 0; p < share.parts(); p++) {
            parts.add(new Part(p, options.provider()));
        }
    }

    /// A block of columns of the kernels' gradients: of W's from x, of U's from all h but the last, and from the first one.
    private final class Block {
        private final long from;
        private final long columns;
        private final Gemm.Call kernel;
        private final Gemm.@Nullable Call later;
        private final Gemm.Call first;
        private MemorySegment dw = MemorySegment.NULL;
        private MemorySegment du = MemorySegment.NULL;
        private MemorySegment columnsOf = MemorySegment.NULL;
        private MemorySegment laterColumns = MemorySegment.NULL;

        Block(long from, long columns, Provider provider) {
            this.from = from;
            this.columns = columns;
            long units = share.units();
            long features = share.features();
            var b = LstmShare.rows(4 * units);
            kernel = provider.gemm().prepare(LstmShare.product(features, columns, share.steps() * share.n(),
                    LstmShare.columns(features), b, 4 * units, false, false));
            later = share.steps() == 1 ? null : provider.gemm().prepare(LstmShare.product(units, columns,
                    (share.steps() - 1) * share.n(), LstmShare.columns(units), b, 4 * units, false, false));
            first = provider.gemm().prepare(LstmShare.product(units, columns, share.n(), LstmShare.columns(units), b, 4 * units, false,
                    later != null));
        }

        void bind(Function<Slot, Buffer> memory) {
            dw = memory.apply(out.get(3)).memory().asSlice(from * 4);
            du = memory.apply(out.get(4)).memory().asSlice(from * 4);
            columnsOf = dz.asSlice(from * 4);
            laterColumns = dz.asSlice(later == null ? from * 4 : (share.n() * 4 * share.units() + from) * 4);
        }

        void run() {
            if (needed[3]) {
                kernel.run(x, columnsOf, null, dw);
            }
            if (needed[4]) {
                if (later != null) {
                    later.run(h, laterColumns, null, du);
                }
                if (later == null || begins) {
                    first.run(h0, columnsOf, null, du);
                }
            }
        }
    }

    private final class Part {
        private final int index;
        private final long from;
        private final long rows;
        private final Gemm.Call back;
        private final Gemm.Call inputs;
        private final Strided transposed;
        private final List<Block> blocks = new ArrayList<>();
        private final LstmGates between = new LstmGates(share.units());
        private final MemorySegment sums = LstmShare.scratch(4 * share.units());
        private final MemorySegment[] gates = new MemorySegment[(int) share.steps()];
        private final MemorySegment[] cells = new MemorySegment[gates.length + 1];
        private final MemorySegment[] given = new MemorySegment[gates.length];
        private final MemorySegment[] dzs = new MemorySegment[gates.length];
        private MemorySegment myH = MemorySegment.NULL;
        private MemorySegment myC = MemorySegment.NULL;
        private MemorySegment myRows = MemorySegment.NULL;
        private MemorySegment dx = MemorySegment.NULL;
        private MemorySegment dh0 = MemorySegment.NULL;
        private MemorySegment dc0 = MemorySegment.NULL;
        private MemorySegment db = MemorySegment.NULL;
        private @Nullable MemorySegment lastH;
        private @Nullable MemorySegment lastC;

        Part(int index, Provider provider) {
            this.index = index;
            long units = share.units();
            from = share.example(index);
            rows = share.examples(index);
            back = provider.gemm().prepare(LstmShare.product(rows, units, 4 * units, LstmShare.rows(4 * units), LstmShare.rows(units),
                    units, false, false));
            inputs = provider.gemm().prepare(LstmShare.product(share.rows(index), share.features(), 4 * units,
                    LstmShare.rows(4 * units), LstmShare.columns(4 * units), share.features(), false, false));
            transposed = Strided.of(DType.F32, new long[] {1, 4 * units}, new long[] {units, 1},
                    new long[] {column(index + 1) - column(index), units});
            for (long at = column(index); at < column(index + 1); at += COLUMNS) {
                blocks.add(new Block(at, Math.min(COLUMNS, column(index + 1) - at), provider));
            }
        }

        private long column(int part) {
            return share.from(part, 4 * share.units(), 16);
        }

        void bind(Function<Slot, Buffer> memory) {
            long units = share.units();
            myH = LstmShare.slice(dh, from * units, rows * units);
            myC = LstmShare.slice(dc, from * units, rows * units);
            cells[0] = mine(memory, in.get(2), 0, units);
            for (int t = 0; t < gates.length; t++) {
                gates[t] = mine(memory, in.get(10), t, 4 * units);
                cells[t + 1] = mine(memory, in.get(9), t, units);
                dzs[t] = LstmShare.slice(dz, (t * share.n() + from) * 4 * units, rows * 4 * units);
                if (body.given().get(0)) {
                    given[t] = mine(memory, in.get(body.position(0)), t, units);
                }
            }
            lastH = body.given().get(1) ? mine(memory, in.get(body.position(1)), 0, units) : null;
            lastC = body.given().get(2) ? mine(memory, in.get(body.position(2)), 0, units) : null;
            dx = LstmShare.slice(memory.apply(out.get(0)).memory(), share.row(index) * share.features(),
                    share.rows(index) * share.features());
            myRows = LstmShare.slice(dz, share.row(index) * 4 * units, share.rows(index) * 4 * units);
            dh0 = mine(memory, out.get(1), 0, units);
            dc0 = mine(memory, out.get(2), 0, units);
            db = memory.apply(out.get(5)).memory();
            blocks.forEach(block -> block.bind(memory));
        }

        /// This part's examples of step `t`.
        private MemorySegment mine(Function<Slot, Buffer> memory, Slot slot, long t, long width) {
            return LstmShare.slice(memory.apply(slot).memory(), (t * share.n() + from) * width, rows * width);
        }

        void turn() {
            transposed.run(u, column(index), turned, column(index) * share.units());
        }

        void steps() {
            sums.fill((byte) 0);
            begin(lastH, myH);
            begin(lastC, myC);
            for (int t = gates.length - 1; t >= 0; t--) {
                if (given[t] != null) {
                    between.add(given[t], myH, rows * share.units());
                }
                between.backward(gates[t], cells[t + 1], cells[t], myH, myC, dzs[t], sums, rows);
                if (t > 0 || needed[1]) {
                    back.run(dzs[t], turned, null, myH);
                }
            }
            dh0.copyFrom(myH);
            dc0.copyFrom(myC);
        }

        private static void begin(@Nullable MemorySegment from, MemorySegment to) {
            if (from == null) {
                to.fill((byte) 0);
            } else {
                to.copyFrom(from);
            }
        }

        void products() {
            for (int i = 0; i < blocks.size(); i++) {
                blocks.get(i).run();
            }
            if (needed[0]) {
                inputs.run(myRows, w, null, dx);
            }
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        x = memory.apply(in.get(0)).memory();
        h0 = memory.apply(in.get(1)).memory();
        w = memory.apply(in.get(3)).memory();
        u = memory.apply(in.get(4)).memory();
        h = memory.apply(in.get(6)).memory();
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
        // In the order of the parts, so that the sum is always the same.
        var db = parts.getFirst().db;
        MemorySegment.copy(parts.getFirst().sums, 0, db, 0, 16 * share.units());
        for (int p = 1; p < parts.size(); p++) {
            parts.getFirst().between.add(parts.get(p).sums, db, 4 * share.units());
        }
    }

    @Override
    public String what() {
        return unit.what() + " " + share.steps() + " steps, " + share.n() + "×" + share.features() + " to " + share.units();
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
