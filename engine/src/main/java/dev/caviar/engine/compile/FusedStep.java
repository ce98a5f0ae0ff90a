package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// A group of ops as one compiled loop, or one for each slice, cut along the slices or the axis that may be split into one part for each thread.
final class FusedStep implements Step {
    /// Below this many elements times operations the threads would wait longer than they work.
    private static final long WORTH_SPLITTING = 50_000;
    /// Loops count in ints.
    private static final long MOST = 1 << 30;

    private final Unit.Fused unit;
    private final Code code;
    private final Kernels.Compiled compiled;
    private final Kernel kernel;
    /// One for all threads, or, where each has its own slices, one for each.
    private final Table[] tables;
    private final MemorySegment[] memory;
    private final long[] steps;
    private final long length;
    private final long grain;
    private final int parts;
    private final IntConsumer work = this::part;

    FusedStep(Unit.Fused unit, Code code, Provider provider, int threads) {
        this.unit = unit;
        this.code = code;
        this.compiled = Kernels.of(code.nest(), provider.loops() != Loops.plain());
        this.kernel = compiled.kernel();
        this.steps = code.steps().stream().mapToLong(step -> step).toArray();
        this.memory = new MemorySegment[code.sources().size() + code.stores().size()];
        this.length = code.slices() > 1 ? code.slices() : switch (code.nest().axis()) {
            case FLAT, COLUMNS -> code.columns();
            case ROWS -> code.rows();
        };
        this.grain = code.slices() > 1 ? 1 : code.nest().grain();
        long grains = (length + grain - 1) / grain;
        boolean worth = code.slices() * code.rows() * code.columns() * code.nest().instructions().size() >= WORTH_SPLITTING;
        this.parts = (int) Math.max(worth ? Math.min(threads, grains) : 1, 1);
        this.tables = new Table[code.slices() > 1 ? parts : 1];
        Arrays.setAll(tables, _ -> new Table(memory.length));
    }

    @Override
    public void bind(Function<Slot, Buffer> places) {
        for (int k = 0; k < memory.length; k++) {
            int stores = k - code.sources().size();
            var slot = stores < 0 ? code.sources().get(k) : code.stores().get(stores);
            memory[k] = place(places, slot);
            for (var table : tables) {
                table.set(k, memory[k].address());
            }
        }
    }

    /// A slot's memory, which kernels address directly.
    static MemorySegment place(Function<Slot, Buffer> places, Slot slot) {
        var place = places.apply(slot).memory();
        if (!place.isNative() || !place.scope().isAlive()) {
            throw new IllegalArgumentException("run: the memory of a " + slot.type + " is " + (place.isNative() ? "closed" : "on the Java heap")
                    + ".\nMaybe take it from Buffer.allocate().");
        }
        return place;
    }

    @Override
    public void run(Team team) {
        team.run(parts, work);
        Reference.reachabilityFence(this);
    }

    private void part(int part) {
        long from = Step.cut(length, part, parts, grain);
        long end = Step.cut(length, part + 1, parts, grain);
        if (code.slices() > 1) {
            slices(tables[part], from, end);
            return;
        }
        for (; from < end; from += MOST) {
            kernel.run(tables[0].address(), code.rows(), code.columns(), from, Math.min(end, from + MOST));
        }
    }

    private void slices(Table table, long from, long end) {
        long whole = code.nest().axis() == Nest.Axis.COLUMNS ? code.columns() : code.rows();
        for (long slice = from; slice < end; slice++) {
            for (int k = 0; k < memory.length; k++) {
                table.set(k, memory[k].address() + slice * steps[k]);
            }
            kernel.run(table.address(), code.rows(), code.columns(), 0, whole);
        }
    }

    @Override
    public String what() {
        return unit.what();
    }

    @Override
    public String how() {
        return (code.slices() > 1 ? code.slices() + " slices, " : "") + "fused " + code.nest().axis().name().toLowerCase(Locale.ROOT) + ", " + compiled.how()
                + (parts == 1 ? "" : " ×" + parts);
    }

    @Override
    public Slot shown() {
        return code.stores().getFirst();
    }
}
