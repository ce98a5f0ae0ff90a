package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Gemm;
import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A product and the group that reads it, block of rows by block of rows, contiguous rows for each thread.
final class ChainedStep implements Step {
    /// What a block has, so that the group finds it, and what else it reads, in the second-level cache.
    private static final long BLOCK = 1 << 15;
    private static final long GRAIN = 16;

    private final Unit.Chained unit;
    private final Code code;
    private final Kernels.Compiled compiled;
    /// Which of the group's sources is the product.
    private final int link;
    private final MemorySegment[] memory;
    private final List<Part> parts = new ArrayList<>();
    private final IntConsumer work = part -> parts.get(part).run();

    /// One thread's rows.
    private final class Part {
        private final List<Block> blocks = new ArrayList<>();
        private final Table table = new Table(memory.length);
        private final MemorySegment made;
        private @Nullable MemorySegment bias;

        Part(long from, long to, long rows, Provider provider) {
            var spec = unit.product.spec;
            made = Arena.ofAuto().allocate(rows * spec.n() * spec.out().bytes(), 64);
            for (long row = from; row < to; row += rows) {
                long height = Math.min(rows, to - row);
                blocks.add(new Block(row, height, provider.gemm().prepare(spec.withSize(height, spec.n()))));
            }
        }

        void bind(MemorySegment left, MemorySegment right, @Nullable MemorySegment bias) {
            var spec = unit.product.spec;
            this.bias = bias;
            for (int k = 0; k < memory.length; k++) {
                table.set(k, k == link ? made.address() : memory[k].address());
            }
            for (var block : blocks) {
                block.left = left.asSlice(block.row * spec.a().row() * spec.dtype().bytes());
                block.right = right;
            }
        }

        void run() {
            var spec = unit.product.spec;
            long size = spec.out().bytes();
            for (int i = 0; i < blocks.size(); i++) {
                var block = blocks.get(i);
                block.call.run(block.left, block.right, bias, made);
                long from = block.row * spec.n();
                // The group counts from the first element of the whole: the block is made to lie where it would.
                table.set(link, made.address() - from * size);
                compiled.kernel().run(table.address(), 1, code.columns(), from, from + block.height * spec.n());
            }
            Reference.reachabilityFence(this);
        }
    }

    private static final class Block {
        private final long row;
        private final long height;
        private final Gemm.Call call;
        private MemorySegment left = MemorySegment.NULL;
        private MemorySegment right = MemorySegment.NULL;

        Block(long row, long height, Gemm.Call call) {
            this.row = row;
            this.height = height;
            this.call = call;
        }
    }

    ChainedStep(Unit.Chained unit, Code code, Provider provider, int threads) {
        this.unit = unit;
        this.code = code;
        this.compiled = Kernels.of(code.nest(), provider.loops() != Loops.plain());
        this.link = code.sources().indexOf(unit.product.out);
        this.memory = new MemorySegment[code.sources().size() + code.stores().size()];
        var spec = unit.product.spec;
        int count = (int) Math.max(1, Math.min(threads, spec.m() / GRAIN));
        for (int i = 0; i < count; i++) {
            long from = Step.cut(spec.m(), i, count, GRAIN);
            long to = Step.cut(spec.m(), i + 1, count, GRAIN);
            long blocks = Math.max(1, (to - from) * spec.n() / BLOCK);
            long rows = Math.min(to - from, ((to - from + blocks - 1) / blocks + GRAIN - 1) / GRAIN * GRAIN);
            parts.add(new Part(from, to, rows, provider));
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> places) {
        for (int k = 0; k < memory.length; k++) {
            int stores = k - code.sources().size();
            if (k != link) {
                memory[k] = FusedStep.place(places, stores < 0 ? code.sources().get(k) : code.stores().get(stores));
            }
        }
        var product = unit.product;
        @Nullable MemorySegment bias = product.bias == null ? null : places.apply(product.bias).memory();
        parts.forEach(part -> part.bind(places.apply(product.left).memory(), places.apply(product.right).memory(), bias));
    }

    @Override
    public void run(Team team) {
        team.run(parts.size(), work);
    }

    @Override
    public String what() {
        var spec = unit.product.spec;
        return unit.product.what() + " " + spec.m() + "×" + spec.k() + "×" + spec.n() + ", " + unit.group.what();
    }

    @Override
    public String how() {
        var block = parts.getFirst().blocks.getFirst();
        return block.height + " rows" + (parts.size() == 1 ? "" : " ×" + parts.size()) + ", " + block.call.implementation();
    }

    @Override
    public Slot shown() {
        return code.stores().getFirst();
    }
}
