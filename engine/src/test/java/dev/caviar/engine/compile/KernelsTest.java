package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.compile.Kernels.Way;
import dev.caviar.engine.compile.Nest.Axis;
import dev.caviar.engine.compile.Nest.Choose;
import dev.caviar.engine.compile.Nest.Convert;
import dev.caviar.engine.compile.Nest.Instruction;
import dev.caviar.engine.compile.Nest.Map1;
import dev.caviar.engine.compile.Nest.Map2;
import dev.caviar.engine.compile.Nest.Reduce;
import dev.caviar.engine.compile.Nest.Source;
import dev.caviar.engine.compile.Nest.Store;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Compiled nests compute what their instructions mean, for any shape, cut and way of running.
class KernelsTest {
    private static final DType F = DType.F32;

    static Source full(DType dtype) {
        return new Source(dtype, Mode.FULL);
    }

    static Source scalar() {
        return new Source(F, Mode.SCALAR);
    }

    static Nest nest(Axis axis, List<Source> sources, List<Store> stores, Instruction... instructions) {
        return new Nest(axis, sources, List.of(instructions), stores);
    }

    static Map2 op(BinaryFn fn, int a, int b) {
        return new Map2(fn, F, a, b);
    }

    static Map1 op(UnaryFn fn, int a) {
        return new Map1(fn, F, a);
    }

    static Store store(int value) {
        return new Store(value, Mode.FULL, -1);
    }

    /// w, m, v, g with rate and gains, as the optimizer writes it; m, v and w in place.
    static Nest adam() {
        return nest(Axis.FLAT, List.of(full(F), full(F), full(F), full(F), scalar(), scalar(), scalar(), scalar(), scalar()),
                List.of(new Store(17, Mode.FULL, 0), new Store(11, Mode.FULL, 1), new Store(14, Mode.FULL, 2)),
                op(BinaryFn.SUB, 3, 1), op(BinaryFn.MUL, 9, 5), op(BinaryFn.ADD, 1, 10),
                op(UnaryFn.SQUARE, 3), op(BinaryFn.SUB, 12, 2), op(BinaryFn.ADD, 2, 13),
                op(BinaryFn.MUL, 11, 4), op(UnaryFn.ABS, 14), op(BinaryFn.SUB, 0, 15));
    }

    static Nest batchNorm() {
        return nest(Axis.COLUMNS, List.of(full(F), scalar(), new Source(F, Mode.ROW), new Source(F, Mode.ROW)),
                List.of(store(13), new Store(5, Mode.ROW, -1), new Store(8, Mode.ROW, -1), store(6)),
                new Reduce(ReduceFn.SUM, F, 0), op(BinaryFn.MUL, 4, 1), op(BinaryFn.SUB, 0, 5), op(UnaryFn.SQUARE, 6),
                new Reduce(ReduceFn.SUM, F, 7), op(BinaryFn.MUL, 8, 1), op(UnaryFn.ABS, 9), op(UnaryFn.SQRT, 10),
                op(BinaryFn.MUL, 6, 2), op(BinaryFn.ADD, 12, 3));
    }

    static Nest softmax() {
        return nest(Axis.ROWS, List.of(full(F)), List.of(store(5), new Store(6, Mode.COLUMN, -1)),
                new Reduce(ReduceFn.MAX, F, 0), op(BinaryFn.SUB, 0, 1), op(UnaryFn.EXP, 2), new Reduce(ReduceFn.SUM, F, 3),
                op(BinaryFn.DIV, 3, 4), op(UnaryFn.SQRT, 4));
    }

