package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PhiloxTest {
    private static final long KEY = 0x1234_5678_9abc_def0L;
    private static final long STREAM = 0xfedc_ba98_7654_3210L;

    /// The known answers that the paper's authors publish with their code: counter (high, low), key, block (words 1 0, words 3 2).
    @ParameterizedTest
    @CsvSource({
        "0000000000000000, 0000000000000000, 0000000000000000, e169c58d6627e8d5, 9b00dbd8bc57ac4c",
        "ffffffffffffffff, ffffffffffffffff, ffffffffffffffff, 41c83b0e408f276d, 6d5451fda20bc7c6",
        "0370734413198a2e, 85a308d3243f6a88, 299f31d0a4093822, 94fdccebd16cfe09, 24126ea15001e420"
    })
    void givesThePublishedBlocks(String high, String low, String key, String first, String second) {
        long stream = Long.parseUnsignedLong(high, 16);
        long counter = Long.parseUnsignedLong(low, 16);
        long k = Long.parseUnsignedLong(key, 16);
        assertThat(Philox.block(k, stream, counter, 0)).isEqualTo(Long.parseUnsignedLong(first, 16));
        assertThat(Philox.block(k, stream, counter, 1)).isEqualTo(Long.parseUnsignedLong(second, 16));
    }

    @Test
    void laysWordsOfBlocksOutInGroupsOf64() {
        for (long first : new long[] {0, 64, 6400, (1L << 38) - 64}) {
            var bits = bits(first, 64);
            for (int r = 0; r < 64; r++) {
                long pair = Philox.block(KEY, STREAM, first / 64 * 16 + r % 16, r / 32);
                assertThat(bits[r]).as("element %d", first + r).isEqualTo((int) (pair >>> 32 * (r / 16 % 2)));
            }
        }
    }

    @Test
    void anElementDoesNotDependOnHowTheFillIsCut() {
        var whole = bits(0, 1000);
        for (int from = 0; from < 200; from += 7) {
            for (int length : new int[] {0, 1, 5, 63, 64, 65, 127, 128, 129, 300}) {
                var part = bits(from, length);
                for (int i = 0; i < length; i++) {
                    assertThat(part[i]).isEqualTo(whole[from + i]);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void uniformNumbersFillTheUnitInterval(DType dtype) {
        var values = draw(dtype, false, 200_000);
        double sum = 0;
        double squares = 0;
        var tenths = new int[10];
        for (double v : values) {
            assertThat(v >= 0 && v < 1).isTrue();
            sum += v;
            squares += v * v;
            tenths[(int) (v * 10)]++;
        }
        assertThat(sum / values.length).isCloseTo(0.5, within(0.003));
        assertThat(squares / values.length).isCloseTo(1 / 3.0, within(0.003));
        for (int count : tenths) {
            assertThat(count).isBetween(19_400, 20_600);
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void normalNumbersHaveTheirMoments(DType dtype) {
        var values = draw(dtype, true, 200_000);
        var moments = new double[4];
        double neighbours = 0;
        for (int i = 0; i < values.length; i++) {
            for (int m = 0; m < 4; m++) {
                moments[m] += Math.pow(values[i], m + 1) / values.length;
            }
            neighbours += values[i] * values[i ^ 16] / values.length;
        }
        assertThat(moments[0]).isCloseTo(0, within(0.01));
        assertThat(moments[1]).isCloseTo(1, within(0.02));
        assertThat(moments[2]).isCloseTo(0, within(0.04));
        assertThat(moments[3]).isCloseTo(3, within(0.12));
        assertThat(neighbours).isCloseTo(0, within(0.01));
    }

    /// However a fill is cut, wherever it begins.
    @Test
    void normalNumbersAreThoseOfTheTransformAndThoseOfPlainJava() {
        int whole = 8192;
        var words = bits(0, whole);
        var plain = MemorySegment.ofArray(words.clone());
        Philox.transform(plain, whole);
        for (int first : new int[] {0, 5, 31, 64, 2040}) {
            int n = 5000;
            var out = MemorySegment.ofArray(new float[n]);
            Philox.normal(KEY, STREAM, first, DType.F32, out, 0, n);
            for (int i = 0; i < n; i++) {
                int at = first + i;
                double u = (Integer.toUnsignedLong(words[at & -32 | at & 15]) + 1) * 0x1p-32;
                double turn = 2 * Math.PI * words[at | 16] * 0x1p-32;
                float y = out.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertThat((double) y).isCloseTo(Math.sqrt(-2 * Math.log(u)) * ((at & 16) == 0 ? Math.cos(turn) : Math.sin(turn)), within(2e-6));
                assertThat(y).isEqualTo(plain.getAtIndex(ValueLayout.JAVA_FLOAT, at));
            }
        }
    }

    @Test
    void coinsAreHalvesOfWordsBelowTheChance() {
        for (double p : new double[] {-1, 0, 1e-4, 0.1, 0.5, 0.75, 0.99999, 1, 2}) {
            for (int first : new int[] {0, 1, 64, 77, 4095}) {
                for (int n : new int[] {0, 1, 15, 64, 500, 5000}) {
                    checkCoins(p, first, n);
                }
            }
        }
    }

    private static void checkCoins(double p, int first, int n) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(n + 10);
            Philox.coins(KEY, STREAM, first, p, out, 3, n);
            var words = bits(first / 2, n / 2 + 2);
            int faces = 0;
            for (int i = 0; i < n; i++) {
                int half = words[(first + i) / 2 - first / 2] >>> 16 * ((first + i) % 2) & 0xffff;
                int face = half < Math.rint(p * 65536) ? 1 : 0;
                assertThat((int) out.get(ValueLayout.JAVA_BYTE, 3 + i)).as("%s, coin %d", p, first + i).isEqualTo(face);
                faces += face;
            }
            assertThat(out.get(ValueLayout.JAVA_BYTE, 2)).isZero();
            assertThat(out.get(ValueLayout.JAVA_BYTE, 3 + n)).isZero();
            if (n == 5000) {
                assertThat(faces / 5000.0).isCloseTo(Math.clamp(p, 0, 1), within(0.03));
            }
        }
    }

    @Test
    void childrenDifferFromEachOtherAndFromTheirParent() {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG, 2000);
            Philox.split(KEY, STREAM, 1000, out, 0);
            var seen = new HashSet<Long>();
            for (int i = 0; i < 2000; i++) {
                seen.add(out.getAtIndex(ValueLayout.JAVA_LONG, i));
                seen.add(Philox.block(KEY, STREAM, i, 0));
            }
            assertThat(seen).hasSize(4000);
            var one = arena.allocate(ValueLayout.JAVA_LONG, 2);
            Philox.fold(KEY, STREAM, 7, one, 0);
            assertThat(one.getAtIndex(ValueLayout.JAVA_LONG, 0)).isEqualTo(out.getAtIndex(ValueLayout.JAVA_LONG, 14));
            assertThat(one.getAtIndex(ValueLayout.JAVA_LONG, 1)).isEqualTo(out.getAtIndex(ValueLayout.JAVA_LONG, 15));
        }
    }

    @Test
    void refusesTypesItCannotDraw() {
        assertThatThrownBy(() -> Philox.normal(1, 2, 0, DType.I32, MemorySegment.NULL, 0, 1))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("I32").hasMessageContaining("\nMaybe ");
    }

    private static int[] bits(long first, int n) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_INT, n + 8);
            Philox.bits(KEY, STREAM, first, out, 4, n);
            assertThat(out.getAtIndex(ValueLayout.JAVA_INT, 3)).isZero();
            assertThat(out.getAtIndex(ValueLayout.JAVA_INT, n + 4)).isZero();
            return out.asSlice(16, 4L * n).toArray(ValueLayout.JAVA_INT);
        }
    }

    private static double[] draw(DType dtype, boolean normal, int n) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate((long) n * dtype.bytes(), 64);
            if (normal) {
                Philox.normal(KEY, STREAM, 0, dtype, out, 0, n);
            } else {
                Philox.uniform(KEY, STREAM, 0, dtype, out, 0, n);
            }
            var values = new double[n];
            for (int i = 0; i < n; i++) {
                values[i] = Elements.get(dtype, out, i);
            }
            return values;
        }
    }
}
