package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LoopsTest {
    private static final float[] SPECIAL = {0f, -0f, 1f, -1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, 3e-39f, Float.MAX_VALUE, -Float.MAX_VALUE, 88.72f, 88.73f, -87.3f, -103.9f,
        -104f, 0.625f, -0.625f, 1e-20f, 0.999999f, 4f, -4f, 9f};

    static Stream<Loops> loops() {
        return Vectors.PRESENT ? Stream.of(Loops.plain(), VectorLoops.INSTANCE) : Stream.of(Loops.plain());
    }

    static Stream<Arguments> cases() {
        return loops().flatMap(l -> Stream.of(DType.values()).map(d -> Arguments.of(l, d)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyUnaryFunctionIsItsMeaning(Loops loops, DType dtype) {
        var random = new Random(1);
        for (var fn : UnaryFn.values()) {
            var out = fn == UnaryFn.NOT || fn == UnaryFn.NOT_FINITE ? DType.BOOL : dtype;
            for (int n = 0; n <= 40; n++) {
                unary(loops, fn, dtype, out, n, random);
            }
            unary(loops, fn, dtype, out, 3000, random);
        }
    }

    private static void unary(Loops loops, UnaryFn fn, DType dtype, DType out, int n, Random random) {
        try (var arena = Arena.ofConfined()) {
            var x = values(arena, dtype, n + 6, random);
            var y = arena.allocate((long) (n + 6) * out.bytes(), 64).fill((byte) 1);
            double before = Elements.get(out, y, 2);
            double after = Elements.get(out, y, n + 3);
            loops.unary(fn, dtype, x, 1, y, 3, n);
            for (int i = 0; i < n; i++) {
                double v = Elements.get(dtype, x, 1 + i);
                close(fn + " of " + v, out, Elements.get(out, y, 3 + i), rounded(out, fn.apply(v)));
            }
            same("the element before", Elements.get(out, y, 2), before);
            same("the element after", Elements.get(out, y, n + 3), after);
            if (out == dtype) {
                loops.unary(fn, dtype, x, 1, x, 1, n);
                assertThat(x.asSlice(dtype.bytes(), (long) n * dtype.bytes()).mismatch(y.asSlice(3L * dtype.bytes(), (long) n * dtype.bytes())))
                        .as("%s %s in place", fn, dtype).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("loops")
    void floatFunctionsAreWithinTwoUnitsOverTheWholeRange(Loops loops) {
        try (var arena = Arena.ofConfined()) {
            int n = 1 << 16;
            var x = arena.allocate(4L * n, 64);
            var y = arena.allocate(4L * n, 64);
            // Every 65,536th of all floats, and a dense stretch around 0 where the functions bend.
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < n; i++) {
                    x.setAtIndex(Elements.F32, i, round == 0 ? Float.intBitsToFloat((i << 16) + 12345) : (i - n / 2) / 1500f);
                }
                for (var fn : UnaryFn.values()) {
                    if (fn == UnaryFn.NOT || fn == UnaryFn.NOT_FINITE) {
                        continue;
                    }
                    loops.unary(fn, DType.F32, x, 0, y, 0, n);
                    for (int i = 0; i < n; i++) {
                        float v = x.getAtIndex(Elements.F32, i);
                        close(fn + " of " + v, DType.F32, y.getAtIndex(Elements.F32, i), (float) fn.apply(v));
                    }
                }
            }
        }
    }

    /// Bit for bit what a cast there and back gives, over patterns of every exponent and over ties.
    @ParameterizedTest
    @MethodSource("loops")
    void roundsToNarrowTypesAsCastsDo(Loops loops) {
        int n = 1 << 20;
        try (var arena = Arena.ofConfined()) {
            var x = arena.allocate(4L * n, 64);
            var narrow = arena.allocate(2L * n, 64);
            var wanted = arena.allocate(4L * n, 64);
            var y = arena.allocate(4L * n, 64);
            for (int i = 0; i < n; i++) {
                x.setAtIndex(Elements.F32, i, Float.intBitsToFloat(i << 12));
            }
            for (var dtype : new DType[] {DType.BF16, DType.F16}) {
                Loops.plain().cast(DType.F32, x, 0, dtype, narrow, 0, n);
                Loops.plain().cast(dtype, narrow, 0, DType.F32, wanted, 0, n);
                loops.unary(dtype == DType.BF16 ? UnaryFn.ROUND_BF16 : UnaryFn.ROUND_F16, DType.F32, x, 0, y, 0, n);
                for (int i = 0; i < n; i++) {
                    float w = wanted.getAtIndex(Elements.F32, i);
                    float v = y.getAtIndex(Elements.F32, i);
                    same(dtype + " of " + x.getAtIndex(Elements.F32, i), v, w);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyBinaryFunctionIsItsMeaning(Loops loops, DType dtype) {
        var random = new Random(2);
        for (var fn : BinaryFn.values()) {
            for (int strides = 0; strides < 4; strides++) {
                for (int n = 0; n <= 40; n++) {
                    binary(loops, fn, dtype, strides & 1, strides >> 1, n, random);
                }
            }
            binary(loops, fn, dtype, 1, 1, 2000, random);
        }
    }

    private static void binary(Loops loops, BinaryFn fn, DType dtype, int as, int bs, int n, Random random) {
        var out = fn.isPredicate() ? DType.BOOL : dtype;
        try (var arena = Arena.ofConfined()) {
            var a = values(arena, dtype, n + 6, random);
            var b = values(arena, dtype, n + 6, random);
            var y = arena.allocate((long) (n + 6) * out.bytes(), 64);
            loops.binary(fn, dtype, a, 1, as, b, 2, bs, y, 3, n);
            for (int i = 0; i < n; i++) {
                double p = Elements.get(dtype, a, 1 + i * as);
                double q = Elements.get(dtype, b, 2 + i * bs);
                close(p + " " + fn + " " + q, out, Elements.get(out, y, 3 + i), rounded(out, fn.apply(p, q)));
            }
            assertThat(Elements.get(out, y, 2)).isZero();
            assertThat(Elements.get(out, y, n + 3)).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void selectsByACondition(Loops loops, DType dtype) {
        var random = new Random(3);
        for (int strides = 0; strides < 8; strides++) {
            for (int n = 0; n <= 70; n++) {
                int cs = strides & 1;
                int as = strides >> 1 & 1;
                int bs = strides >> 2;
                try (var arena = Arena.ofConfined()) {
                    var c = values(arena, DType.BOOL, n + 6, random);
                    var a = values(arena, dtype, n + 6, random);
                    var b = values(arena, dtype, n + 6, random);
                    var y = arena.allocate((long) (n + 6) * dtype.bytes(), 64);
                    loops.select(dtype, c, 2, cs, a, 1, as, b, 0, bs, y, 3, n);
                    for (int i = 0; i < n; i++) {
                        boolean first = c.get(Elements.I8, 2 + i * cs) != 0;
                        same("select", Elements.get(dtype, y, 3 + i), first ? Elements.get(dtype, a, 1 + i * as) : Elements.get(dtype, b, i * bs));
                    }
                    assertThat(Elements.get(dtype, y, n + 3)).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void castsToEveryType(Loops loops, DType from) {
        var random = new Random(4);
        for (var to : DType.values()) {
            for (int n = 0; n <= 70; n++) {
                try (var arena = Arena.ofConfined()) {
                    var x = values(arena, from, n + 6, random);
                    var y = arena.allocate((long) (n + 6) * to.bytes(), 64);
                    loops.cast(from, x, 1, to, y, 3, n);
                    for (int i = 0; i < n; i++) {
                        double v = Elements.get(from, x, 1 + i);
                        same(from + " " + v + " to " + to, Elements.get(to, y, 3 + i), rounded(to, v));
                    }
                    assertThat(Elements.get(to, y, 2)).isZero();
                    assertThat(Elements.get(to, y, n + 3)).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void copiesAndFills(Loops loops, DType dtype) {
        var random = new Random(5);
        for (int n = 0; n <= 40; n++) {
            for (int stride = 0; stride < 2; stride++) {
                try (var arena = Arena.ofConfined()) {
                    var x = values(arena, dtype, n + 6, random);
                    var y = arena.allocate((long) (n + 6) * dtype.bytes(), 64);
                    loops.copy(dtype, x, 1, stride, y, 2, n);
                    for (int i = 0; i < n; i++) {
                        same("copy", Elements.get(dtype, y, 2 + i), Elements.get(dtype, x, 1 + i * stride));
                    }
                    assertThat(Elements.get(dtype, y, n + 2)).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void reducesTheMiddleAxis(Loops loops, DType dtype) {
        var random = new Random(6);
        for (var fn : ReduceFn.values()) {
            for (int round = 0; round < 60; round++) {
                int outer = 1 + random.nextInt(3);
                int middle = round % 10 == 0 ? 0 : 1 + random.nextInt(round % 3 == 0 ? 700 : 5);
                int inner = round % 2 == 0 ? 1 : 1 + random.nextInt(40);
                reduce(loops, fn, dtype, outer, middle, inner, random);
            }
        }
    }

    private static void reduce(Loops loops, ReduceFn fn, DType dtype, int outer, int middle, int inner, Random random) {
        try (var arena = Arena.ofConfined()) {
            var x = arena.allocate((long) outer * middle * inner * dtype.bytes() + 8, 64);
            for (int i = 0; i < outer * middle * inner; i++) {
                double v = fn == ReduceFn.PROD ? 1 + random.nextInt(2) * (i % 97 == 0 ? 1 : 0) : dtype.isFloat() ? random.nextGaussian() : random.nextInt(3);
                Elements.set(dtype, x, i, random.nextInt(400) == 0 && dtype.isFloat() ? Float.NaN : v);
            }
            var y = arena.allocate((long) (outer * inner + 1) * dtype.bytes(), 64);
            loops.reduce(fn, dtype, x, y, outer, middle, inner);
            for (int o = 0; o < outer; o++) {
                for (int i = 0; i < inner; i++) {
                    double wanted = fn == ReduceFn.SUM ? 0 : fn == ReduceFn.PROD ? 1 : fn == ReduceFn.MAX ? least(dtype) : most(dtype);
                    double size = 0;
                    for (int k = 0; k < middle; k++) {
                        double v = Elements.get(dtype, x, (long) (o * middle + k) * inner + i);
                        size += Math.abs(v);
                        wanted = switch (fn) {
                            case SUM -> wanted + v;
                            case PROD -> wanted * v;
                            case MAX -> Math.max(wanted, v);
                            case MIN -> Math.min(wanted, v);
                        };
                    }
                    double got = Elements.get(dtype, y, (long) o * inner + i);
                    wanted = dtype.isFloat() ? wanted : rounded(DType.I64, wanted);
                    if (!dtype.isFloat()) {
                        assertThat((long) got).isEqualTo(dtype == DType.BOOL ? wanted != 0 ? 1 : 0 : dtype == DType.U8 ? (long) wanted & 255 : (long) wanted);
                    } else if (Double.isFinite(wanted) && fn == ReduceFn.SUM) {
                        double unit = dtype == DType.F64 ? 1e-15 : dtype == DType.F32 ? 1e-6 : 0.005;
                        assertThat(Math.abs(got - wanted)).isLessThanOrEqualTo(unit * (size + 1e-30));
                    } else {
                        same(fn + " " + dtype + " " + outer + " " + middle + " " + inner, got, rounded(dtype, wanted));
                    }
                }
            }
        }
    }

    private static double least(DType dtype) {
        return dtype.isFloat() ? Double.NEGATIVE_INFINITY : dtype == DType.I64 ? Long.MIN_VALUE : dtype == DType.I32 ? Integer.MIN_VALUE : 0;
    }

    private static double most(DType dtype) {
        return dtype.isFloat() ? Double.POSITIVE_INFINITY : dtype == DType.I64 ? Long.MAX_VALUE
                : dtype == DType.I32 ? Integer.MAX_VALUE : dtype == DType.U8 ? 255 : 1;
    }

    @ParameterizedTest
    @MethodSource("loops")
    void aMillionTermsKeepTheirDigits(Loops loops) {
        try (var arena = Arena.ofConfined()) {
            int n = 1 << 20;
            var x = arena.allocate(8L * n, 64);
            var y = arena.allocate(64, 64);
            var random = new Random(7);
            double even = 0;
            double all = 0;
            for (int i = 0; i < 2 * n; i++) {
                float v = random.nextFloat();
                x.setAtIndex(Elements.F32, i, v);
                all += v;
                even += i % 2 == 0 ? v : 0;
            }
            loops.reduce(ReduceFn.SUM, DType.F32, x, y, 1, 2L * n, 1);
            assertThat(Math.abs(y.getAtIndex(Elements.F32, 0) - all) / all).isLessThan(1e-6);
            loops.reduce(ReduceFn.SUM, DType.F32, x, y, 1, n, 2);
            assertThat(Math.abs(y.getAtIndex(Elements.F32, 0) - even) / even).isLessThan(1e-6);
            x.setAtIndex(Elements.F32, 3, Float.POSITIVE_INFINITY);
            loops.reduce(ReduceFn.SUM, DType.F32, x, y, 1, n, 2);
            assertThat(y.getAtIndex(Elements.F32, 1)).isEqualTo(Float.POSITIVE_INFINITY);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findsTheFirstExtreme(Loops loops, DType dtype) {
        var random = new Random(8);
        for (int round = 0; round < 200; round++) {
            int outer = 1 + random.nextInt(3);
            int middle = 1 + random.nextInt(20);
            int inner = round % 2 == 0 ? 1 : 1 + random.nextInt(5);
            boolean largest = random.nextBoolean();
            try (var arena = Arena.ofConfined()) {
                var x = arena.allocate((long) outer * middle * inner * dtype.bytes(), 64);
                for (int i = 0; i < outer * middle * inner; i++) {
                    Elements.set(dtype, x, i, dtype.isFloat() && random.nextInt(9) == 0 ? Double.NaN : random.nextInt(5) - (dtype.isFloat() ? 2 : 0));
                }
                var y = arena.allocate(8L * outer * inner, 64);
                loops.argReduce(largest, dtype, x, y, outer, middle, inner);
                for (int o = 0; o < outer; o++) {
                    for (int i = 0; i < inner; i++) {
                        int best = 0;
                        for (int k = 1; k < middle; k++) {
                            int order = Double.compare(Elements.get(dtype, x, (long) (o * middle + k) * inner + i),
                                    Elements.get(dtype, x, (long) (o * middle + best) * inner + i));
                            best = largest ? order > 0 ? k : best : order < 0 ? k : best;
                        }
                        assertThat(y.getAtIndex(Elements.I64, (long) o * inner + i)).isEqualTo(best);
                    }
                }
            }
        }
        assertThatThrownBy(() -> loops.argReduce(true, dtype, MemorySegment.NULL, MemorySegment.NULL, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("length 0");
    }

    private static MemorySegment values(Arena arena, DType dtype, int n, Random random) {
        var x = arena.allocate((long) n * dtype.bytes(), 64);
        for (int i = 0; i < n; i++) {
            double v = switch (dtype) {
                case F32, F64, BF16, F16 -> random.nextInt(4) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : random.nextGaussian() * 3;
                case I64, I32 -> random.nextInt(13) - 6;
                case U8 -> random.nextInt(6);
                case BOOL -> random.nextInt(2);
            };
            Elements.set(dtype, x, i, v);
        }
        return x;
    }

    /// A double as an element of the type holds it; integers wrap as Java's do.
    private static double rounded(DType dtype, double value) {
        var one = MemorySegment.ofArray(new long[1]);
        if (dtype == DType.U8 && Math.abs(value) < 1e9) {
            return (long) value & 255;
        }
        Elements.set(dtype, one, 0, value);
        return Elements.get(dtype, one, 0);
    }

    private static void same(String what, double got, double wanted) {
        if (got != wanted && !(Double.isNaN(got) && Double.isNaN(wanted))) {
            throw new AssertionError(what + " is " + got + ", not " + wanted);
        }
    }

    private static void close(String what, DType dtype, double got, double wanted) {
        double slack = dtype == DType.F32 ? 2 * (double) Math.ulp((float) wanted) : 0;
        boolean same = got == wanted || Double.isNaN(got) && Double.isNaN(wanted) || Math.abs(got - wanted) <= slack;
        if (!same) {
            throw new AssertionError(what + " in " + dtype + " is " + got + ", not " + wanted);
        }
    }
}
