package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The sizes of an LSTM, and how its work is shared: each thread has its own examples for all steps, and its own part of what
/// is done for all steps at once.
record LstmShare(long steps, long n, long features, long units, int parts) {
    /// A thread with fewer examples than this spends its time on reading the recurrent kernel.
    private static final long FEWEST = 8;

    static LstmShare of(List<Type> in, int threads) {
        var x = in.getFirst().shape();
        long units = in.get(1).shape().dim(1);
        return new LstmShare(x.dim(0), x.dim(1), x.dim(2), units, (int) Math.max(1, Math.min(threads, x.dim(1) / FEWEST)));
    }

    /// Where a part's share of `count` begins; a multiple of `grain`, but for the end.
    long from(int part, long count, long grain) {
        return part == parts ? count : count * part / parts / grain * grain;
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

    static MemorySegment scratch(long count) {
        return Arena.ofAuto().allocate(Math.max(64, count * 4), 64);
    }
}