    static Stream<Nest> nests() {
        var row = new Source(F, Mode.ROW);
        var column = new Source(F, Mode.COLUMN);
        return Stream.of(
                nest(Axis.FLAT, List.of(full(F), full(F)), List.of(store(2)), op(BinaryFn.ADD, 0, 1)),
                nest(Axis.FLAT, List.of(full(F), scalar()), List.of(store(4), store(2)), op(BinaryFn.MUL, 0, 1), op(UnaryFn.EXP, 2),
                        op(BinaryFn.DIV, 3, 2)),
                nest(Axis.FLAT, List.of(full(F)), List.of(store(2)), op(UnaryFn.TANH, 0), op(UnaryFn.RELU, 1)),
                nest(Axis.FLAT, List.of(full(F)), List.of(store(2)), op(UnaryFn.SIGMOID, 0), op(UnaryFn.SQUARE, 1)),
                nest(Axis.FLAT, List.of(full(F)), List.of(store(1)), op(UnaryFn.ERF, 0)),
                nest(Axis.FLAT, List.of(scalar()), List.of(store(1)), op(UnaryFn.NEG, 0)),
                nest(Axis.FLAT, List.of(full(DType.BOOL), full(F), scalar()), List.of(store(5)), op(BinaryFn.SUB, 1, 2),
                        new Choose(F, 0, 3, 1), op(UnaryFn.ABS, 4)),
                nest(Axis.FLAT, List.of(full(F), scalar(), full(DType.BOOL)), List.of(store(3), store(4)),
                        new Map2(BinaryFn.GT, DType.BOOL, 0, 1), new Map2(BinaryFn.AND, DType.BOOL, 3, 2)),
                nest(Axis.FLAT, List.of(full(DType.I32), full(DType.U8)), List.of(store(4), store(5)), new Convert(F, 0), new Convert(F, 1),
                        op(BinaryFn.MAX, 2, 3), new Map2(BinaryFn.MUL, DType.I32, 0, 0)),
                nest(Axis.FLAT, List.of(full(DType.I64), full(DType.I32)), List.of(store(3), store(4)), new Convert(DType.I64, 1),
                        new Map2(BinaryFn.DIV, DType.I64, 0, 2), new Map2(BinaryFn.EQ, DType.BOOL, 0, 2)),
                nest(Axis.FLAT, List.of(full(DType.F64)), List.of(store(2)), new Map1(UnaryFn.TANH, DType.F64, 0),
                        new Map2(BinaryFn.MUL, DType.F64, 0, 1)),
                adam(),
                nest(Axis.ROWS, List.of(full(F), row, column), List.of(store(4)), op(BinaryFn.MUL, 0, 1), op(BinaryFn.ADD, 3, 2)),
                nest(Axis.ROWS, List.of(row, column), List.of(store(2)), op(BinaryFn.SUB, 0, 1)),
                nest(Axis.ROWS, List.of(full(F)), List.of(new Store(1, Mode.COLUMN, -1), new Store(2, Mode.COLUMN, -1)),
                        new Reduce(ReduceFn.SUM, F, 0), new Reduce(ReduceFn.MIN, F, 0)),
                nest(Axis.COLUMNS, List.of(full(F), column), List.of(new Store(3, Mode.ROW, -1), new Store(4, Mode.ROW, -1)),
                        op(BinaryFn.MUL, 0, 1), new Reduce(ReduceFn.SUM, F, 2), new Reduce(ReduceFn.MAX, F, 0)),
                nest(Axis.ROWS, List.of(full(DType.F64)), List.of(new Store(1, Mode.COLUMN, -1)), new Reduce(ReduceFn.PROD, DType.F64, 0)),
                nest(Axis.ROWS, List.of(full(F), new Source(DType.I64, Mode.COLUMN)), List.of(new Store(2, Mode.COLUMN, -1),
                        new Store(4, Mode.COLUMN, -1)), new Nest.Arg(true, 0), new Map2(BinaryFn.EQ, DType.BOOL, 2, 1), new Convert(F, 3)),
                batchNorm(), softmax());
    }

