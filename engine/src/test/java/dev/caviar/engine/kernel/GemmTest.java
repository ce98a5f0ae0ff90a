package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GemmTest {
    static Stream<Provider> providers() {
        return Stream.of(Provider.plain(), Chosen.choose("vector"), Provider.best());
    }

    @ParameterizedTest
    @MethodSource("providers")
    void multipliesAsTheSpecSays(Provider provider) {
        var random = new Random(5);
        for (int round = 0; round < 400; round++) {
            check(provider.gemm(), random(random, round % 5 == 0 ? DType.F64 : DType.F32), random);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void multipliesHalfPrecision(Provider provider) {
        var random = new Random(6);
        for (int round = 0; round < 40; round++) {
            var spec = random(random, round % 2 == 0 ? DType.BF16 : DType.F16);
            check(provider.gemm(), spec, random);
            check(provider.gemm(), spec.withBias(spec.bias() == null ? null : DType.F32), random);
            check(provider.gemm(), spec.withBias(null).withOut(DType.F32).withBias(spec.bias() != null), random);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void anEmptyInnerAxisLeavesBiasAndActivation(Provider provider) {
        var random = new Random(7);
        for (boolean accumulate : new boolean[] {false, true}) {
            check(provider.gemm(), new GemmSpec(DType.F32, DType.F32, 2, 3, 4, 0, new Strides(0, 0, 1), new Strides(0, 4, 1),
                    new Strides(12, 4, 1), DType.F32, accumulate, Activation.RELU), random);
        }
        check(provider.gemm(), GemmSpec.of(DType.F32, 0, 4, 2), random);
        check(provider.gemm(), GemmSpec.of(DType.F32, 4, 0, 2), random);
    }

    @Test
    void theProductsOfANetworkRunOnFastCode() {
        var best = Provider.best();
        if (!best.name().equals("onednn")) {
            System.out.println("GemmTest: no oneDNN here (" + best.why() + "), its implementations are not judged.");
            return;
        }
        var names = new ArrayList<String>();
        for (var spec : network()) {
            var name = best.gemm().prepare(spec).implementation();
            names.add(name);
            assertThat(name).as("%s", spec).doesNotContain("ref").doesNotContain("plain");
        }
        assertThat(names).isNotEmpty();
    }

    private static List<GemmSpec> network() {
        var f32 = DType.F32;
        var specs = new ArrayList<GemmSpec>();
        for (long batch : new long[] {1, 2, 16, 64, 256}) {
            for (long[] layer : new long[][] {{784, 256}, {256, 10}, {64, 64}, {64, 10}, {13, 1}, {1, 7}}) {
                long in = layer[0];
                long out = layer[1];
                specs.add(GemmSpec.of(f32, batch, out, in).withBias(true));
                specs.add(GemmSpec.of(f32, batch, out, in).withBias(true).withActivation(Activation.RELU));
                specs.add(new GemmSpec(f32, f32, 1, in, out, batch, new Strides(0, 1, in), new Strides(0, out, 1),
                        new Strides(0, out, 1), null, false, Activation.NONE));
                specs.add(new GemmSpec(f32, f32, 1, batch, in, out, new Strides(0, out, 1), new Strides(0, 1, out),
                        new Strides(0, in, 1), null, true, Activation.NONE));
                specs.add(new GemmSpec(f32, f32, 16, batch, out, in, new Strides(batch * in, in, 1), new Strides(in * out, out, 1),
                        new Strides(batch * out, out, 1), f32, false, Activation.RELU));
            }
        }
        return specs;
    }

    @Test
    void halfPrecisionThatDoesNotRunIsComputedInFloats() {
        for (var dtype : List.of(DType.BF16, DType.F16)) {
            var name = Provider.best().gemm().prepare(GemmSpec.of(dtype, 64, 32, 48).withOut(DType.F32)).implementation();
            assertThat(name).doesNotStartWith("ref");
            assertThat(name.endsWith("+f32")).isEqualTo(!Provider.best().gemm().runs(dtype));
        }
        assertThatThrownBy(() -> GemmSpec.of(DType.F32, 2, 2, 2).withOut(DType.BF16)).hasMessageContaining("gives F32, not BF16");
    }

    @Test
    void aProductOfFloatsMayRoundWhatItMultiplies() {
        var best = Provider.best();
        var random = new Random(11);
        for (int round = 0; round < 40; round++) {
            var spec = random(random, DType.F32);
            var exact = best.gemm().prepare(spec).implementation();
            var rounding = Provider.rounding(DType.BF16, () -> best.gemm().prepare(spec));
            if (!best.gemm().runs(DType.BF16)) {
                assertThat(rounding.implementation()).isEqualTo(exact);
                Provider.rounding(DType.BF16, () -> {
                    check(best.gemm(), spec, random);
                    return spec;
                });
            } else {
                assertThat(rounding.implementation()).doesNotStartWith("ref");
            }
        }
    }

    @Test
    void manyThreadsShareAPrimitive() throws Exception {
        var random = new Random(8);
        var specs = Stream.generate(() -> random(random, DType.F32)).limit(40).toList();
        try (var pool = Executors.newFixedThreadPool(4)) {
            var work = Stream.generate(() -> (Callable<Void>) () -> {
                for (var spec : specs) {
                    check(Provider.best().gemm(), spec, new Random(9));
                }
                return null;
            }).limit(8).toList();
            for (var done : pool.invokeAll(work)) {
                done.get();
            }
        }
    }

    @Test
    void aCallMovesBetweenThreads() throws Exception {
        var spec = GemmSpec.of(DType.F32, 8, 8, 8);
        var call = Provider.best().gemm().prepare(spec);
        try (var arena = Arena.ofShared()) {
            var x = arena.allocate(256, 64);
            x.setAtIndex(Elements.F32, 0, 2);
            var y = arena.allocate(256, 64);
            Thread.ofPlatform().start(() -> call.run(x, x, null, y)).join();
            assertThat(y.getAtIndex(Elements.F32, 0)).isEqualTo(4);
        }
    }

    @Test
    void refusesSegmentsThatAreTooSmall() {
        var call = Provider.best().gemm().prepare(GemmSpec.of(DType.F32, 4, 4, 4));
        try (var arena = Arena.ofConfined()) {
            var whole = arena.allocate(64, 64);
            var part = whole.asSlice(0, 60);
            assertThatThrownBy(() -> call.run(whole, part, null, whole)).isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> call.run(whole, whole, whole, whole)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("bias");
        }
    }

    private static GemmSpec random(Random random, DType dtype) {
        long batch = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1;
        long m = size(random);
        long n = size(random);
        long k = size(random);
        long gap = random.nextInt(3) == 0 ? random.nextInt(5) : 0;
        var c = new Strides(m * (n + gap) + gap, n + gap, 1);
        return new GemmSpec(dtype, dtype, batch, m, n, k, strides(random, batch, m, k), strides(random, batch, k, n), c,
                random.nextBoolean() ? dtype : null, random.nextInt(3) == 0, random.nextInt(3) == 0 ? Activation.RELU : Activation.NONE);
    }

    private static long size(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(3);
            case 1 -> 1 + random.nextInt(140);
            default -> 1 + random.nextInt(40);
        };
    }

    private static Strides strides(Random random, long batch, long rows, long columns) {
        long gap = random.nextInt(3) == 0 ? random.nextInt(5) : 0;
        var s = switch (random.nextInt(10)) {
            case 0, 1, 2 -> new Strides(columns * (rows + gap) + gap, 1, rows + gap);
            case 3 -> new Strides(rows * (2 * columns + gap), 2 * columns + gap, 2);
            case 4 -> new Strides(rows, 0, 1);
            default -> new Strides(rows * (columns + gap) + gap, columns + gap, 1);
        };
        return batch > 1 && random.nextInt(6) == 0 ? new Strides(0, s.row(), s.column()) : s;
    }

    private static void check(Gemm gemm, GemmSpec spec, Random random) {
        try (var arena = Arena.ofConfined()) {
            var a = fill(arena, spec, spec.dtype(), spec.a(), spec.m(), spec.k(), random);
            var b = fill(arena, spec, spec.dtype(), spec.b(), spec.k(), spec.n(), random);
            var c = fill(arena, spec, spec.out(), spec.c(), spec.m(), spec.n(), random);
            var bias = spec.bias() != null ? fill(arena, spec, spec.bias(), new Strides(0, 0, 1), 1, spec.n(), random) : null;
            var before = arena.allocate(c.byteSize(), 64).copyFrom(c);
            var call = gemm.prepare(spec);
            call.run(a, b, bias, c);
            compare(spec, call.implementation(), a, b, bias, before, c);
            c.copyFrom(before);
            call.run(a, b, bias, c);
            compare(spec, call.implementation(), a, b, bias, before, c);
        }
    }

    private static MemorySegment fill(Arena arena, GemmSpec spec, DType dtype, Strides s, long rows, long columns, Random random) {
        long n = 1 + Math.max(0, spec.batch() - 1) * s.batch() + Math.max(0, rows - 1) * s.row() + Math.max(0, columns - 1) * s.column();
        var x = arena.allocate(Math.max(n, 1) * dtype.bytes(), 64);
        for (long i = 0; i < n; i++) {
            Elements.set(dtype, x, i, random.nextGaussian());
        }
        return x;
    }

    /// Every element of C is right, and what lies between its rows is untouched.
    private static void compare(GemmSpec spec, String implementation, MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment before, MemorySegment c) {
        var dtype = spec.dtype();
        var out = spec.out();
        for (long s = 0; s < spec.batch(); s++) {
            for (long i = 0; i < spec.m(); i++) {
                for (long j = 0; j < spec.n(); j++) {
                    long at = s * spec.c().batch() + i * spec.c().row() + j;
                    double sum = spec.accumulate() ? Elements.get(out, before, at) : 0;
                    double size = Math.abs(sum);
                    for (long k = 0; k < spec.k(); k++) {
                        double term = Elements.get(dtype, a, s * spec.a().batch() + i * spec.a().row() + k * spec.a().column())
                                * Elements.get(dtype, b, s * spec.b().batch() + k * spec.b().row() + j * spec.b().column());
                        sum += term;
                        size += Math.abs(term);
                    }
                    if (bias != null && spec.bias() != null) {
                        sum += Elements.get(spec.bias(), bias, j);
                        size += Math.abs(Elements.get(spec.bias(), bias, j));
                    }
                    double wanted = spec.activation() == Activation.RELU ? Math.max(sum, 0) : sum;
                    double unit = out == DType.F64 ? 1e-14 : out == DType.F32 ? 2e-6 : out == DType.BF16 ? 0.008 : 0.001;
                    if (!(Math.abs(Elements.get(out, c, at) - wanted) <= unit * (size + 1e-3))) {
                        throw new AssertionError(implementation + " at [" + s + ", " + i + ", " + j + "]: " + Elements.get(out, c, at)
                                + ", not " + wanted + ": " + spec);
                    }
                    Elements.set(out, c, at, Elements.get(out, before, at));
                }
            }
        }
        assertThat(c.mismatch(before)).as("memory between rows, %s", spec).isEqualTo(-1);
    }
}
