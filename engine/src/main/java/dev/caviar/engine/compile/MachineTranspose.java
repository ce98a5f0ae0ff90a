package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.NONE;
import static dev.caviar.engine.compile.X86.R10;
import static dev.caviar.engine.compile.X86.R11;
import static dev.caviar.engine.compile.X86.R8;
import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RAX;
import static dev.caviar.engine.compile.X86.RCX;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RDX;
import static dev.caviar.engine.compile.X86.RSI;

import dev.caviar.engine.compile.X86.Code;
import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Register;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.kernel.TransposeLoops;
import org.jspecify.annotations.Nullable;

/// Transposition as machine code, in squares of eight by eight, where there is any.
///
/// ```java
/// TransposeLoops loops = new MachineTranspose();
/// ```
public final class MachineTranspose implements TransposeLoops {
    private static final Code UPPER_HALF = Code.of(3, 1, 0x18);
    private static final Code LOW = Code.of(1, 0, 0x14);
    private static final Code HIGH = Code.of(1, 0, 0x15);
    private static final Code LOW_PAIRS = Code.of(1, 1, 0x14);
    private static final Code HIGH_PAIRS = Code.of(1, 1, 0x15);

    private static final @Nullable MachineCode ROWS = MachineCode.isSupported() ? MachineCode.of(rows()).orElse(null) : null;

    /// For the service loader.
    public MachineTranspose() {}

    @Override
    public boolean supported() {
        return ROWS != null;
    }

    @Override
    public void turn(long x, long step, long y, long row, long columns) {
        if (ROWS != null && columns > 0) {
            ROWS.call(x, y, step, row, columns);
        }
    }

    /// From RDI in steps of RDX to RSI in steps of RCX, R8 columns. R10 and R11 are four steps further.
    private static byte[] rows() {
        var out = new X86();
        out.address(R9, new Memory(RDX, RDX, 1, 0));
        out.address(RAX, new Memory(RCX, RCX, 1, 0));
        out.address(R10, new Memory(RDI, RDX, 2, 0));
        out.address(R11, new Memory(RSI, RCX, 2, 0));
        var top = new Label();
        out.align(16);
        out.bind(top);
        quarter(out, 0, RSI);
        quarter(out, 16, R11);
        out.address(RDI, new Memory(RDI, RDX, 3, 0));
        out.address(R10, new Memory(R10, RDX, 3, 0));
        out.add(RSI, (long) 4 * LANES);
        out.add(R11, (long) 4 * LANES);
        out.add(R8, (long) -LANES);
        out.compare(R8, 0);
        out.jumpIfMore(top);
        out.zeroUpper();
        out.ret();
        return out.finish();
    }

    /// Four numbers of each of eight lines of the source, `from` bytes behind their beginnings, become four rows at `to`: the first four lines in
    /// the lower halves of vectors, the others in the upper ones, and then squares of four by four in both at once.
    private static void quarter(X86 out, int from, int to) {
        for (int k = 0; k < 4; k++) {
            out.vector(Straight.LOAD.half(), k, 0, line(RDI, RDX, R9, k).plus(from), -1);
            out.vector(UPPER_HALF, k, k, line(R10, RDX, R9, k).plus(from), 1);
        }
        for (int k = 0; k < 2; k++) {
            out.vector(LOW, 4 + 2 * k, 2 * k, new Register(2 * k + 1), -1);
            out.vector(HIGH, 5 + 2 * k, 2 * k, new Register(2 * k + 1), -1);
        }
        for (int k = 0; k < 4; k++) {
            out.vector(k % 2 == 0 ? LOW_PAIRS : HIGH_PAIRS, k, 4 + k / 2, new Register(6 + k / 2), -1);
            out.vector(Straight.STORE, k, 0, line(to, RCX, RAX, k), -1);
        }
    }

    /// `base + k·step`, given three steps.
    private static Memory line(int base, int step, int three, int k) {
        return k == 0 ? new Memory(base, NONE, 0, 0) : k == 3 ? new Memory(base, three, 0, 0) : new Memory(base, step, k - 1, 0);
    }
}
