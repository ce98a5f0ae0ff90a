package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.BatchNorm.Statistics;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

/// Averages over days, prices and batches. Numbers in brackets are the worked examples of the notes.
class AveragesTest {
    private static final double[] MEANS = {2, 4, 6};

    /// [19]
    @Test
    void fiveActivationsHaveMeanSixAndVarianceEight() {
        var z = Tensor.of(2.0, 4.0, 6.0, 8.0, 10.0);
        assertThat(z.mean().itemAsDouble()).isEqualTo(6);
        assertThat(z.variance().itemAsDouble()).isEqualTo(8);
        assertThat(BatchNorm.normalize(z, z.mean(), z.variance(), 1e-8).toDoubles()).usingComparatorWithPrecision(5e-6)
                .containsExactly(-1.41421, -0.70711, 0, 0.70711, 1.41421);
    }

    /// [21]: one mean, variance, γ and β for each of four units, over 64 examples in columns.
    @Test
    void fourUnitsHaveFourOfEach() {
        var needs = Needs.of(BatchNorm.of().withAxis(0), DType.F32, Type.of(DType.F32, 4, 64));
        assertThat(needs.params().keySet()).containsExactlyInAnyOrder("gamma", "beta");
        assertThat(needs.states().keySet()).containsExactlyInAnyOrder("moving_mean", "moving_variance");
        assertThat(needs.initial(1).values()).allSatisfy(value -> assertThat(value.shape().toString()).isEqualTo("[4]"));
    }

    /// [23]: what inference subtracts after three batches, by each of the three ways.
    @Test
    void threeBatchesHaveARunningACorrectedAndASimpleMean() {
        assertThat(seen(BatchNorm.notes().withCorrected(false), 3)).isCloseTo(1.122, within(1e-12));
        assertThat(seen(BatchNorm.notes().withCorrected(true), 3)).isCloseTo(1.122, within(1e-12));
        assertThat(MovingAverage.of(0.9).over(MEANS)).usingComparatorWithPrecision(1e-12).containsExactly(0.2, 0.58, 1.122);
        assertThat(MovingAverage.of(0.9).withCorrected(true).over(MEANS)).usingComparatorWithPrecision(1e-6).containsExactly(2.0, 3.052632, 4.140221);
        assertThat(seen(BatchNorm.of().withStatistics(Statistics.BATCH_MEANS), 3)).isCloseTo(4.0, within(1e-12));
    }

    /// The mean that the layer keeps after batches with the means 2, 4, 6.
    private static double seen(BatchNorm layer, int batches) {
        var values = new HashMap<>(Needs.of(layer, DType.F64, Type.of(DType.F64, 2, 1)).initial(1));
        for (int i = 0; i < batches; i++) {
            var scope = Bound.of(values, Random.key(1), true);
            layer.apply(scope, Tensor.of(MEANS[i] - 1, MEANS[i] + 1).reshape(2, 1));
            values.putAll(scope.updates());
        }
        return values.get("moving_mean").toDoubles()[0];
    }

    /// [25]
    @Test
    void betaSaysOverHowManyDaysAndHowMuchEachOfThemCounts() {
        assertThat(MovingAverage.of(0.9).window()).isCloseTo(10, within(1e-9));
        assertThat(MovingAverage.of(0.98).window()).isCloseTo(50, within(1e-9));
        assertThat(MovingAverage.of(0.98).over(40)[0]).isCloseTo(0.02 * 40, within(1e-12));
        assertThat(MovingAverage.of(0.98).withCorrected(true).over(40)[0]).isCloseTo(40, within(1e-12));
        // What a single 1 still counts for today, one and two days later.
        assertThat(MovingAverage.of(0.9).over(1, 0, 0)).usingComparatorWithPrecision(1e-12).containsExactly(0.1, 0.09, 0.081);
    }

    /// [26]
    @Test
    void thePriceOfCoffeeIsFollowedFasterThanByItsMean() {
        var prices = Tensor.of(2.0, 3.0, 5.0);
        var average = prices.mean();
        assertThat(average.itemAsDouble()).isCloseTo(3.333, within(1e-3));
        var gain = Tensor.scalar(MovingAverage.of(0.9).gain(), DType.F64);
        var march = prices.at(0, 2);
        var followed = new double[3];
        for (int i = 0; i < 3; i++) {
            average = MovingAverage.next(average, march, gain);
            followed[i] = average.itemAsDouble();
        }
        assertThat(followed).usingComparatorWithPrecision(1e-12).containsExactly(3.5, 3.65, 3.785);
    }
}
