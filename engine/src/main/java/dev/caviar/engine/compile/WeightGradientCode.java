package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.R10;
import static dev.caviar.engine.compile.X86.R11;
import static dev.caviar.engine.compile.X86.R12;
import static dev.caviar.engine.compile.X86.R13;
import static dev.caviar.engine.compile.X86.R14;
import static dev.caviar.engine.compile.X86.R15;
import static dev.caviar.engine.compile.X86.R8;
import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RBX;
import static dev.caviar.engine.compile.X86.RCX;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RDX;

import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Register;
import dev.caviar.engine.kernel.MachineCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Machine code that works off jobs of a [WeightGradient]: each adds to a tile of sums the products of inputs and slopes of a rectangle of places.
///
/// A job is six numbers: where its inputs, slopes and sums begin, in bytes from those of the block; pixels of a row; rows; and which kind of
/// tile it is.
final class WeightGradientCode {
    /// Numbers of a job.
    static final int JOB = 6;
    private static final int LANES = MachineEmitter.LANES;
    private static final int[] SAVED = {RBX, R12, R13, R14, R15};
    /// Sums in registers; the others hold slopes and an input.
    private static final int SUMS = 12;
    private static final Recent<Volume, WeightGradientCode> CACHE = new Recent<>(64);

    /// `inputs` × `vectors` sums from these first ones on; no inputs where slopes alone are summed, for a bias.
    record Tile(long input, int inputs, long output, int vectors) {
        private Tile kind() {
            return new Tile(0, inputs, 0, vectors);
        }
    }

    private final Volume volume;
    private final List<Tile> tiles = new ArrayList<>();
    private final List<Tile> biasTiles = new ArrayList<>();
    private final List<Tile> kinds;
    private final @Nullable MachineCode code;

    private WeightGradientCode(Volume volume) {
        this.volume = volume;
        int outputs = Math.toIntExact(volume.out() / LANES);
        int vectors = outputs % 2 == 0 ? 2 : outputs % 3 == 0 ? 3 : outputs == 1 ? 1 : 2;
        // Inputs in nearly equal parts: a short one would wait for its own sums.
        long parts = Math.ceilDiv(volume.in(), SUMS / vectors);
        for (long part = 0; part < parts; part++) {
            long from = volume.in() * part / parts;
            int inputs = Math.toIntExact(volume.in() * (part + 1) / parts - from);
            for (int v = 0; v < outputs; v += vectors) {
                tiles.add(new Tile(from, inputs, (long) LANES * v, Math.min(vectors, outputs - v)));
            }
        }
        int all = Math.toIntExact(volume.groups() * outputs);
        for (int v = 0; v < all; v += SUMS) {
            biasTiles.add(new Tile(0, 0, (long) LANES * v, Math.min(SUMS, all - v)));
        }
        var distinct = new ArrayList<>(tiles);
        distinct.addAll(biasTiles);
        kinds = distinct.stream().map(Tile::kind).distinct().toList();
        code = MachineCode.of(emit()).orElse(null);
    }

    /// The code for these sizes; null where there is none.
    static @Nullable WeightGradientCode of(Volume volume) {
        if (!MachineCode.isSupported()) {
            return null;
        }
        // Lengths are in the jobs: what the code knows are pixels, and how far apart rows are.
        var key = new Volume(List.of(1L, 1L, volume.x().get(2)), List.of(), List.of(1L, 1L, volume.y().get(2)), volume.stride(), List.of(), List.of(), 1, volume.groups(),
                volume.in(), volume.out());
        var made = CACHE.get(key, WeightGradientCode::new);
        return made.code == null ? null : made;
    }

    /// What each tap consists of.
    List<Tile> tiles() {
        return tiles;
    }

    List<Tile> biasTiles() {
        return biasTiles;
    }

    int kind(Tile tile) {
        return kinds.indexOf(tile.kind());
    }

    void run(long jobs, long count, long x, long y, long sums) {
        if (code != null) {
            code.call(jobs, count, x, y, sums);
        }
    }

    /// RSI jobs at RDI, inputs at RDX, slopes at RCX, sums at R8.
    private byte[] emit() {
        return Jobs.emit(SAVED, JOB, kinds, out -> {
            Jobs.place(out, R9, 0, RDX);
            Jobs.place(out, R10, 1, RCX);
            Jobs.place(out, R11, 2, R8);
            out.load(R12, Memory.of(RDI, 24));
            out.load(RBX, Memory.of(RDI, 32));
        }, this::tile);
    }

    /// From R9 and R10 to R11, RBX rows of R12 pixels.
    private void tile(X86 out, Tile tile) {
        moveSums(out, tile, true);
        var row = new Label();
        var pixel = new Label();
        out.bind(row);
        out.move(R13, R9);
        out.move(R14, R10);
        out.move(R15, R12);
        out.align(16);
        out.bind(pixel);
        place(out, tile);
        out.add(R13, volume.stride().get(2) * volume.xPixel());
        out.add(R14, volume.yPixel());
        out.add(R15, -1L);
        out.compare(R15, 0);
        out.jumpIfMore(pixel);
        out.add(R9, volume.stride().get(1) * volume.xAt(0, 1, 0));
        out.add(R10, volume.yAt(0, 1, 0));
        out.add(RBX, -1L);
        out.compare(RBX, 0);
        out.jumpIfMore(row);
        moveSums(out, tile, false);
    }

    private static void place(X86 out, Tile tile) {
        if (tile.inputs == 0) {
            for (int v = 0; v < tile.vectors; v++) {
                out.vector(MachineOperations.ADD, v, v, Memory.of(R14, 32 * v), -1);
            }
            return;
        }
        int slopes = tile.inputs * tile.vectors;
        int input = slopes + tile.vectors;
        for (int v = 0; v < tile.vectors; v++) {
            out.vector(Straight.LOAD, slopes + v, 0, Memory.of(R14, 32 * v), -1);
        }
        for (int i = 0; i < tile.inputs; i++) {
            out.vector(MachineOperations.SPLAT, input, 0, Memory.of(R13, 4 * i), -1);
            for (int v = 0; v < tile.vectors; v++) {
                out.vector(Straight.FMA_231, i * tile.vectors + v, input, new Register(slopes + v), -1);
            }
        }
    }

    private void moveSums(X86 out, Tile tile, boolean load) {
        for (int i = 0; i < Math.max(1, tile.inputs); i++) {
            for (int v = 0; v < tile.vectors; v++) {
                int place = Math.toIntExact(i * volume.yPixel() + 32 * v);
                out.vector(load ? Straight.LOAD : Straight.STORE, i * tile.vectors + v, 0, Memory.of(R11, place), -1);
            }
        }
    }
}
