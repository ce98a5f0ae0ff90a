package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The error of every function over the floats, by the compiled loops where there are any: each 997th of them, or each n-th with
/// `-Dcaviar.floats=n`, which then also prints what it found. With 1 a function takes some minutes of both cores; `-Dcaviar.functions=EXP,LOG` runs
/// some of them.
class FunctionsTest {
    private static final int STEP = Integer.getInteger("caviar.floats", 997);
    private static final boolean SHOWN = System.getProperty("caviar.floats") != null;
    private static final List<String> CHOSEN = List.of(System.getProperty("caviar.functions", "").split(","));
    private static final int PIECES = 1 << 12;
    private static final int BLOCK = 1 << 12;
    private static final Optional<FunctionLoops> LOOPS = ServiceLoader.load(FunctionLoops.class).findFirst();
    private static final Lanes<Float, Integer, Boolean> LANES = Lanes.scalar();
    private static final float[] SPECIAL = {0f, 1f, 0.5f, 2f, 3f, 4f, 5f, 0.1f, 1.5f, 2.5f, 126f, 127f, 128f, 149f, 150f, 151f, 1e9f,
        0x1p23f, 0x1.000002p23f, 0x1.fffffep23f, 0x1p24f, 0x1p31f, 0x1.fffffep-1f, 0x1.000002p0f, 0.70710678f, 1.4142135f,
        Float.MIN_VALUE, 3e-39f, Float.MIN_NORMAL, Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NaN};

    /// An error in units of the last place, and where it is.
    private record Error(double ulps, float a, float b) {
        static final Error NONE = new Error(0, 0, 0);

        static Error worse(Error p, Error q) {
            return q.ulps > p.ulps ? q : p;
        }
    }

    /// The distance in units of the last place of what is wanted; ∞ for a wrong NaN, sign or infinity.
    private static double ulps(float found, double wanted) {
        float rounded = (float) wanted;
        if (Float.isNaN(rounded) || Float.isNaN(found)) {
            return Float.isNaN(rounded) && Float.isNaN(found) ? 0 : Double.POSITIVE_INFINITY;
        }
        if (rounded == found && (rounded != 0 || Float.floatToRawIntBits(found) == Float.floatToRawIntBits(rounded))) {
            return Double.isInfinite(wanted) || Float.isInfinite(rounded) ? 0 : Math.abs(found - wanted) / Math.ulp(rounded);
        }
        if (Double.isInfinite(wanted) || Math.signum(found) * Math.signum(wanted) < 0 || rounded == 0 && found == 0) {
            return Double.POSITIVE_INFINITY;
        }
        // The next number after the largest stands for infinity.
        double value = Float.isInfinite(found) ? Math.copySign(0x1p128, found) : found;
        return Math.abs(value - wanted) / Math.ulp(Math.min(Math.abs(rounded), Float.MAX_VALUE));
    }

    @ParameterizedTest
    @EnumSource(value = UnaryFn.class, mode = EnumSource.Mode.EXCLUDE, names = {"NOT", "NOT_FINITE"})
    void functionsOfOneNumberAreWithinTwoUnits(UnaryFn fn) {
        assumeTrue(CHOSEN.getFirst().isEmpty() || CHOSEN.contains(fn.name()));
        long size = (1L << 32) / PIECES;
        var worst = LongStream.range(0, PIECES).parallel()
                .mapToObj(piece -> worst(fn, piece * size, (piece + 1) * size)).reduce(Error.NONE, Error::worse);
        for (float x : SPECIAL) {
            worst = Error.worse(worst, error(fn, x));
            worst = Error.worse(worst, error(fn, -x));
        }
        if (SHOWN) {
            System.out.printf("%s: %.3f ulp at %s%n", fn, worst.ulps, Float.toHexString(worst.a));
        }
        assertThat(worst.ulps).as("%s(%s)", fn, worst.a).isLessThanOrEqualTo(2);
    }

    private static Error worst(UnaryFn fn, long from, long to) {
        var worst = Error.NONE;
        try (var arena = Arena.ofConfined()) {
            var x = arena.allocate(ValueLayout.JAVA_FLOAT, BLOCK);
            var y = arena.allocate(ValueLayout.JAVA_FLOAT, BLOCK);
            for (long i = from + (STEP - from % STEP) % STEP; i < to; i += (long) STEP * BLOCK) {
                int n = (int) Math.min(BLOCK, (to - i + STEP - 1) / STEP);
                for (int k = 0; k < n; k++) {
                    x.setAtIndex(ValueLayout.JAVA_INT, k, (int) (i + (long) k * STEP));
                }
                apply(fn, x, y, n);
                worst = worst(fn, x, y, n, worst);
            }
        }
        return worst;
    }

