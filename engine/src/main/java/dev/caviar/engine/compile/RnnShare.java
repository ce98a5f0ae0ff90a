package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Rnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The sizes of a recurrent network, and how its work is shared: each thread has its own examples for all steps, and its own part of what
/// is done for all steps at once.
record RnnShare(Rnn rnn, long steps, long n, long features, long units, int parts) {
    /// A thread with fewer examples than this spends its time on reading the recurrent kernel.
    private static final long FEWEST = 8;

    /// Parts of the gates' gradients, in units: from part `from` of a row, to column `to` of the kernel.
    record Piece(long from, long to, long width) {}

    static RnnShare of(Rnn rnn, List<Slot> in, int threads) {
        var x = in.getFirst().type.shape();
        long units = in.get(1).type.shape().dim(1);
        return new RnnShare(rnn, x.dim(0), x.dim(1), x.dim(2), units, (int) Math.max(1, Math.min(threads, x.dim(1) / FEWEST)));
    }

    Rnn.Cell cell() {
        return rnn.cell();
    }

    /// The numbers in a row of the kernels.
    long gates() {
        return cell().gates() * units;
    }

    /// Those that a step keeps for the gradient.
    long records() {
        return cell().records() * units;
    }

    /// Those that the gradient of a step has: for a GRU whose reset gate acts on the product, the candidate's, those of both gates, and that
    /// of the candidate's recurrent sum, so that what belongs to one of the kernels lies together.
    long slopes() {
        return cell() == Rnn.Cell.GRU ? 4 * units : gates();
    }

    /// Which of the slopes go to which columns of the kernel.
    List<Piece> inputs() {
        return cell() == Rnn.Cell.GRU ? List.of(new Piece(1, 0, 2), new Piece(0, 2, 1)) : List.of(new Piece(0, 0, cell().gates()));
    }

    /// Which of them go to which columns of the recurrent kernel by way of h.
    Piece recurrent() {
        return switch (cell()) {
            case GRU -> new Piece(1, 0, 3);
            case GRU_RESET_BEFORE -> new Piece(0, 0, 2);
            case SIMPLE, LSTM -> new Piece(0, 0, cell().gates());
        };
    }

    /// Where the kernel stands among the inputs; the recurrent one, the bias and the rest follow.
    int kernel() {
        return 1 + cell().states();
    }

    int mask() {
        return kernel() + 3;
    }

    int factor() {
        return mask() + (rnn.masked() ? 1 : 0);
    }

    /// Where a part's share of `count` begins; a multiple of `grain`, but for the end.
    long from(int part, long count, long grain) {
        return Step.cut(count, part, parts, grain);
    }

    long example(int part) {
        return from(part, n, 4);
    }

    long examples(int part) {
        return example(part + 1) - example(part);
    }

    /// Rows of all steps together.
    long row(int part) {
        return from(part, steps * n, 4);
    }

    long rows(int part) {
        return row(part + 1) - row(part);
    }

    String sizes() {
        return " " + steps + " steps, " + n + "×" + features + " to " + units;
    }

    /// C[m, n] with rows of `c` numbers from A and B with these strides.
    static GemmSpec product(long m, long n, long k, Strides a, Strides b, long c, boolean bias, boolean accumulate) {
        return new GemmSpec(DType.F32, DType.F32, 1, m, n, k, a, b, new Strides(0, c, 1), bias ? DType.F32 : null, accumulate,
                GemmSpec.Activation.NONE);
    }

    /// Rows of `width` numbers as they lie.
    static Strides rows(long width) {
        return new Strides(0, width, 1);
    }

    /// The transpose of rows of `width` numbers.
    static Strides columns(long width) {
        return new Strides(0, 1, width);
    }

    /// `count` numbers from number `from`.
    static MemorySegment slice(MemorySegment x, long from, long count) {
        return x.asSlice(from * 4, count * 4);
    }

    /// All from number `from` on.
    static MemorySegment from(MemorySegment x, long from) {
        return x.asSlice(from * 4);
    }

    static MemorySegment scratch(long count) {
        return Arena.ofAuto().allocate(Math.max(64, count * 4), 64);
    }
}
