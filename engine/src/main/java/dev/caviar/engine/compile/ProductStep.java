package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A matrix product, cut along its longer side into one part for each thread.
final class ProductStep implements Step {
    /// Below this many multiplications the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 500_000;
    private static final long GRAIN = 16;

    private final Unit.Product unit;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer work = i -> parts.get(i).run();

    private static final class Part {
        final Gemm.Call call;
        final long row;
        final long column;
        MemorySegment a = MemorySegment.NULL;
        MemorySegment b = MemorySegment.NULL;
        MemorySegment c = MemorySegment.NULL;
        @Nullable MemorySegment bias;

        Part(Gemm.Call call, long row, long column) {
            this.call = call;
            this.row = row;
            this.column = column;
        }

        void run() {
            call.run(a, b, bias, c);
        }
    }

    ProductStep(Unit.Product unit, Provider provider, int threads) {
        this.unit = unit;
        var spec = unit.spec;
        boolean byRow = spec.m() >= spec.n();
        long length = byRow ? spec.m() : spec.n();
        int count = spec.batch() * spec.m() * spec.n() * spec.k() < WORTH_SPLITTING ? 1
                : (int) Math.max(1, Math.min(threads, length / GRAIN));
        for (int i = 0; i < count; i++) {
            long from = Step.cut(length, i, count, GRAIN);
            long size = Step.cut(length, i + 1, count, GRAIN) - from;
            var part = byRow ? spec.withSize(size, spec.n()) : spec.withSize(spec.m(), size);
            parts.add(new Part(provider.gemm().prepare(part), byRow ? from : 0, byRow ? 0 : from));
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        var spec = unit.spec;
        long bytes = spec.dtype().bytes();
        long outBytes = spec.out().bytes();
        long biasBytes = spec.bias() == null ? 0 : spec.bias().bytes();
        for (var part : parts) {
            part.a = memory.apply(unit.left).memory().asSlice(part.row * spec.a().row() * bytes);
            part.b = memory.apply(unit.right).memory().asSlice(part.column * spec.b().column() * bytes);
            part.c = memory.apply(unit.out).memory().asSlice((part.row * spec.c().row() + part.column) * outBytes);
            part.bias = unit.bias == null ? null : memory.apply(unit.bias).memory().asSlice(part.column * biasBytes);
        }
    }

    @Override
    public void run(Team team) {
        team.run(parts.size(), work);
    }

    @Override
    public String what() {
        return unit.what() + size(unit.spec);
    }

    static String size(GemmSpec spec) {
        return " " + (spec.batch() == 1 ? "" : spec.batch() + "×") + spec.m() + "×" + spec.k() + "×" + spec.n();
    }

    @Override
    public String how() {
        return parts.getFirst().call.implementation() + (parts.size() == 1 ? "" : " ×" + parts.size());
    }

    @Override
    public Slot shown() {
        return unit.out;
    }
}