    private static void apply(UnaryFn fn, MemorySegment x, MemorySegment y, int n) {
        if (LOOPS.isPresent()) {
            LOOPS.get().unary(fn, x.address(), y.address(), n);
            return;
        }
        for (int k = 0; k < n; k++) {
            y.setAtIndex(ValueLayout.JAVA_FLOAT, k, Functions.unary(fn, LANES, x.getAtIndex(ValueLayout.JAVA_FLOAT, k)));
        }
    }

    private static Error worst(UnaryFn fn, MemorySegment x, MemorySegment y, int n, Error worst) {
        for (int k = 0; k < n; k++) {
            float a = x.getAtIndex(ValueLayout.JAVA_FLOAT, k);
            float found = y.getAtIndex(ValueLayout.JAVA_FLOAT, k);
            double wanted = fn.apply(a);
            if (found == (float) wanted && found != 0 && worst.ulps >= 0.5) {
                continue;
            }
            double ulps = ulps(found, wanted);
            worst = ulps > worst.ulps ? new Error(ulps, a, 0) : worst;
        }
        return worst;
    }

    private static Error error(UnaryFn fn, float x) {
        double ulps = ulps(Functions.unary(fn, LANES, x), fn.apply(x));
        return ulps > 0 ? new Error(ulps, x, 0) : Error.NONE;
    }

    @Test
    void powersAreWithinTwoUnits() {
        long pieces = STEP == 1 ? PIECES : PIECES / 64;
        var worst = LongStream.range(0, pieces).parallel()
                .mapToObj(FunctionsTest::worstPower).reduce(Error.NONE, Error::worse);
        for (float a : SPECIAL) {
            for (float b : SPECIAL) {
                for (int signs = 0; signs < 4; signs++) {
                    worst = Error.worse(worst, power((signs & 1) == 0 ? a : -a, (signs & 2) == 0 ? b : -b));
                }
            }
        }
        if (SHOWN) {
            System.out.printf("POW: %.3f ulp at %s, %s%n", worst.ulps, Float.toHexString(worst.a), Float.toHexString(worst.b));
        }
        assertThat(worst.ulps).as("%s ^ %s", worst.a, worst.b).isLessThanOrEqualTo(2);
    }

    private static Error power(float a, float b) {
        double ulps = ulps(Functions.binary(BinaryFn.POW, LANES, a, b), BinaryFn.POW.apply(a, b));
        return ulps > 0 ? new Error(ulps, a, b) : Error.NONE;
    }

    /// Any bits, moderate numbers, whole exponents, and exponents that make the result's exponent anything in range.
    private static Error worstPower(long piece) {
        var random = new Random(piece);
        var worst = Error.NONE;
        for (int i = 0; i < 1 << 14; i++) {
            float a = Float.intBitsToFloat(random.nextInt());
            worst = Error.worse(worst, power(a, Float.intBitsToFloat(random.nextInt())));
            worst = Error.worse(worst, power(a, random.nextInt(-20, 20)));
            worst = Error.worse(worst, power(Math.abs(a), (float) (random.nextDouble(-152, 130) / Math.log(Math.abs(a)) * Math.log(2))));
            float near = random.nextFloat(0.5f, 2f);
            worst = Error.worse(worst, power(near, (float) (random.nextDouble(-152, 130) / Math.log(near) * Math.log(2))));
            worst = Error.worse(worst, power(random.nextFloat(0, 10), random.nextFloat(-10, 10)));
        }
        return worst;
    }

    @Test
    void predicatesAreTheirMeaning() {
        for (float a : SPECIAL) {
            assertThat(Functions.test(UnaryFn.NOT, LANES, a)).isEqualTo(UnaryFn.NOT.apply(a) != 0);
            assertThat(Functions.test(UnaryFn.NOT_FINITE, LANES, -a)).isEqualTo(UnaryFn.NOT_FINITE.apply(-a) != 0);
            for (float b : SPECIAL) {
                for (var fn : BinaryFn.values()) {
                    if (fn.isPredicate()) {
                        assertThat(Functions.compare(fn, LANES, -a, b)).as("%s %s %s", -a, fn, b).isEqualTo(fn.apply(-a, b) != 0);
                    }
                }
            }
        }
    }

    @Test
    void everyFunctionHasItsOwnMethod() {
        for (var fn : UnaryFn.values()) {
            if (fn == UnaryFn.NOT || fn == UnaryFn.NOT_FINITE) {
                assertThatThrownBy(() -> Functions.unary(fn, LANES, 1f)).hasMessageContaining("Maybe call test()");
            } else {
                assertThatThrownBy(() -> Functions.test(fn, LANES, 1f)).hasMessageContaining("Maybe call unary()");
            }
        }
        for (var fn : BinaryFn.values()) {
            if (fn.isPredicate()) {
                assertThatThrownBy(() -> Functions.binary(fn, LANES, 1f, 1f)).hasMessageContaining("Maybe call compare()");
            } else {
                assertThatThrownBy(() -> Functions.compare(fn, LANES, 1f, 1f)).hasMessageContaining("Maybe call binary()");
            }
        }
    }
}
