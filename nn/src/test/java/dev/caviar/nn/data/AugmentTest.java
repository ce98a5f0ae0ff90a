package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AugmentTest {
    private static Tensor bytes(long... shape) {
        var buffer = Buffer.allocate(Type.of(DType.U8, shape));
        for (long i = 0; i < buffer.size(); i++) {
            buffer.set(i, (i * 37 + i * i % 11) % 256);
        }
        return Tensor.wrap(buffer);
    }

    @ParameterizedTest
    @EnumSource(Fill.class)
    void bytesAreChangedAsFloatsAreButForRounding(Fill fill) {
        var augment = Augment.of().withFlip(true, true).withShift(0.3, 0.2).withRotation(0.2).withZoom(0.3).withCrop(9, 7).withContrast(0.3)
                .withBrightness(0.2).withFill(fill);
        for (int channels : new int[] {1, 3}) {
            var image = bytes(12, 10, channels);
            for (int seed = 0; seed < 20; seed++) {
                var a = augment.apply(image, new SplitMix(seed, 0));
                var b = augment.apply(image.cast(DType.F32), new SplitMix(seed, 0));
                assertThat(a.type()).isEqualTo(Type.of(DType.U8, 9, 7, channels));
                assertThat(b.dtype()).isEqualTo(DType.F32);
                assertThat(a.cast(DType.F32).sub(b).abs().max(new int[0]).item()).isLessThan(2.6f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Fill.class)
    void bytesAreMovedExactlyAsFloatsAre(Fill fill) {
        for (boolean mirrored : new boolean[] {false, true}) {
            var augment = Augment.of().withFlip(mirrored, mirrored).withShift(1, 1).withFill(fill);
            for (var image : new Tensor[] {bytes(6, 5), bytes(4, 7, 3)}) {
                for (int seed = 0; seed < 40; seed++) {
                    var whole = seed % 2 == 0 ? augment : augment.withCrop(3, 4);
                    assertThat(whole.apply(image, new SplitMix(seed, 0)).toDoubles())
                            .isEqualTo(whole.apply(image.cast(DType.F32), new SplitMix(seed, 0)).toDoubles());
                }
            }
        }
    }

    @Test
    void whatIsOnlyMovedOrMirroredKeepsItsPixels() {
        var image = bytes(8, 8);
        var augment = Augment.of().withFlip(true, false).withShift(0.5, 0.5).withFill(Fill.WRAP);
        var sorted = Arrays.stream(image.toLongs()).sorted().toArray();
        int changed = 0;
        for (int seed = 0; seed < 20; seed++) {
            var y = augment.apply(image, new SplitMix(seed, 0)).toLongs();
            changed += Arrays.equals(y, image.toLongs()) ? 0 : 1;
            assertThat(Arrays.stream(y).sorted().toArray()).isEqualTo(sorted);
        }
        assertThat(changed).isGreaterThan(15);
        assertThat(Augment.of().apply(image, new SplitMix(1, 0)).toLongs()).isEqualTo(image.toLongs());
    }

    @ParameterizedTest
    @CsvSource({"REFLECT, 1 0 | 0 1 2 | 2 1", "NEAREST, 0 0 | 0 1 2 | 2 2", "WRAP, 1 2 | 0 1 2 | 0 1", "CONSTANT, -1 -1 | 0 1 2 | -1 -1"})
    void whatIsSeenOutside(Fill fill, String wanted) {
        var seen = new StringBuilder();
        for (int i = -2; i < 5; i++) {
            seen.append(i == 0 || i == 3 ? "| " : "").append(fill.place(i, 3)).append(' ');
        }
        assertThat(seen.toString().strip()).isEqualTo(wanted);
    }

    @Test
    void cropsAreCutAnywhere() {
        var image = bytes(3, 3);
        var seen = new java.util.HashSet<Long>();
        for (int seed = 0; seed < 200; seed++) {
            seen.add(Augment.of().withCrop(1, 1).apply(image, new SplitMix(seed, 0)).toLongs()[0]);
        }
        assertThat(seen).hasSize(9);
        assertThatThrownBy(() -> Augment.of().withCrop(4, 1).apply(image, new SplitMix(1, 0))).isInstanceOf(DataException.class)
                .hasMessageContaining("cannot be cut out").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> Augment.of().apply(Tensor.of(1L), new SplitMix(1, 0))).hasMessageContaining("is no image");
        assertThatThrownBy(() -> Augment.of().withZoom(1)).isInstanceOf(IllegalArgumentException.class);
    }
}
