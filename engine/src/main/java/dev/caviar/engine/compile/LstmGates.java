package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Nest.Instruction;
import dev.caviar.engine.compile.Nest.Map1;
import dev.caviar.engine.compile.Nest.Map2;
import dev.caviar.engine.compile.Nest.Source;
import dev.caviar.engine.compile.Nest.Store;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What an LSTM does between its products, on F32: a few rows of one step at a time, each alone, so that the result does not depend on
/// how rows are shared between threads.
///
/// Rows lie one behind the other; those of gates have four parts of `units`: input gate, forget gate, candidate, output gate. An object
/// is one thread's.
final class LstmGates {
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 1f);

    private final long units;
    private final Loop sigmoid = new Loop(Text.function(UnaryFn.SIGMOID));
    private final Loop tanh = new Loop(Text.function(UnaryFn.TANH));
    private final Loop cell = new Loop(cell());
    private final Loop back = new Loop(back());
    private final Loop add = new Loop(Text.sum());

    LstmGates(long units) {
        this.units = units;
    }

    /// Turns `gates` from sums into the gates' values, and gives the new c and h from the old c, which may be the same memory.
    void forward(MemorySegment gates, MemorySegment before, MemorySegment c, MemorySegment h, long rows) {
        long part = 4 * units;
        for (long r = 0; r < rows; r++) {
            long i = gates.address() + r * 4 * part;
            long row = r * part;
            sigmoid.over(i, i).run(2 * units);
            tanh.over(i + 2 * part, i + 2 * part).run(units);
            sigmoid.over(i + 3 * part, i + 3 * part).run(units);
            cell.over(i, i + part, i + 2 * part, i + 3 * part, before.address() + row, c.address() + row, h.address() + row).run(units);
        }
        Reference.reachabilityFence(this);
    }

    /// One step back: from the gates' values, c after and before the step, and the gradients of h and c, to those of the sums
    /// `dz` and of the c before, which takes the place of `dc`. `sums` gets the rows of dz added.
    void backward(MemorySegment gates, MemorySegment c, MemorySegment before, MemorySegment dh, MemorySegment dc, MemorySegment dz,
            MemorySegment sums, long rows) {
        long part = 4 * units;
        for (long r = 0; r < rows; r++) {
            long i = gates.address() + r * 4 * part;
            long z = dz.address() + r * 4 * part;
            long row = r * part;
            back.over(i, i + part, i + 2 * part, i + 3 * part, c.address() + row, before.address() + row, dh.address() + row, dc.address() + row,
                    ONE.address(), z, z + part, z + 2 * part, z + 3 * part, dc.address() + row).run(units);
            add.over(sums.address(), z, sums.address()).run(4 * units);
        }
        Reference.reachabilityFence(this);
    }

    /// y += x.
    void add(MemorySegment x, MemorySegment y, long n) {
        add.over(y.address(), x.address(), y.address()).run(n);
        Reference.reachabilityFence(this);
    }

    /// i, f, g, o and the old c -> c = f·c + i·g, h = o·tanh(c).
    private static Nest cell() {
        var text = new Text(5, 0);
        int c = text.op(BinaryFn.ADD, text.op(BinaryFn.MUL, 1, 4), text.op(BinaryFn.MUL, 0, 2));
        return text.nest(c, text.op(BinaryFn.MUL, 3, text.op(UnaryFn.TANH, c)));
    }

    /// i, f, g, o, c, the old c, dh, dc and 1 -> the gradients of the four sums, and that of the old c.
    private static Nest back() {
        var text = new Text(8, 1);
        int i = 0;
        int f = 1;
        int g = 2;
        int o = 3;
        int dh = 6;
        int t = text.op(UnaryFn.TANH, 4);
        int d = text.op(BinaryFn.ADD, text.op(BinaryFn.MUL, text.rest(t), text.op(BinaryFn.MUL, dh, o)), 7);
        int di = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, g), text.slope(i));
        int df = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, 5), text.slope(f));
        int dg = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, d, i), text.rest(g));
        int dout = text.op(BinaryFn.MUL, text.op(BinaryFn.MUL, dh, t), text.slope(o));
        return text.nest(di, df, dg, dout, text.op(BinaryFn.MUL, d, f));
    }

    /// One loop, with the addresses that it goes over.
    private static final class Loop {
        private final Kernel kernel;
        private final Table table;

        Loop(Nest nest) {
            kernel = Kernels.of(nest, true).kernel();
            table = new Table(nest.sources().size() + nest.stores().size());
        }

        Loop over(long a, long y) {
            table.set(0, a);
            table.set(1, y);
            return this;
        }

        Loop over(long a, long b, long y) {
            table.set(2, y);
            return over(a, b);
        }

        Loop over(long a, long b, long c, long d, long e, long f, long g) {
            table.set(3, d);
            table.set(4, e);
            table.set(5, f);
            table.set(6, g);
            return over(a, b, c);
        }

        Loop over(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l, long m, long n) {
            table.set(7, h);
            table.set(8, i);
            table.set(9, j);
            table.set(10, k);
            table.set(11, l);
            table.set(12, m);
            table.set(13, n);
            return over(a, b, c, d, e, f, g);
        }

        void run(long n) {
            kernel.run(table.address(), 1, n, 0, n);
        }
    }

    /// A nest of F32 that is being written.
    private static final class Text {
        private final List<Source> sources = new ArrayList<>();
        private final List<Instruction> code = new ArrayList<>();

        Text(int rows, int numbers) {
            IntStream.range(0, rows).forEach(_ -> sources.add(new Source(DType.F32, Mode.FULL)));
            IntStream.range(0, numbers).forEach(_ -> sources.add(new Source(DType.F32, Mode.SCALAR)));
        }

        static Nest function(UnaryFn fn) {
            var text = new Text(1, 0);
            return text.nest(text.op(fn, 0));
        }

        static Nest sum() {
            var text = new Text(2, 0);
            return text.nest(text.op(BinaryFn.ADD, 0, 1));
        }

        int op(UnaryFn fn, int a) {
            return add(new Map1(fn, DType.F32, a));
        }

        int op(BinaryFn fn, int a, int b) {
            return add(new Map2(fn, DType.F32, a, b));
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
            return new Nest(Nest.Axis.FLAT, sources, code, IntStream.of(stores).mapToObj(s -> new Store(s, Mode.FULL, -1)).toList());
        }
    }
}
