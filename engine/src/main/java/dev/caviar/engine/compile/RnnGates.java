package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Nest.Instruction;
import dev.caviar.engine.compile.Nest.Map1;
import dev.caviar.engine.compile.Nest.Map2;
import dev.caviar.engine.compile.Nest.Source;
import dev.caviar.engine.compile.Nest.Store;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Rnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// What a recurrent network does between its products, on F32, as loops over the units of one row at a time, each row alone: the result does
/// not depend on how rows are shared between threads.
///
/// Operands are given in the order of each loop's comment, each as rows of some width.
final class RnnGates {
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 1f);

    private RnnGates() {}

    /// A loop and the rows that it goes over. It belongs to one thread.
    static final class Loop {
        private final Kernel kernel;
        private final Table table;
        private final long[] at;
        private final long[] by;
        private final long length;
        /// Where the number 1 stands, or −1.
        private final int one;
        private int next;

        /// `length` elements a row.
        Loop(Nest nest, long length) {
            kernel = Kernels.of(nest, true).kernel();
            at = new long[nest.sources().size() + nest.stores().size()];
            by = new long[at.length];
            table = new Table(at.length);
            this.length = length;
            one = nest.sources().getLast().mode() == Mode.SCALAR ? nest.sources().size() - 1 : -1;
            if (one >= 0) {
                at[one] = ONE.address();
            }
        }

        /// The next operand (the number 1 is not given): part `part`, of as many elements as the loop takes, of rows of `width` numbers.
        Loop with(MemorySegment rows, long part, long width) {
            if (next == one) {
                next++;
            }
            at[next] = rows.address() + part * length * 4;
            by[next] = width * 4;
            next = next + 1 == at.length ? 0 : next + 1;
            return this;
        }

        /// Rows of just the loop's length.
        Loop with(MemorySegment rows) {
            return with(rows, 0, length);
        }

        void run(long rows) {
            for (long r = 0; r < rows; r++) {
                row(r);
            }
        }

        /// All rows at once, for a nest that reduces them.
        void together(long rows) {
            for (int k = 0; k < at.length; k++) {
                table.set(k, at[k]);
            }
            kernel.run(table.address(), rows, length, 0, length);
        }

        void row(long r) {
            for (int k = 0; k < at.length; k++) {
                table.set(k, at[k] + r * by[k]);
            }
            kernel.run(table.address(), 1, length, 0, length);
        }
    }

    /// What a step does behind the product with the recurrent kernel, and behind the second one where there are two.
    static List<Nest> forward(Rnn.Cell cell) {
        return switch (cell) {
            case SIMPLE -> List.of(simple());
            case LSTM -> List.of(lstm());
            case GRU -> List.of(gru());
            case GRU_RESET_BEFORE -> List.of(reset(), update());
        };
    }

    /// What a step back does in front of that, and between the two.
    static List<Nest> backward(Rnn.Cell cell) {
        return switch (cell) {
            case SIMPLE -> List.of(simpleBack());
            case LSTM -> List.of(lstmBack());
            case GRU -> List.of(gruBack());
            case GRU_RESET_BEFORE -> List.of(updateBack(), resetBack());
        };
    }

    /// The sum -> h over the sum, h.
    private static Nest simple() {
        var text = new Text(1, 0);
        int h = text.op(UnaryFn.TANH, 0);
        return text.nest(h, h);
    }

    /// The four sums, the old c -> i, f, g, o over the sums, c = f·c + i·g, h = o·tanh(c).
    private static Nest lstm() {
        var text = new Text(5, 0);
        int i = text.op(UnaryFn.SIGMOID, 0);
        int f = text.op(UnaryFn.SIGMOID, 1);
        int g = text.op(UnaryFn.TANH, 2);
        int c = text.op(BinaryFn.ADD, text.op(BinaryFn.MUL, f, 4), text.op(BinaryFn.MUL, i, g));
        int o = text.op(UnaryFn.SIGMOID, 3);
        return text.nest(i, f, g, o, c, text.op(BinaryFn.MUL, o, text.op(UnaryFn.TANH, c)));
    }

    /// x·W's three sums, h·U's three, the old h -> z, r, g over the sums, h·U's candidate, h.
    private static Nest gru() {
        var text = new Text(7, 0);
        int z = text.op(UnaryFn.SIGMOID, text.op(BinaryFn.ADD, 0, 3));
        int r = text.op(UnaryFn.SIGMOID, text.op(BinaryFn.ADD, 1, 4));
        int g = text.op(UnaryFn.TANH, text.op(BinaryFn.ADD, 2, text.op(BinaryFn.MUL, r, 5)));
        return text.nest(z, r, g, 5, text.between(z, 6, g));
    }

    /// The sums of both gates, h as products see it -> z, r over the sums, r·h.
    private static Nest reset() {
        var text = new Text(3, 0);
        int z = text.op(UnaryFn.SIGMOID, 0);
        int r = text.op(UnaryFn.SIGMOID, 1);
        return text.nest(z, r, text.op(BinaryFn.MUL, r, 2));
    }

    /// z, the candidate's sum, the old h -> g over the sum, h.
    private static Nest update() {
        var text = new Text(3, 0);
        int g = text.op(UnaryFn.TANH, 1);
        return text.nest(g, text.between(0, 2, g));
    }

    /// h and dh, 1 -> the slope of the sum.
    private static Nest simpleBack() {
        var text = new Text(2, 1);
        return text.nest(text.op(BinaryFn.MUL, 1, text.rest(0)));
    }

    /// i, f, g, o, c, the old c, dh, dc, 1 -> the slopes of the four sums, and that of the old c over dc.
    private static Nest lstmBack() {
        var text = new Text(8, 1);
        int t = text.op(UnaryFn.TANH, 4);
        int d = text.op(BinaryFn.ADD, text.op(BinaryFn.MUL, text.rest(t), text.op(BinaryFn.MUL, 6, 3)), 7);
        int i = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, 2), text.slope(0));
        int f = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, 5), text.slope(1));
        int g = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, 0), text.rest(2));
        int o = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, 6, t), text.slope(3));
        return text.nest(i, f, g, o, text.op(BinaryFn.MUL, d, 1));
    }

    /// z, r, g, h·U's candidate, the old h, dh, 1 -> the slopes of the candidate, of z and r, and of h·U's candidate; what dh hands on by z,
    /// over dh.
    private static Nest gruBack() {
        var text = new Text(6, 1);
        int g = text.candidate(0, 2, 5);
        int r = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, g, 3), text.slope(1));
        return text.nest(g, text.gate(0, 2, 4, 5), r, text.op(BinaryFn.MUL, g, 1), text.op(BinaryFn.MUL, 5, 0));
    }

    /// z, g, the old h, dh, 1 -> the slopes of z and of the candidate; what dh hands on by z, over dh.
    private static Nest updateBack() {
        var text = new Text(4, 1);
        return text.nest(text.gate(0, 1, 2, 3), text.candidate(0, 1, 3), text.op(BinaryFn.MUL, 3, 0));
    }

    /// r, h as products see it, the slope of r·h, that of h -> the slope of r; that of h, over it.
    private static Nest resetBack() {
        var text = new Text(4, 0);
        return text.nest(text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, 2, 1), text.slope(0)),
                text.op(BinaryFn.ADD, 3, text.op(BinaryFn.MUL, 2, 0)));
    }

    /// a, b -> a + b.
    static Nest sum() {
        var text = new Text(2, 0);
        return text.nest(text.op(BinaryFn.ADD, 0, 1));
    }

    /// Rows, a row -> the row with all rows added.
    static Nest columnSums() {
        return new Nest(Nest.Axis.COLUMNS, List.of(new Source(DType.F32, Mode.FULL), new Source(DType.F32, Mode.ROW)),
                List.of(new Nest.Reduce(ReduceFn.SUM, DType.F32, 0), new Map2(BinaryFn.ADD, DType.F32, 1, 2)), List.of(new Store(3, Mode.ROW, 1)));
    }

    /// a, b -> a·b.
    static Nest product() {
        var text = new Text(2, 0);
        return text.nest(text.op(BinaryFn.MUL, 0, 1));
    }

    /// a, b, c -> a + b·c.
    static Nest addProduct() {
        var text = new Text(3, 0);
        return text.nest(text.op(BinaryFn.ADD, 0, text.op(BinaryFn.MUL, 1, 2)));
    }

    /// A nest of F32 that is being written.
    private static final class Text {
        private final List<Source> sources = new ArrayList<>();
        private final List<Instruction> code = new ArrayList<>();

        Text(int rows, int numbers) {
            IntStream.range(0, rows).forEach(_ -> sources.add(new Source(DType.F32, Mode.FULL)));
            IntStream.range(0, numbers).forEach(_ -> sources.add(new Source(DType.F32, Mode.SCALAR)));
        }

        int op(UnaryFn fn, int a) {
            return add(new Map1(fn, DType.F32, a));
        }

        int op(BinaryFn fn, int a, int b) {
            return add(new Map2(fn, DType.F32, a, b));
        }

        /// g + z·(h − g).
        int between(int z, int h, int g) {
            return op(BinaryFn.ADD, g, op(BinaryFn.MUL, z, op(BinaryFn.SUB, h, g)));
        }

        /// The slope of the candidate's sum, with 1 as the last source.
        int candidate(int z, int g, int dh) {
            return op(BinaryFn.MUL, op(BinaryFn.SUB, dh, op(BinaryFn.MUL, dh, z)), rest(g));
        }

        /// The slope of the update gate's sum.
        int gate(int z, int g, int h, int dh) {
            return op(BinaryFn.MUL, op(BinaryFn.MUL, dh, op(BinaryFn.SUB, h, g)), slope(z));
        }

        /// 1 − a², with 1 as the last source.
        int rest(int a) {
            return op(BinaryFn.SUB, sources.size() - 1, op(BinaryFn.MUL, a, a));
        }

        /// a − a².
        int slope(int a) {
            return op(BinaryFn.SUB, a, op(BinaryFn.MUL, a, a));
        }

        private int add(Instruction instruction) {
            code.add(instruction);
            return sources.size() + code.size() - 1;
        }

        Nest nest(int... stores) {
            return new Nest(Nest.Axis.FLAT, sources, code, Arrays.stream(stores).mapToObj(s -> new Store(s, Mode.FULL, -1)).toList());
        }
    }
}