    static Stream<long[]> shapes() {
        return Stream.of(new long[] {1, 1}, new long[] {1, 7}, new long[] {1, 8}, new long[] {1, 9}, new long[] {1, 1000}, new long[] {64, 256},
                new long[] {33, 10}, new long[] {300, 45}, new long[] {3, 5000}, new long[] {64, 10});
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> nestsAndShapes() {
        return nests().flatMap(nest -> shapes().map(shape -> org.junit.jupiter.params.provider.Arguments.of(nest, shape)));
    }

    /// Runs a nest in three cuts.
    static void run(Nest nest, Way way, long rows, long columns, long table) {
        var kernel = Kernels.of(nest, way).kernel();
        long length = switch (nest.axis()) {
            case FLAT -> rows * columns;
            case ROWS -> rows;
            case COLUMNS -> columns;
        };
        long one = length / 3 / nest.grain() * nest.grain();
        long two = length * 2 / 3 / nest.grain() * nest.grain();
        kernel.run(table, rows, columns, 0, one);
        kernel.run(table, rows, columns, one, two);
        kernel.run(table, rows, columns, two, length);
    }

    /// Runs a nest; its buffers stay reachable meanwhile.
    static void run(Nest nest, Way way, long rows, long columns, List<Buffer> sources, List<Buffer> targets) {
        var table = NestOracle.table(sources, targets);
        run(nest, way, rows, columns, table.address());
        Reference.reachabilityFence(table);
        Reference.reachabilityFence(sources);
        Reference.reachabilityFence(targets);
    }

    @ParameterizedTest
    @MethodSource("nestsAndShapes")
    void aNestComputesWhatItsInstructionsMean(Nest nest, long[] shape) {
        for (var way : Way.values()) {
            var sources = NestOracle.sources(nest, shape[0], shape[1], 7);
            var oracle = new NestOracle(nest, shape[0], shape[1], sources);
            var targets = NestOracle.targets(nest, shape[0], shape[1], sources);
            run(nest, way, shape[0], shape[1], sources, targets);
            for (int s = 0; s < targets.size(); s++) {
                var expected = oracle.expected(s);
                for (int i = 0; i < expected.length; i++) {
                    double tolerance = targets.get(s).type().dtype().isFloat() ? 2e-5 * Math.max(1, Math.abs(expected[i])) : 0;
                    assertThat(Math.abs(targets.get(s).at(i) - expected[i])).describedAs("%s store %d element %d: %s, not %s, with %s", nest.print(), s, i,
                            targets.get(s).at(i), expected[i], way).isLessThanOrEqualTo(tolerance);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nestsAndShapes")
    void numbersAndVectorsGiveTheSameBitsButInReductions(Nest nest, long[] shape) {
        if (nest.instructions().stream().anyMatch(i -> i instanceof Reduce)) {
            return;
        }
        var results = new ArrayList<List<Buffer>>();
        for (var way : List.of(Way.MASKED, Way.VECTORS)) {
            var sources = NestOracle.sources(nest, shape[0], shape[1], 3);
            var targets = NestOracle.targets(nest, shape[0], shape[1], sources);
            run(nest, way, shape[0], shape[1], sources, targets);
            results.add(targets);
        }
        for (int s = 0; s < results.getFirst().size(); s++) {
            assertThat(results.get(0).get(s).memory().mismatch(results.get(1).get(s).memory())).isEqualTo(-1);
        }
    }

    private static Map1 op(UnaryFn fn, DType dtype) {
        return new Map1(fn, dtype, 0);
    }

    /// Every function and conversion, to and from every type of 32 bits and less.
    static Stream<Nest> everyFunction() {
        var unary = Stream.of(UnaryFn.values()).map(fn -> nest(Axis.FLAT, List.of(full(F)), List.of(store(1)),
                op(fn, fn == UnaryFn.NOT_FINITE || fn == UnaryFn.NOT ? DType.BOOL : F)));
        var binary = Stream.of(BinaryFn.values()).map(fn -> nest(Axis.FLAT, List.of(full(F), full(F)), List.of(store(2)),
                new Map2(fn, fn.isPredicate() ? DType.BOOL : F, 0, 1)));
        var one = Stream.of(BinaryFn.values()).filter(fn -> !fn.isPredicate()).map(fn -> nest(Axis.FLAT, List.of(full(F), scalar()),
                List.of(store(2)), new Map2(fn, F, 1, 0)));
        var whole = Stream.of(UnaryFn.NEG, UnaryFn.ABS, UnaryFn.SQUARE, UnaryFn.RELU, UnaryFn.SIGN).map(fn ->
                nest(Axis.FLAT, List.of(full(DType.I32)), List.of(store(1)), op(fn, DType.I32)));
        var wholes = Stream.of(BinaryFn.ADD, BinaryFn.SUB, BinaryFn.MUL, BinaryFn.MAX, BinaryFn.MIN, BinaryFn.EQ, BinaryFn.NE, BinaryFn.LT,
                BinaryFn.LE, BinaryFn.GT, BinaryFn.GE).map(fn -> nest(Axis.FLAT, List.of(full(DType.I32), full(DType.I32)), List.of(store(2)),
                new Map2(fn, fn.isPredicate() ? DType.BOOL : DType.I32, 0, 1)));
        var types = List.of(F, DType.I32, DType.U8, DType.BOOL, DType.BF16);
        var casts = types.stream().flatMap(from -> types.stream().filter(to -> to != from).map(to ->
                nest(Axis.FLAT, List.of(full(from)), List.of(store(1)), new Convert(to, 0))));
        var spread = types.stream().map(from -> nest(Axis.ROWS, List.of(new Source(from, Mode.COLUMN), new Source(from, Mode.ROW)),
                List.of(store(2), store(3), new Store(4, Mode.COLUMN, -1)), new Convert(from == F ? DType.BF16 : F, 0),
                new Convert(from == F ? DType.BF16 : F, 1), new Convert(from == F ? DType.U8 : F, 0)));
        return Stream.of(unary, binary, one, whole, wholes, casts, spread).flatMap(stream -> stream);
    }

    /// Zeros of both signs, the ends of the numbers, what is none, and what lies between.
    private static final float[] SPECIAL = {0, -0f, 1, -1, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, 0x1p31f, -0x1p31f, 0x1p32f, 255, 256, 300, 88, 89, -88,
        -104, 20, 1e-30f, 3e9f, -3e9f, 65504, 65520, 0x1p23f, 0x1p24f, 7.3f, -7.3f};

    private static void special(Buffer buffer, int turn) {
        for (int i = 0; i < buffer.type().shape().size(); i++) {
            float value = SPECIAL[(i + turn * (i / SPECIAL.length)) % SPECIAL.length];
            buffer.set(i, buffer.type().dtype() == DType.BOOL ? value > 0 ? 1 : 0 : buffer.type().dtype() == DType.U8 ? Math.abs(i * 7 % 256) : value);
        }
    }

    @ParameterizedTest
    @MethodSource("everyFunction")
    void everyFunctionIsTheSameAsMachineCodeAsVectorsAndOneByOne(Nest nest) {
        long rows = nest.axis() == Axis.FLAT ? 1 : SPECIAL.length;
        long columns = nest.axis() == Axis.FLAT ? SPECIAL.length * SPECIAL.length : SPECIAL.length;
        var results = new ArrayList<List<Buffer>>();
        for (var way : List.of(Way.MACHINE, Way.MASKED, Way.VECTORS)) {
            var sources = NestOracle.sources(nest, rows, columns, 5);
            for (int k = 0; k < sources.size(); k++) {
                special(sources.get(k), k);
            }
            var targets = NestOracle.targets(nest, rows, columns, sources);
            run(nest, way, rows, columns, sources, targets);
            results.add(targets);
        }
        for (int s = 0; s < results.getFirst().size(); s++) {
            for (int way = 1; way < 3; way++) {
                for (int i = 0; i < results.getFirst().get(s).type().shape().size(); i++) {
                    assertThat(results.getFirst().get(s).at(i)).describedAs("%s element %d", nest.print(), i).isEqualTo((Double) results.get(way).get(s).at(i));
                }
            }
        }
    }

    /// The first of equals, and NaN above all, whatever the length of the row.
    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 9, 10, 16, 37, 64, 1000, 5000})
    void theBestOfARowIsFoundAsPlainLoopsFindIt(long columns) {
        var nest = nest(Axis.ROWS, List.of(full(F), new Source(DType.I64, Mode.COLUMN)), List.of(new Store(2, Mode.COLUMN, -1),
                new Store(3, Mode.COLUMN, -1), new Store(6, Mode.COLUMN, -1), new Store(7, Mode.COLUMN, -1)), new Nest.Arg(true, 0), new Nest.Arg(false, 0),
                new Reduce(ReduceFn.SUM, F, 0), new Map2(BinaryFn.EQ, DType.BOOL, 2, 1), new Convert(F, 5), new Reduce(ReduceFn.MAX, F, 0));
        var results = new ArrayList<List<Buffer>>();
        for (var way : List.of(Way.MACHINE, Way.PLAIN)) {
            var sources = NestOracle.sources(nest, 300, columns, 5);
            for (int row = 0; row < 300; row++) {
                for (long i = 0; i < columns; i++) {
                    // Rows of one number, of a few with many equals, and of anything.
                    int kind = row % 3 == 0 ? row : row % 3 == 1 ? (int) (i * 7 + row) % (1 + row % 4) + row : (int) (i * i + row);
                    sources.getFirst().set(row * columns + i, SPECIAL[kind % SPECIAL.length]);
                }
                sources.getLast().setLong(row, row % 4);
            }
            var targets = NestOracle.targets(nest, 300, columns, sources);
            run(nest, way, 300, columns, sources, targets);
            results.add(targets);
        }
        assertThat(Kernels.of(nest, Way.MACHINE).way()).isEqualTo(MachineCode.isSupported() ? Way.MACHINE : Way.PLAIN);
        for (int s = 0; s < 4; s++) {
            for (int row = 0; row < 300; row++) {
                double plain = results.get(1).get(s).at(row);
                // Fast loops store no subnormal numbers.
                Double expected = Math.abs(plain) < Float.MIN_NORMAL ? Math.copySign(0, plain) : plain;
                assertThat(results.get(0).get(s).at(row)).describedAs("store %d row %d of %d", s, row, columns).isEqualTo(expected);
            }
        }
    }

    /// Machine code is that of vectors of eight lanes, instruction by instruction.
    @ParameterizedTest
    @MethodSource("nestsAndShapes")
    void machineCodeAndVectorsGiveTheSameBits(Nest nest, long[] shape) {
        if (!MachineCode.isSupported() || jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.length() != MachineEmitter.LANES) {
            return;
        }
        var results = new ArrayList<List<Buffer>>();
        for (var way : List.of(Way.MACHINE, Way.MASKED)) {
            var sources = NestOracle.sources(nest, shape[0], shape[1], 5);
            var targets = NestOracle.targets(nest, shape[0], shape[1], sources);
            run(nest, way, shape[0], shape[1], sources, targets);
            results.add(targets);
        }
        for (int s = 0; s < results.getFirst().size(); s++) {
            assertThat(results.get(0).get(s).memory().mismatch(results.get(1).get(s).memory())).describedAs(nest.print()).isEqualTo(-1);
        }
    }

    @Test
    void aRunningKernelMakesNoGarbage() {
        var bean = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var wasteful = new ArrayList<String>();
        for (var nest : nests().toList()) {
            var kernel = Kernels.of(nest, true).kernel();
            var sources = NestOracle.sources(nest, 16, 45, 1);
            var targets = NestOracle.targets(nest, 16, 45, sources);
            var table = NestOracle.table(sources, targets);
            long length = nest.axis() == Axis.FLAT ? 16 * 45 : nest.axis() == Axis.ROWS ? 16 : 45;
            long garbage = Long.MAX_VALUE;
            // The compiler works beside us: wait until it is done, by rounds and not by time.
            for (int round = 0; round < 500 && garbage > 0; round++) {
                long before = bean.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 300; i++) {
                    kernel.run(table.address(), 16, 45, 0, length);
                }
                garbage = bean.getCurrentThreadAllocatedBytes() - before;
            }
            Reference.reachabilityFence(sources);
            Reference.reachabilityFence(targets);
            if (garbage > 0) {
                wasteful.add(garbage / 300 + " bytes a call: " + nest.print());
            }
        }
        assertThat(wasteful).isEmpty();
    }
}
