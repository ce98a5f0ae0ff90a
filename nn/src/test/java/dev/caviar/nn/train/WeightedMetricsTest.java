package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Decision;
import dev.caviar.nn.metric.Meter;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.metric.Weighted;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Metrics over examples that count by their weights, and several of one kind.
class WeightedMetricsTest {
    private static final int N = 37;
    private static final Fit QUIET = Fit.of().withBatch(8).withVerbosity(Verbosity.SILENT);
    private final Random random = new Random(1);
    private final float[][] x = rows(N, 3);
    private final int[] classes = IntStream.range(0, N).map(i -> random.nextInt(2)).toArray();
    private final float[] weights = floats(i -> i % 5 == 0 ? 0 : random.nextFloat(3));

    private interface Of {
        float at(int i);
    }

    private static float[] floats(Of of) {
        var out = new float[N];
        for (int i = 0; i < N; i++) {
            out[i] = of.at(i);
        }
        return out;
    }

    private float[][] rows(int n, int width) {
        return Stream.generate(() -> {
            var row = new float[width];
            for (int i = 0; i < width; i++) {
                row[i] = (float) random.nextGaussian();
            }
            return row;
        }).limit(n).toArray(float[][]::new);
    }

    private static Model model(String... metrics) {
        return Model.of(Dense.of(2, "softmax")).withSeed(3).compile("sgd", "sparse_categorical_crossentropy", metrics);
    }

    /// By hand: the weight of what was right over all weight.
    private double right(Model model, float[] weights) {
        double right = 0, all = 0;
        var p = model.predict(x);
        for (int i = 0; i < N; i++) {
            all += weights[i];
            right += (p[i][1] > p[i][0] ? 1 : 0) == classes[i] ? weights[i] : 0;
        }
        return right / all;
    }

    @Test
    void accuracyIsTheShareOfTheWeight() {
        var model = model("accuracy", "weighted_accuracy").build(3);
        var scores = model.evaluate(Examples.of(x, classes).withWeights(weights));
        assertThat(scores.get("weighted_accuracy")).isCloseTo(right(model, weights), within(1e-6));
        assertThat(scores.get("accuracy")).isCloseTo(right(model, floats(i -> 1)), within(1e-6)).isNotCloseTo(scores.get("weighted_accuracy"), within(1e-3));
        assertThat(model.evaluate(Examples.of(x, classes)).get("weighted_accuracy")).as("nothing has weights").isCloseTo(scores.get("accuracy"), within(1e-6));
    }

    /// A [Meter] computes it from all predictions at once, outside of any program.
    @ParameterizedTest
    @ValueSource(strings = {"binary_accuracy", "precision", "recall", "true_positives", "auc", "auc_pr", "mae", "rmse", "r2", "pearson_correlation", "binary_crossentropy"})
    void allAgreeWithAMeter(String name) {
        var model = Model.of(Dense.of(1, "sigmoid")).withSeed(3).compile("sgd", "binary_crossentropy", "weighted_" + name).build(3);
        var meter = Meter.of(Metric.of(name));
        meter.update(model.predict(Tensor.of(x)), Tensor.of(IntStream.of(classes).mapToDouble(c -> c).toArray()), Tensor.of(weights));
        assertThat(model.evaluate(Examples.of(x, classes).withWeights(weights)).get("weighted_" + Metric.of(name).kind())).isCloseTo(meter.result(), within(1e-5));
    }

    @Test
    void classesCountInTrainingOnly() {
        var model = model("weighted_accuracy").build(3).compile(Sgd.of(0), Loss.of("sparse_categorical_crossentropy"), Metric.of("weighted_accuracy"));
        var data = Examples.of(x, classes).withWeights(weights);
        double both = right(model, floats(i -> weights[i] * (classes[i] == 1 ? 4 : 0.5f)));
        for (int replicas = 1; replicas <= 2; replicas++) {
            var history = model.fit(data, QUIET.withClassWeights(0.5, 4).withValidation(data).withReplicas(Replicas.of(replicas)));
            assertThat(history.last("weighted_accuracy")).isCloseTo(both, within(1e-6)).isNotCloseTo(right(model, weights), within(1e-3));
            assertThat(history.last("val_weighted_accuracy")).isCloseTo(right(model, weights), within(1e-6));
        }
    }

    /// Of two sequences of 3 and 1 steps that count 1 and 5, all steps are right but the last.
    @Test
    void stepsCountAsTheirSequences() {
        var model = Model.of(Embedding.of(4, 2).withMaskZero(true), LSTM.of(3).withReturnSequences(true), Dense.of(2, "softmax")).withSeed(1)
                .compile(Sgd.of(0), Loss.of("sparse_categorical_crossentropy"), Metric.of("weighted_accuracy"));
        var words = Tensor.of(1L, 2L, 3L, 2L, 0L, 0L).reshape(2, 3);
        model.build(3);
        var best = model.predict(words).argmax(-1).toLongs();
        var y = best.clone();
        y[3] = 1 - y[3];
        y[4] = 1 - y[4];
        var data = Examples.of(words.array().buffer(), Tensor.of(y).reshape(2, 3).array().buffer()).withWeights(1, 5);
        assertThat(model.evaluate(data).get("weighted_accuracy")).isCloseTo(3.0 / (3 + 5), within(1e-6));
    }

    @Test
    void savedModelsMeasureThem(@TempDir Path folder) {
        var model = Model.of(Dense.of(1, "sigmoid")).compile(Sgd.of(0.1), Loss.of("binary_crossentropy"),
                Decision.PRECISION.at(0.7).withWeights(), Metric.of("weighted_rmse")).build(3);
        model.save(folder);
        var data = Examples.of(x, classes).withWeights(weights);
        assertThat(Model.load(folder).evaluate(data)).isEqualTo(model.evaluate(data)).containsKeys("weighted_precision", "weighted_rmse");
    }

    @Test
    void metricsOfOneKindHaveNamesOfTheirOwn() {
        var model = Model.of(Dense.of(1, "sigmoid")).compile(Sgd.of(0.1), Loss.of("binary_crossentropy"), Decision.RECALL.at(0.3), Decision.RECALL.at(0.6),
                Decision.RECALL.at(0.3)).build(3);
        var scores = model.evaluate(Examples.of(x, classes));
        assertThat(scores).containsOnlyKeys("loss", "recall", "recall_1", "recall_2");
        assertThat(scores.get("recall")).isEqualTo(scores.get("recall_2")).isGreaterThan(scores.get("recall_1"));
    }

    @Test
    void weighingTwiceIsRefused() {
        assertThatThrownBy(() -> Metric.of("weighted_weighted_accuracy")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("counts examples by their weights already");
        assertThat(Metric.of("weighted_f1")).isEqualTo(new Weighted(Metric.of("f1")));
    }
}
