package dev.caviar.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Shapes, number formats, and the pool.
class MemoryTest {
    @Test
    void typesArePromotedToOneThatHoldsBoth() {
        assertThat(DType.F32.promote(DType.F64)).isEqualTo(DType.F64);
        assertThat(DType.BF16.promote(DType.F16)).isEqualTo(DType.F32);
        assertThat(DType.I64.promote(DType.F32)).isEqualTo(DType.F32);
        assertThat(DType.U8.promote(DType.I32)).isEqualTo(DType.I32);
        for (var a : DType.values()) {
            for (var b : DType.values()) {
                assertThat(a.promote(b)).isEqualTo(b.promote(a));
            }
        }
    }

    @Test
    void shapesKnowTheirSizeUnlessALengthIsUnknown() {
        assertThat(Shape.of(2, 3, 4).size()).isEqualTo(24);
        assertThat(Shape.SCALAR.size()).isEqualTo(1);
        assertThat(Shape.of(2, 3, 4).strides()).containsExactly(12, 4, 1);
        assertThat(Shape.of(2, 3).dim(-1)).isEqualTo(3);
        assertThat(Shape.of(-1, 3)).hasToString("[?, 3]");
        assertThatThrownBy(() -> Shape.of(-1, 3).size()).hasMessageContaining("[?, 3]");
        assertThatThrownBy(() -> Shape.of(2, 3).dim(2)).hasMessageContaining("axis 2");
        assertThatThrownBy(() -> Shape.of(1L << 40, 1L << 40).size()).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void everyTypeKeepsTheValuesItCanHold() {
        var values = Map.of(DType.F32, -1.5, DType.F64, Math.PI, DType.BF16, 0.15625, DType.F16, -65504.0, DType.I64, -7.0,
                DType.I32, 2147483647.0, DType.U8, 255.0, DType.BOOL, 1.0);
        values.forEach((dtype, value) -> {
            var buffer = Buffer.allocate(Type.of(dtype, 3));
            buffer.set(2, value);
            assertThat(buffer.at(2)).isEqualTo(value);
        });
    }

    @Test
    void bfloatRoundsToNearestEven() {
        var buffer = Buffer.allocate(Type.of(DType.BF16, 1));
        for (double[] pair : new double[][] {{1 + 1 / 256.0, 1}, {1 + 3 / 256.0, 1 + 4 / 256.0}, {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY}}) {
            buffer.set(0, pair[0]);
            assertThat(buffer.at(0)).isEqualTo(pair[1]);
        }
        buffer.set(0, Double.NaN);
        assertThat(buffer.at(0)).isNaN();
    }

    /// They are given back while others are made, long before the system has no more.
    @Test
    void buffersThatNobodyUsesDoNotPileUp() {
        var kept = Buffer.allocate(Type.of(DType.U8, 32 << 20));
        assertThat(Pool.shared().bytesInUse()).isGreaterThanOrEqualTo(32 << 20);
        kept.set(5, 7);
        for (int i = 0; i < 256; i++) {
            var other = Buffer.allocate(Type.of(DType.U8, 32 << 20));
            assertThat(other.at(5)).as("zeros").isEqualTo(0);
        }
        assertThat(Pool.shared().bytesInUse()).as("of 8 GiB in all").isLessThan(4L << 30);
        assertThat(kept.at(5)).isEqualTo(7);
    }

    /// What is refused leaves no trace: the next buffer is pushed back against as before.
    @Test
    void aBufferThatNoMachineHasIsRefusedWithAdvice() {
        long before = Pool.shared().bytesInUse();
        assertThatThrownBy(() -> Buffer.allocate(Type.of(DType.U8, 1L << 50))).isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("u8[1125899906842624]").hasMessageContaining("\nMaybe use a smaller batch");
        assertThat(Pool.shared().bytesInUse()).isLessThan(before + (1L << 40));
    }

    /// The system would give it, and end the process when it is filled.
    @Test
    void noMoreIsGivenThanIsThere() {
        System.setProperty("caviar.memory", String.valueOf(Pool.shared().bytesInUse() + (100L << 20)));
        try {
            assertThatThrownBy(() -> Buffer.allocate(Type.of(DType.U8, 512L << 20))).isInstanceOf(OutOfMemoryError.class).hasMessageContaining("u8[536870912]")
                    .hasMessageContaining("in use).\nMaybe use a smaller batch");
            assertThat(Buffer.allocate(Type.of(DType.U8, 70L << 20)).at(0)).isZero();
        } finally {
            System.clearProperty("caviar.memory");
        }
    }

    @Test
    void tenThousandEagerStepsRunAtFlatMemory() {
        var x = Tensor.ones(256, 256);
        for (int i = 0; i < 10_000; i++) {
            x = x.mul(0.5).add(0.5);
        }
        assertThat(x.at(0, 0).at(0, 0).item()).isEqualTo(1);
        // Each step makes two matrices of 256 KB: 5 GB in all.
        assertThat(Pool.shared().bytesInUse() + Pool.shared().bytesIdle()).isLessThan(1L << 30);
    }
}
