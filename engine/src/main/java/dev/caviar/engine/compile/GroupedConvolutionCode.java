package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.R10;
import static dev.caviar.engine.compile.X86.R11;
import static dev.caviar.engine.compile.X86.R12;
import static dev.caviar.engine.compile.X86.R13;
import static dev.caviar.engine.compile.X86.R8;
import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RAX;
import static dev.caviar.engine.compile.X86.RBX;
import static dev.caviar.engine.compile.X86.RCX;
import static dev.caviar.engine.compile.X86.RDX;

import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Register;
import dev.caviar.engine.kernel.MachineCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Machine code that works off jobs of a [GroupedConvolution]: each makes a tile of one row of results.
///
/// A job is five numbers: where its inputs, weights, results and biases begin, in bytes from those of the row; and which kind of tile it is.
final class GroupedConvolutionCode {
    /// Numbers of a job.
    static final int JOB = 5;
    private static final int LANES = MachineEmitter.LANES;
    private static final int[] SAVED = {RBX, R12, R13};
    /// Results in registers; the others hold weights and an input.
    private static final int RESULTS = 12;
    private static final Recent<Form, @Nullable GroupedConvolutionCode> CACHE = new Recent<>(64);

    private final MachineCode code;

    /// What the code knows.
    ///
    /// @param plane rows of a plane and pixels of a row, where inputs are read
    /// @param step pixels from one place to the next
    /// @param places places of a row
    /// @param in inputs of a group, and so on
    record Form(List<Long> taps, List<Long> dilation, List<Long> plane, long step, long places, long groups, long in, long out, boolean relu) {
        long xPixel() {
            return 4 * groups * in;
        }

        long yPixel() {
            return 4 * groups * out;
        }

        /// The kernel in numbers.
        long weights() {
            return taps.get(0) * taps.get(1) * taps.get(2) * in * groups * out;
        }

        private int vectors() {
            long all = out / LANES;
            return all % 2 == 0 ? 2 : all % 3 == 0 ? 3 : 1;
        }

        /// Nearly equal parts of a row: a short one would wait for its own sums.
        private List<Long> cuts() {
            long parts = Math.ceilDiv(places, RESULTS / vectors());
            var cuts = new ArrayList<Long>();
            for (long part = 0; part <= parts; part++) {
                cuts.add(places * part / parts);
            }
            return cuts;
        }

        /// How many places tiles have.
        private List<Long> kinds() {
            var cuts = cuts();
            var kinds = new ArrayList<Long>();
            for (int i = 1; i < cuts.size(); i++) {
                kinds.add(cuts.get(i) - cuts.get(i - 1));
            }
            return kinds.stream().distinct().toList();
        }
    }

    private GroupedConvolutionCode(MachineCode code) {
        this.code = code;
    }

    /// The code; null where there is none.
    static @Nullable GroupedConvolutionCode of(Form form) {
        return MachineCode.isSupported() ? CACHE.get(form, f -> MachineCode.of(emit(f)).map(GroupedConvolutionCode::new).orElse(null)) : null;
    }

    /// What a row consists of.
    List<Long> jobs(Form form) {
        var jobs = new ArrayList<Long>();
        var cuts = form.cuts();
        for (long group = 0; group < form.groups; group++) {
            for (long o = group * form.out; o < (group + 1) * form.out; o += (long) LANES * form.vectors()) {
                for (int i = 1; i < cuts.size(); i++) {
                    long from = cuts.get(i - 1);
                    jobs.addAll(List.of(from * form.step * form.xPixel() + 4 * group * form.in, 4 * o, from * form.yPixel() + 4 * o,
                            4 * (form.weights() + o), (long) form.kinds().indexOf(cuts.get(i) - from)));
                }
            }
        }
        return jobs;
    }

    void run(long jobs, long count, long x, long weights, long y) {
        code.call(jobs, count, x, weights, y);
    }

    /// RSI jobs at RDI, inputs at RDX, weights at RCX, results at R8.
    private static byte[] emit(Form form) {
        return Jobs.emit(SAVED, JOB, form.kinds(), out -> {
            Jobs.place(out, R9, 0, RDX);
            Jobs.place(out, R10, 1, RCX);
            Jobs.place(out, R11, 2, R8);
            Jobs.place(out, RBX, 3, RCX);
        }, (out, places) -> tile(out, form, Math.toIntExact(places)));
    }

    /// From R9 and R10 to R11, beginning with the biases at RBX.
    private static void tile(X86 out, Form form, int places) {
        int vectors = form.vectors();
        for (int p = 0; p < places; p++) {
            for (int v = 0; v < vectors; v++) {
                out.vector(Straight.LOAD, p * vectors + v, 0, Memory.of(RBX, 32 * v), -1);
            }
        }
        long tap = 0;
        for (long deep = 0; deep < form.taps.get(0); deep++) {
            for (long down = 0; down < form.taps.get(1); down++) {
                for (long across = 0; across < form.taps.get(2); across++) {
                    long pixel = (deep * form.dilation.get(0) * form.plane.get(0) + down * form.dilation.get(1)) * form.plane.get(1)
                            + across * form.dilation.get(2);
                    tap(out, form, places, pixel * form.xPixel(), tap++ * form.in * form.yPixel());
                }
            }
        }
        if (form.relu) {
            int zero = places * vectors;
            out.vector(Straight.LOAD, zero, 0, out.word(0), -1);
            for (int r = 0; r < places * vectors; r++) {
                // Of equal operands and of NaN the second is taken, here what was computed.
                out.vector(MachineOperations.MAX, r, zero, new Register(r), -1);
            }
        }
        for (int p = 0; p < places; p++) {
            for (int v = 0; v < vectors; v++) {
                out.vector(Straight.STORE, p * vectors + v, 0, Memory.of(R11, Math.toIntExact(p * form.yPixel() + 32L * v)), -1);
            }
        }
    }

    /// All inputs of one tap: their pixels begin `x` bytes, their weights `w` bytes further.
    private static void tap(X86 out, Form form, int places, long x, long w) {
        int vectors = form.vectors();
        int weight = places * vectors;
        int input = weight + vectors;
        out.address(R12, Memory.of(R9, Math.toIntExact(x)));
        out.address(R13, Memory.of(R10, Math.toIntExact(w)));
        out.address(RAX, Memory.of(R9, Math.toIntExact(x + 4 * form.in)));
        var top = new Label();
        out.align(16);
        out.bind(top);
        for (int v = 0; v < vectors; v++) {
            out.vector(Straight.LOAD, weight + v, 0, Memory.of(R13, 32 * v), -1);
        }
        for (int p = 0; p < places; p++) {
            out.vector(MachineOperations.SPLAT, input, 0, Memory.of(R12, Math.toIntExact(p * form.step * form.xPixel())), -1);
            for (int v = 0; v < vectors; v++) {
                out.vector(Straight.FMA_231, p * vectors + v, input, new Register(weight + v), -1);
            }
        }
        out.add(R12, 4L);
        out.add(R13, form.yPixel());
        out.compare(R12, new Register(RAX));
        out.jumpIfLess(top);
    }
}
