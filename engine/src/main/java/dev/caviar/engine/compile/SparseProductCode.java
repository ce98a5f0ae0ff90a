package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.NONE;
import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RDX;
import static dev.caviar.engine.compile.X86.RSI;

import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.kernel.MachineCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Machine code for rows that are weighted sums of a few other rows, which it knows: `y[i] = Σ weight · x[row]`, for slice after slice.
final class SparseProductCode {
    /// Rows that one is the sum of, at most: their weights stay in registers.
    static final int MOST = 8;
    private static final int LANES = MachineEmitter.LANES;
    /// Vectors at once, and how many of them are written one behind the other instead of in a loop.
    private static final int VECTORS = 4;
    private static final int STRAIGHT = 8;
    private static final Recent<Form, @Nullable SparseProductCode> CACHE = new Recent<>(64);

    private final MachineCode code;

    /// A row of x and how much it counts.
    record Tap(long row, float weight) {}

    /// The rows of y, how many numbers a row has, and how far apart rows and slices are, in bytes.
    record Form(List<List<Tap>> rows, long columns, long xRow, long yRow, long xSlice, long ySlice) {}

    private SparseProductCode(MachineCode code) {
        this.code = code;
    }

    /// The code; null where there is none.
    static @Nullable SparseProductCode of(Form form) {
        return MachineCode.isSupported() ? CACHE.get(form, f -> MachineCode.of(emit(f)).map(SparseProductCode::new).orElse(null)) : null;
    }

    void run(long x, long y, long slices) {
        if (slices > 0) {
            code.call(x, y, slices, 0, 0);
        }
    }

    /// From RDI to RSI, RDX slices.
    private static byte[] emit(Form form) {
        var out = new X86();
        var slice = new Label();
        out.bind(slice);
        for (int i = 0; i < form.rows.size(); i++) {
            row(out, form, i);
        }
        out.add(RDI, form.xSlice);
        out.add(RSI, form.ySlice);
        out.add(RDX, -1L);
        out.compare(RDX, 0);
        out.jumpIfMore(slice);
        out.zeroUpper();
        out.ret();
        return out.finish();
    }

    private static void row(X86 out, Form form, int i) {
        var taps = form.rows.get(i);
        for (int t = 0; t < taps.size(); t++) {
            out.vector(Straight.LOAD, STRAIGHT + t, 0, out.word(Float.floatToRawIntBits(taps.get(t).weight)), -1);
        }
        long vectors = form.columns / LANES;
        long at = 0;
        if (vectors > STRAIGHT) {
            at = vectors / VECTORS * VECTORS;
            var top = new Label();
            out.clear(R9);
            out.align(16);
            out.bind(top);
            vectors(out, form, i, R9, 0, VECTORS);
            out.add(R9, 32L * VECTORS);
            out.compare(R9, Math.toIntExact(32 * at));
            out.jumpIfLess(top);
        }
        if (at < vectors) {
            vectors(out, form, i, NONE, 32 * at, Math.toIntExact(vectors - at));
        }
    }

    private static void vectors(X86 out, Form form, int i, int index, long from, int count) {
        var taps = form.rows.get(i);
        for (int t = 0; t < taps.size(); t++) {
            for (int v = 0; v < count; v++) {
                var x = new Memory(RDI, index, 0, Math.toIntExact(taps.get(t).row * form.xRow + from + 32L * v));
                out.vector(t == 0 ? MachineOperations.MUL : Straight.FMA_231, v, STRAIGHT + t, x, -1);
            }
        }
        for (int v = 0; v < count; v++) {
            out.vector(Straight.STORE, v, 0, new Memory(RSI, index, 0, Math.toIntExact(i * form.yRow + from + 32L * v)), -1);
        }
    }
}
