package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// A group of elementwise ops, run chunk by chunk: each op goes over a run of elements that stays in the first-level cache
/// while the next op reads it, so that memory is read and written once for the whole group.
final class FusedStep implements Step {
    /// Elements of a chunk: some of them, 4 KB each in F32, fit the first-level cache side by side.
    private static final int CHUNK = 1024;
    /// Below this many elements times ops the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 50_000;

    private final Unit.Fused unit;
    private final Code code;
    private final Loops loops;
    private final String provider;
    private final boolean wide;
    private final int chunk;
    private final long piecesPerRow;
    private final long chunks;
    private final Frame[] frames;
    private final IntConsumer work = this::part;

    /// The places of one thread: a register's scratch or target, a source's memory or its repeated copy.
    private static final class Frame {
        final MemorySegment[] memory;
        final long[] offset;
        final int[] stride;
        /// The targets of stores that wait for the end of a chunk.
        final MemorySegment[] late;
        /// What repeated rows and columns are copied from.
        final MemorySegment[] origin;

        Frame(int places, int stores, int sources) {
            memory = new MemorySegment[places];
            offset = new long[places];
            stride = new int[places];
            late = new MemorySegment[stores];
            origin = new MemorySegment[sources];
        }
    }

    FusedStep(Unit.Fused unit, Code code, Provider provider, int threads) {
        this.unit = unit;
        this.code = code;
        this.loops = provider.loops();
        this.provider = provider.name();
        this.wide = unit.inner > CHUNK;
        this.chunk = unit.inner == 0 || wide ? CHUNK : (int) (CHUNK / unit.inner * unit.inner);
        this.piecesPerRow = wide ? (unit.inner + CHUNK - 1) / CHUNK : 1;
        this.chunks = wide ? unit.n / unit.inner * piecesPerRow : (unit.n + chunk - 1) / chunk;
        int workers = unit.n * code.registers() < WORTH_SPLITTING ? 1 : (int) Math.min(threads, chunks);
        this.frames = new Frame[Math.max(1, workers)];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = new Frame(code.registers() + code.sources().size(), code.stores().size(), code.sources().size());
        }
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        for (var frame : frames) {
            var scratch = new Scratch();
            Arrays.fill(frame.memory, null);
            for (int s = 0; s < code.stores().size(); s++) {
                var store = code.stores().get(s);
                var target = memory.apply(store.slot()).memory();
                frame.late[s] = target;
                if (store.direct()) {
                    frame.memory[store.register()] = target;
                }
            }
            registers(frame, scratch);
            for (int k = 0; k < code.sources().size(); k++) {
                source(frame, k, memory.apply(code.sources().get(k).operand().slot()).memory(), scratch);
            }
        }
    }

    /// Runs of one chunk, side by side: at equal distances from a page's start they would fall on the same lines of the cache.
    private final class Scratch {
        private final long bytes = (long) CHUNK * code.instructions().stream()
                .mapToInt(instruction -> Math.max(instruction.from().bytes(), instruction.to().bytes())).max().orElse(8);
        private final MemorySegment block = Arena.ofAuto().allocate(bytes * (code.registers() + code.sources().size()), 64);
        private int used;

        MemorySegment next() {
            return block.asSlice(bytes * used++, bytes);
        }
    }

    /// Scratch for the registers that are not written straight to their target, shared as soon as they are dead.
    private void registers(Frame frame, Scratch fresh) {
        var free = new ArrayList<MemorySegment>();
        var scratch = new MemorySegment[code.registers()];
        var last = code.lastReads();
        for (int r = 0; r < code.registers(); r++) {
            frame.stride[r] = 1;
            if (frame.memory[r] == null) {
                scratch[r] = free.isEmpty() ? fresh.next() : free.removeLast();
                frame.memory[r] = scratch[r];
            }
            for (int q = 0; q <= r; q++) {
                if (scratch[q] != null && last[q] == r) {
                    free.add(scratch[q]);
                }
            }
        }
    }

    private void source(Frame frame, int k, MemorySegment memory, Scratch scratch) {
        int place = code.registers() + k;
        var mode = code.sources().get(k).operand().mode();
        frame.origin[k] = memory;
        boolean copied = !wide && (mode == Values.Mode.ROW || mode == Values.Mode.COLUMN);
        frame.memory[place] = copied ? scratch.next() : memory;
        frame.stride[place] = mode == Values.Mode.SCALAR || (mode == Values.Mode.COLUMN && wide) ? 0 : 1;
    }

    @Override
    public void run(Team team) {
        if (frames.length == 1) {
            part(0);
        } else {
            team.run(work);
        }
    }

    private void part(int worker) {
        if (worker >= frames.length) {
            return;
        }
        var frame = frames[worker];
        repeatRows(frame);
        long end = chunks * (worker + 1) / frames.length;
        for (long i = chunks * worker / frames.length; i < end; i++) {
            long start = wide ? i / piecesPerRow * unit.inner + i % piecesPerRow * CHUNK : i * chunk;
            long limit = wide ? unit.inner - i % piecesPerRow * CHUNK : unit.n - start;
            int n = (int) Math.min(chunk, limit);
            aim(frame, start, n);
            for (int k = 0; k < code.registers(); k++) {
                execute(frame, code.instructions().get(k), k, n);
            }
            for (int s = 0; s < code.stores().size(); s++) {
                var store = code.stores().get(s);
                if (!store.direct()) {
                    loops.copy(store.dtype(), frame.memory[store.register()], 0, 1, frame.late[s], start, n);
                }
            }
        }
    }

    /// A row that fits a chunk several times is laid out once for the whole run.
    private void repeatRows(Frame frame) {
        for (int k = 0; k < code.sources().size() && !wide; k++) {
            var source = code.sources().get(k);
            if (source.operand().mode() == Values.Mode.ROW) {
                var row = frame.memory[code.registers() + k];
                long filled = unit.inner;
                loops.copy(source.dtype(), frame.origin[k], 0, 1, row, 0, filled);
                while (filled < chunk) {
                    long more = Math.min(filled, chunk - filled);
                    loops.copy(source.dtype(), row, 0, 1, row, filled, more);
                    filled += more;
                }
            }
        }
    }

    private void aim(Frame frame, long start, int n) {
        for (int s = 0; s < code.stores().size(); s++) {
            var store = code.stores().get(s);
            if (store.direct()) {
                frame.offset[store.register()] = start;
            }
        }
        for (int k = 0; k < code.sources().size(); k++) {
            int place = code.registers() + k;
            switch (code.sources().get(k).operand().mode()) {
                case FULL -> frame.offset[place] = start;
                case SCALAR -> { }
                case ROW -> frame.offset[place] = wide ? start % unit.inner : 0;
                case COLUMN -> {
                    if (wide) {
                        frame.offset[place] = start / unit.inner;
                    } else {
                        repeatColumn(frame, k, start, n);
                    }
                }
            }
        }
    }

    private void repeatColumn(Frame frame, int k, long start, int n) {
        long first = start / unit.inner;
        for (long row = 0; row * unit.inner < n; row++) {
            loops.copy(code.sources().get(k).dtype(), frame.origin[k], first + row, 0, frame.memory[code.registers() + k],
                    row * unit.inner, unit.inner);
        }
    }

    private void execute(Frame f, Code.Instruction i, int out, int n) {
        int a = i.a();
        int b = i.b();
        var y = f.memory[out];
        long yo = f.offset[out];
        switch (i.kind()) {
            case UNARY, CONVERT -> {
                // One number for all is computed once and repeated.
                int m = f.stride[a] == 0 ? 1 : n;
                if (i.kind() == Code.Kind.UNARY) {
                    loops.unary(i.unary(), i.from(), f.memory[a], f.offset[a], y, yo, m);
                } else {
                    loops.cast(i.from(), f.memory[a], f.offset[a], i.to(), y, yo, m);
                }
                if (m < n) {
                    loops.copy(i.to(), y, yo, 0, y, yo + 1, n - 1);
                }
            }
            case BINARY -> loops.binary(i.binary(), i.from(), f.memory[a], f.offset[a], f.stride[a],
                    f.memory[b], f.offset[b], f.stride[b], y, yo, n);
            case CHOOSE -> loops.select(i.to(), f.memory[i.c()], f.offset[i.c()], f.stride[i.c()],
                    f.memory[a], f.offset[a], f.stride[a], f.memory[b], f.offset[b], f.stride[b], y, yo, n);
        }
    }

    @Override
    public String what() {
        return unit.what();
    }

    @Override
    public String how() {
        return "fused, " + provider + (frames.length == 1 ? "" : " ×" + frames.length);
    }

    @Override
    public Slot shown() {
        return code.stores().getFirst().slot();
    }
}
