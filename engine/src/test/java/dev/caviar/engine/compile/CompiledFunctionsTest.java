package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.FunctionLoops;
import dev.caviar.engine.kernel.Functions;
import dev.caviar.engine.kernel.Lanes;
import dev.caviar.engine.kernel.UnaryFn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompiledFunctionsTest {
    private static final FunctionLoops LOOPS = new CompiledFunctions();
    private static final int MOST = 3001;
    private static final float[] SPECIAL = {0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, -3e-39f,
        Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, -88.5f, -103.9f, 1e6f, -3e38f, 0.625f, 1f, 2.5f, -2.5f, 3f};

    @Test
    void areFoundAsAService() {
        assertThat(ServiceLoader.load(FunctionLoops.class)).hasAtLeastOneElementOfType(CompiledFunctions.class);
    }

    @ParameterizedTest
    @EnumSource(value = UnaryFn.class, mode = EnumSource.Mode.EXCLUDE, names = {"NOT", "NOT_FINITE"})
    void functionsOfOneNumberHaveTheBitsOfOneLane(UnaryFn fn) {
        try (var arena = Arena.ofConfined()) {
            var x = values(arena, 1);
            var y = arena.allocate(ValueLayout.JAVA_FLOAT, MOST + 2);
            for (int n : lengths()) {
                y.fill((byte) 1);
                LOOPS.unary(fn, x.address() + 4, y.address() + 4, n);
                for (int i = 0; i < n; i++) {
                    float v = at(x, 1 + i);
                    same(fn + "(" + v + ")", at(y, 1 + i), Functions.unary(fn, Lanes.scalar(), v));
                }
                untouched(y, n);
            }
            LOOPS.unary(fn, x.address() + 4, y.address() + 4, MOST);
            LOOPS.unary(fn, x.address() + 4, x.address() + 4, MOST);
            assertThat(x.asSlice(4, 4L * MOST).mismatch(y.asSlice(4, 4L * MOST))).as("%s in place", fn).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(value = BinaryFn.class, names = {"ADD", "SUB", "MUL", "DIV", "POW", "MAX", "MIN"})
    void functionsOfTwoNumbersHaveTheBitsOfOneLane(BinaryFn fn) {
        try (var arena = Arena.ofConfined()) {
            var a = values(arena, 2);
            var b = values(arena, 3);
            var y = arena.allocate(ValueLayout.JAVA_FLOAT, MOST + 2);
            for (int strides = 1; strides < 4; strides++) {
                int as = strides & 1;
                int bs = strides >> 1;
                for (int n : lengths()) {
                    y.fill((byte) 1);
                    LOOPS.binary(fn, a.address() + 4, as, b.address() + 4, bs, y.address() + 4, n);
                    for (int i = 0; i < n; i++) {
                        float p = at(a, 1 + i * as);
                        float q = at(b, 1 + i * bs);
                        same(p + " " + fn + " " + q, at(y, 1 + i), Functions.binary(fn, Lanes.scalar(), p, q));
                    }
                    untouched(y, n);
                }
            }
        }
    }

    private static int[] lengths() {
        return new int[] {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, MOST};
    }

    private static MemorySegment values(Arena arena, long seed) {
        var random = new Random(seed);
        var x = arena.allocate(ValueLayout.JAVA_FLOAT, MOST + 2);
        for (int i = 0; i < MOST + 2; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, switch (random.nextInt(3)) {
                case 0 -> SPECIAL[random.nextInt(SPECIAL.length)];
                case 1 -> Float.intBitsToFloat(random.nextInt());
                default -> (float) random.nextGaussian() * 5;
            });
        }
        return x;
    }

    private static float at(MemorySegment x, int i) {
        return x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static void same(String what, float found, float wanted) {
        assertThat(Float.floatToIntBits(found)).as("%s is %s", what, wanted).isEqualTo(Float.floatToIntBits(wanted));
    }

    private static void untouched(MemorySegment y, int n) {
        assertThat(y.getAtIndex(ValueLayout.JAVA_INT, 0)).isEqualTo(0x01010101);
        assertThat(y.getAtIndex(ValueLayout.JAVA_INT, n + 1)).isEqualTo(0x01010101);
    }
}
