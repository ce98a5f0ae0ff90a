package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.Fill;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers on images; what they compute is what [Augment] computes by itself, from the same numbers.
class ImageLayerTest {
    private static final Tensor IMAGES = Random.uniform(Random.key(1), 3, 7, 6, 2).mul(255);

    private static Bound scope(boolean training) {
        return Bound.of(Map.of(), Random.key(5), training);
    }

    private static void near(Tensor actual, Tensor wanted) {
        assertThat(actual.shape()).isEqualTo(wanted.shape());
        assertThat(actual.sub(wanted).abs().max(new int[0]).item()).isLessThan(2e-3f);
    }

    /// What augment makes of image `i` where every number that it draws is this one, in [−1, 1).
    private static Tensor augmented(Augment augment, int i, double drawn) {
        return augment.apply(IMAGES.at(0, i), () -> (long) (drawn * 0x1p53) << 10);
    }

    private static Tensor drawn(double value) {
        return Tensor.full(value, Type.of(DType.F32, 3));
    }

    static List<UnaryLayer> layers() {
        return List.of(RandomFlip.of(), RandomTranslation.of(0.3, 0.2), RandomRotation.of(0.2), RandomZoom.of(0.3), RandomZoom.of(0.1, 0.3),
                RandomCrop.of(5, 4), RandomBrightness.of(0.3), RandomContrast.of(0.5), Rescaling.of(0.5).withOffset(1), Resizing.of(9, 5));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void compiledTheyGiveTheSameAndWithoutChannelsToo(UnaryLayer layer) {
        var eager = layer.apply(scope(true), IMAGES);
        try (var compiled = Function.compile((Tensor x, Tensor key) -> layer.apply(Bound.of(Map.of(), key, true), x))) {
            near(compiled.apply(IMAGES, Random.key(5)), eager);
        }
        var grey = IMAGES.slice(3, 0, 1);
        near(layer.apply(scope(true), grey.squeeze(3)), layer.apply(scope(true), grey).squeeze(3));
    }

    @Test
    void whatIsNoImageIsRefused() {
        assertThatThrownBy(() -> RandomFlip.of().apply(scope(true), Tensor.ones(2, 3))).hasMessageContaining("images are [n, h, w]")
                .hasMessageContaining("\nMaybe");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void eachExampleIsDrawnByItselfAndInferenceDrawsNothing(UnaryLayer layer) {
        var alike = IMAGES.slice(0, 0, 1).expandTo(IMAGES.shape().with(0, 40));
        var all = new HashSet<List<Double>>();
        var y = layer.apply(scope(true), alike);
        for (int i = 0; i < 40; i++) {
            all.add(Arrays.stream(y.at(0, i).toDoubles()).boxed().toList());
        }
        boolean fixed = layer instanceof Rescaling || layer instanceof Resizing;
        assertThat(all.size()).isBetween(fixed ? 1 : layer instanceof RandomFlip ? 4 : 6, fixed ? 1 : 40);
        var still = layer.apply(scope(false), alike);
        assertThat(still.at(0, 0).toFloats()).isEqualTo(still.at(0, 39).toFloats());
        if (!fixed && !(layer instanceof RandomCrop)) {
            assertThat(still).isSameAs(alike);
        }
    }

    @Test
    void flipsMirrorWholeImages() {
        var y = RandomFlip.of(true, false).apply(scope(true), IMAGES);
        for (int i = 0; i < 3; i++) {
            var image = IMAGES.at(0, i);
            assertThat(y.at(0, i).toFloats()).isIn(image.toFloats(), image.reverse(1).toFloats());
        }
        near(RandomFlip.of(false, true).apply(scope(true), IMAGES).sum(1), IMAGES.sum(1));
    }

    @ParameterizedTest
    @EnumSource(Fill.class)
    void turningZoomingAndMovingAreThoseOfThePipeline(Fill fill) {
        for (double by : new double[] {-0.8, 0.3, 0.71}) {
            for (int i = 0; i < 3; i++) {
                near(RandomRotation.of(0.3).withFill(fill).turned(IMAGES, drawn(0.3 * by)).at(0, i),
                        augmented(Augment.of().withRotation(0.3).withFill(fill), i, by));
                near(RandomZoom.of(0.5).withFill(fill).zoomed(IMAGES, drawn(0.5 * by), drawn(0.5 * by)).at(0, i),
                        augmented(Augment.of().withZoom(0.5).withFill(fill), i, by));
                near(RandomTranslation.of(1, 1).withFill(fill).moved(IMAGES, drawn(Math.rint(0.9 * by * 7) / 7), drawn(Math.rint(0.4 * by * 6) / 6)).at(0, i),
                        augmented(Augment.of().withShift(0.9, 0.4).withFill(fill), i, by));
            }
        }
    }

    @Test
    void halfAPixelToTheRightIsHalfOfEach() {
        var line = Tensor.of(0f, 10f, 30f).reshape(1, 1, 3, 1);
        var moved = RandomTranslation.of(0, 1).withFill(Fill.NEAREST).moved(line, Tensor.of(0f), Tensor.of(1 / 6f));
        near(moved, Tensor.of(0f, 5f, 20f).reshape(1, 1, 3, 1));
        near(RandomTranslation.of(0, 1).withFill(7).moved(line, Tensor.of(0f), Tensor.of(1 / 3f)), Tensor.of(7f, 0f, 10f).reshape(1, 1, 3, 1));
    }

    @Test
    void aQuarterTurnIsCounterClockwise() {
        var square = Random.uniform(Random.key(2), 1, 4, 4, 1);
        near(RandomRotation.of(1).turned(square, Tensor.of(0.25f)), square.transpose(0, 2, 1, 3).reverse(1));
    }

    @Test
    void cropsAreParts() {
        var y = RandomCrop.of(6, 5).apply(scope(true), IMAGES);
        for (int i = 0; i < 3; i++) {
            var parts = Set.of(part(i, 0, 0), part(i, 0, 1), part(i, 1, 0), part(i, 1, 1));
            assertThat(parts).contains(Arrays.toString(y.at(0, i).toFloats()));
        }
        assertThat(Arrays.toString(RandomCrop.of(5, 4).apply(scope(false), IMAGES).at(0, 1).toFloats()))
                .isEqualTo(Arrays.toString(IMAGES.at(0, 1).slice(0, 1, 6).slice(1, 1, 5).toFloats()));
        assertThatThrownBy(() -> RandomCrop.of(8, 2).apply(scope(true), IMAGES)).hasMessageContaining("\nMaybe put Resizing");
    }

    private static String part(int i, int top, int left) {
        return Arrays.toString(IMAGES.at(0, i).slice(0, top, top + 6).slice(1, left, left + 5).toFloats());
    }

    @Test
    void lightStaysInItsRange() {
        var bright = RandomBrightness.of(1).apply(scope(true), IMAGES);
        assertThat(bright.max(new int[0]).item()).isLessThanOrEqualTo(255);
        assertThat(bright.min(new int[0]).item()).isGreaterThanOrEqualTo(0);
        var wide = RandomBrightness.of(0.5).withRange(-1e6, 1e6).apply(scope(true), IMAGES).sub(IMAGES);
        near(wide.variance(1, 2, 3).div(1e4), Tensor.zeros(3));
        var contrast = RandomContrast.of(0.5).withRange(-1e6, 1e6).apply(scope(true), IMAGES);
        near(contrast.mean(1, 2), IMAGES.mean(1, 2));
        assertThat(contrast.variance(1, 2).div(IMAGES.variance(1, 2)).sqrt().sub(1).abs().max(new int[0]).item()).isBetween(0.01f, 0.501f);
        var both = augmented(Augment.of().withContrast(0.5), 0, 0.6);
        near(both, IMAGES.at(0, 0).sub(IMAGES.at(0, 0).mean(0, 1)).mul(1.3).add(IMAGES.at(0, 0).mean(0, 1)).max(0).min(255));
    }

    @Test
    void resizingGoesBetweenTheMiddlesOfPixels() {
        var line = Tensor.of(0f, 1f).reshape(1, 1, 2, 1);
        near(Resizing.of(1, 4).apply(scope(false), line), Tensor.of(0f, 0.25f, 0.75f, 1f).reshape(1, 1, 4, 1));
        near(Resizing.of(1, 4).withInterpolation(Resizing.Interpolation.NEAREST).apply(scope(false), line), Tensor.of(0f, 0f, 1f, 1f).reshape(1, 1, 4, 1));
        near(Resizing.of(7, 6).apply(scope(true), IMAGES), IMAGES);
    }
}
