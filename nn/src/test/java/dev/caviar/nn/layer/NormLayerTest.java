package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.BatchNorm.Statistics;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormLayerTest {
    private static final Tensor KEY = Random.key(4);

    private static Tensor normal(long seed, long... dims) {
        return Random.normal(Random.key(seed), Type.of(DType.F64, dims)).mul(3).add(1);
    }

    private static Tensor first(Layer layer, Tensor x) {
        return layer.apply(Bound.of(Needs.of(layer, DType.F64, x.type()).initial(1), KEY, true), x);
    }

    private static void near(Tensor actual, Tensor wanted) {
        assertThat(actual.shape()).isEqualTo(wanted.shape());
        assertThat(actual.sub(wanted).abs().max(new int[0]).itemAsDouble()).isLessThan(1e-9);
    }

    @Test
    void layerNormLeavesMeanZeroAndVarianceOneAlongItsAxes() {
        var x = normal(1, 4, 3, 5);
        var y = first(LayerNorm.of(1, -1).withEpsilon(0), x);
        near(y.mean(1, 2), Tensor.zeros(4).cast(DType.F64));
        near(y.variance(1, 2), Tensor.ones(4).cast(DType.F64));
        near(y, first(LayerNorm.of(2, 1).withEpsilon(0), x));
        assertThat(Needs.of(LayerNorm.of(1, 2), DType.F64, x.type()).params().get("gamma").type().shape().toString()).isEqualTo("[3, 5]");
        assertThat(Needs.of(LayerNorm.of().withCenter(false).withScale(false), DType.F64, x.type()).params()).isEmpty();
        assertThatThrownBy(() -> first(LayerNorm.of(0), x)).hasMessageContaining("examples' axis").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> first(LayerNorm.of(2, -1), x)).hasMessageContaining("twice");
    }

    @Test
    void groupsBetweenOneAndAllChannels() {
        var x = normal(2, 3, 4, 2, 6);
        near(first(GroupNorm.of(1), x), first(LayerNorm.of(1, 2, 3), x));
        near(first(GroupNorm.instance(), x), first(GroupNorm.of(6), x));
        near(first(GroupNorm.instance().withEpsilon(0), x).variance(1, 2), Tensor.ones(3, 6).cast(DType.F64));
        var front = x.transpose(0, 3, 1, 2);
        near(first(GroupNorm.of(3).withAxis(1), front), first(GroupNorm.of(3), x).transpose(0, 3, 1, 2));
        assertThatThrownBy(() -> first(GroupNorm.of(4), x)).hasMessageStartingWith("6 channels cannot be cut into 4 equal groups.\nMaybe");
    }

    @Test
    void rmsNormLeavesMeanSquareOneAndTheMean() {
        var x = normal(3, 4, 5);
        var y = first(RMSNorm.of().withEpsilon(0), x);
        near(y.square().mean(1), Tensor.ones(4).cast(DType.F64));
        near(y.mul(x.square().mean(1).sqrt().expandDims(1)), x);
    }

    /// The states of a layer after some batches.
    private static Map<String, Tensor> seen(BatchNorm layer, Tensor... batches) {
        var values = new HashMap<>(Needs.of(layer, DType.F64, batches[0].type()).initial(1));
        for (var batch : batches) {
            var scope = Bound.of(values, KEY, true);
            layer.apply(scope, batch);
            values.putAll(scope.updates());
        }
        return values;
    }

    @Test
    void wholeSetStatisticsAreThoseOfAllExamplesHoweverTheyAreCut() {
        var x = normal(5, 11, 2, 3);
        var layer = BatchNorm.of().withStatistics(Statistics.WHOLE_SET);
        var values = seen(layer, x.slice(0, 0, 4), x.slice(0, 4, 8), x.slice(0, 8, 11));
        near(values.get("moving_mean"), x.mean(0, 1));
        near(values.get("moving_variance"), x.variance(0, 1));
        near(layer.apply(Bound.of(values, KEY, false), x), layer.apply(Bound.of(values, KEY, true), x));
        var unbiased = layer.withUnbiased(true).withEpsilon(0).apply(Bound.of(values, KEY, false), x);
        near(unbiased.variance(0, 1), Tensor.ones(3).cast(DType.F64).mul(21.0 / 22));
    }

    @Test
    void meansOfBatchesCountEachBatchAlike() {
        var x = normal(6, 5, 3);
        var values = seen(BatchNorm.of().withStatistics(Statistics.BATCH_MEANS), x.slice(0, 0, 3), x.slice(0, 3, 5));
        near(values.get("moving_mean"), x.slice(0, 0, 3).mean(0).add(x.slice(0, 3, 5).mean(0)).mul(0.5));
        near(values.get("moving_variance"), x.slice(0, 0, 3).variance(0).add(x.slice(0, 3, 5).variance(0)).mul(0.5));
    }

    @Test
    void unbiasedVarianceIsFollowedButNotDividedBy() {
        var x = normal(7, 4, 2);
        var torch = BatchNorm.of().withMomentum(0.9).withUnbiased(true);
        var values = seen(torch, x);
        near(values.get("moving_variance"), x.variance(0).mul(4 / 3.0 * 0.1).add(0.9));
        near(first(torch, x), first(torch.withUnbiased(false), x));
    }

    @Test
    void normalisesByGivenStatistics() {
        var x = normal(8, 6, 2);
        near(BatchNorm.normalize(x, x.mean(0), x.variance(0), 1e-3), first(BatchNorm.of(), x));
    }

    // ---- noise

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void spatialDropoutDropsWholeChannels(int axes) {
        var shape = new long[] {50, 5, 3, 2, 20};
        shape[axes + 1] = 20;
        var x = Tensor.ones(java.util.Arrays.copyOf(shape, axes + 2));
        var layer = new SpatialDropoutND(axes, 0.25);
        var y = layer.apply(Bound.of(Map.of(), KEY, true), x).reshape(50, -1, 20);
        near(y.variance(1), Tensor.zeros(50, 20));
        assertThat(y.gt(0).cast(DType.F64).mean().itemAsDouble()).isCloseTo(0.75, within(0.05));
        assertThat(y.max(new int[0]).item()).isCloseTo(4 / 3f, within(1e-6f));
        assertThat(layer.apply(Bound.of(Map.of(), KEY, false), x)).isSameAs(x);
        assertThatThrownBy(() -> layer.apply(Bound.of(Map.of(), KEY, false), Tensor.ones(2, 2))).hasMessageContaining("spatial");
    }

    @Test
    void noiseHasItsMoments() {
        var x = Random.normal(Random.key(9), 400, 500);
        var scope = Bound.of(Map.of(), KEY, true);
        var added = GaussianNoise.of(0.5).apply(scope, x).sub(x);
        assertThat(added.mean().item()).isCloseTo(0, within(0.01f));
        assertThat(added.variance().item()).isCloseTo(0.25f, within(0.01f));
        var factor = GaussianDropout.of(0.2).apply(scope, Tensor.ones(400, 500));
        assertThat(factor.mean().item()).isCloseTo(1, within(0.01f));
        assertThat(factor.variance().item()).isCloseTo(0.25f, within(0.01f));
        var alpha = AlphaDropout.of(0.3).apply(scope, x);
        assertThat(alpha.mean().item()).isCloseTo(0, within(0.01f));
        assertThat(alpha.variance().item()).isCloseTo(1, within(0.02f));
        assertThat(alpha.toFloats()).isNotEqualTo(AlphaDropout.of(0.3).apply(scope, x).toFloats());
    }
}
