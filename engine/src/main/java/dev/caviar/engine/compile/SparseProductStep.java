package dev.caviar.engine.compile;

import dev.caviar.engine.compile.SparseProductCode.Tap;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Cost;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A product with a constant matrix of mostly zeros, such as interpolation: each row of the result is the weighted sum of a few rows. The slices
/// are cut into one part for each thread.
///
/// ```
/// [¾ ¼ 0 0]   [a]   [¾a + ¼b]
/// [¼ ¾ 0 0] · [b] = [¼a + ¾b]
/// [0 ¾ ¼ 0]   [c]   [¾b + ¼c]
///             [d]
/// ```
final class SparseProductStep implements Step {
    /// Below this many sums the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 200_000;
    /// So many times as many multiplications take a dense product as long.
    private static final long DENSE = 4;
    /// Rows that are written out one by one must not be too many for the cache of instructions.
    private static final long MOST_TAPS = 4096;

    private final Unit.Product unit;
    private final SparseProductCode code;
    private final long taps;
    private final int parts;
    private final IntConsumer work = this::part;
    private MemorySegment x = MemorySegment.NULL;
    private MemorySegment y = MemorySegment.NULL;

    private SparseProductStep(Unit.Product unit, SparseProductCode code, long taps, int threads) {
        this.unit = unit;
        this.code = code;
        this.taps = taps;
        var spec = unit.spec;
        this.parts = spec.batch() * spec.m() * spec.n() < WORTH_SPLITTING ? 1 : (int) Math.clamp(spec.batch(), 1, threads);
    }

    /// The step of a product that is such a one and for which there is machine code, else null.
    static @Nullable SparseProductStep of(Unit.Product unit, Provider provider, int threads) {
        var spec = unit.spec;
        boolean plain = spec.dtype() == DType.F32 && spec.out() == DType.F32 && unit.bias == null && spec.activation() == GemmSpec.Activation.NONE && !spec.accumulate();
        boolean rows = spec.b().column() == 1 && spec.c().column() == 1 && spec.n() % MachineEmitter.LANES == 0 && (spec.batch() == 1 || spec.a().batch() == 0)
                && Math.max(spec.k() * spec.b().row(), spec.m() * spec.c().row()) < Integer.MAX_VALUE / 4;
        if (!plain || !rows || unit.left.constant == null || provider.loops() == Loops.plain()) {
            return null;
        }
        var taps = taps(unit.left.constant.buffer(), spec);
        long count = taps.stream().mapToLong(List::size).sum();
        boolean sparse = count * DENSE <= spec.m() * spec.k() && count <= MOST_TAPS
                && taps.stream().allMatch(row -> !row.isEmpty() && row.size() <= SparseProductCode.MOST);
        var code = sparse ? SparseProductCode.of(new SparseProductCode.Form(taps, spec.n(), 4 * spec.b().row(), 4 * spec.c().row(), 4 * spec.b().batch(),
                4 * spec.c().batch())) : null;
        return code == null ? null : new SparseProductStep(unit, code, count, threads);
    }

    /// What is not 0, row by row.
    private static List<List<Tap>> taps(Buffer matrix, GemmSpec spec) {
        var rows = new ArrayList<List<Tap>>();
        for (long i = 0; i < spec.m(); i++) {
            var row = new ArrayList<Tap>();
            for (long j = 0; j < spec.k(); j++) {
                double weight = matrix.at(i * spec.a().row() + j * spec.a().column());
                if (weight != 0) {
                    row.add(new Tap(j, (float) weight));
                }
            }
            rows.add(row);
        }
        return rows;
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        x = FusedStep.place(memory, unit.right);
        y = FusedStep.place(memory, unit.out);
    }

    @Override
    public void run(Team team) {
        team.run(parts, work);
        Reference.reachabilityFence(this);
    }

    private void part(int part) {
        var spec = unit.spec;
        long from = Step.cut(spec.batch(), part, parts, 1);
        code.run(x.address() + 4 * from * spec.b().batch(), y.address() + 4 * from * spec.c().batch(), Step.cut(spec.batch(), part + 1, parts, 1) - from);
    }

    /// The dense product would multiply more.
    @Override
    public Cost cost(Unit unit) {
        var dense = unit.cost();
        return new Cost(2 * taps * this.unit.spec.n() * this.unit.spec.batch(), dense.read(), dense.written());
    }

    @Override
    public String what() {
        return "weighted rows" + ProductStep.size(unit.spec);
    }

    @Override
    public String how() {
        return "machine code" + (parts == 1 ? "" : " ×" + parts);
    }

    @Override
    public Slot shown() {
        return unit.out;
    }
}
