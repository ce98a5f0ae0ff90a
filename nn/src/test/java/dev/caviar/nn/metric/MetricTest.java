package dev.caviar.nn.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.OneHot;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricTest {
    private static final Tensor SCORES = Random.uniform(Random.key(1), 37, 3).softmax(-1);
    private static final Tensor CLASSES = Random.uniform(Random.key(2), 37).mul(3).floor().cast(dev.caviar.engine.memory.DType.I64);

    private static Metric metric(String name) {
        return name.equals("mean_iou") ? new MeanIoU(3) : Metric.of(name);
    }

    /// Whatever the cut, the value is the same: metrics are no means of batch means.
    @ParameterizedTest
    @ValueSource(strings = {"accuracy", "top_2_accuracy", "precision", "recall", "f1", "auc", "auc_pr", "mean_iou"})
    void batchesOfAnySizeGiveTheSame(String name) {
        var whole = Meter.of(metric(name));
        whole.update(SCORES, CLASSES);
        var cut = Meter.of(metric(name));
        for (long at = 0, size = 1; at < 37; at += size, size = Math.min(2 * size, 37 - at)) {
            cut.update(SCORES.slice(0, at, at + size), CLASSES.slice(0, at, at + size));
        }
        assertThat(cut.result()).isCloseTo(whole.result(), within(1e-9)).isBetween(0.0, 1.0);
    }

    /// A weight of 2 is an example twice, a weight of 0 no example at all.
    @ParameterizedTest
    @ValueSource(strings = {"accuracy", "precision", "f1", "auc"})
    void weightsCountExamples(String name) {
        var weighted = Meter.of(metric(name));
        weighted.update(SCORES.slice(0, 0, 3), CLASSES.slice(0, 0, 3), Tensor.of(1f, 2f, 0f));
        var plain = Meter.of(metric(name));
        plain.update(SCORES.slice(0, 0, 2), CLASSES.slice(0, 0, 2));
        plain.update(SCORES.slice(0, 1, 2), CLASSES.slice(0, 1, 2));
        assertThat(weighted.result()).isCloseTo(plain.result(), within(1e-9));
    }

    @Test
    void classesMayStandInAColumn() {
        for (var metric : List.of(Metric.of("accuracy"), new TopK(2))) {
            assertThat(over(metric, SCORES, CLASSES.expandDims(1))).isEqualTo(over(metric, SCORES, CLASSES)).isBetween(0.1, 0.95);
        }
    }

    /// Keras's MeanIoU of the same maps.
    @Test
    void mapsOfClassesAreCompared() {
        var t = Tensor.of(0L, 1, 2, 1).reshape(2, 2);
        assertThat(over(new MeanIoU(3), Tensor.of(0L, 2, 2, 1).reshape(2, 2), t)).isCloseTo(2.0 / 3, within(1e-6));
        assertThat(over(new MeanIoU(3), t, t)).isEqualTo(1);
    }

    @Test
    void decisionsOfTheNotes() {
        var p = Tensor.of(0.9f, 0.8f, 0.3f, 0.6f, 0.1f);
        var t = Tensor.of(1f, 0f, 1f, 1f, 0f);
        assertThat(over(Decision.PRECISION, p, t)).isCloseTo(2.0 / 3, within(1e-9));
        assertThat(over(Decision.RECALL, p, t)).isCloseTo(2.0 / 3, within(1e-9));
        assertThat(over(Decision.RECALL.at(0.2), p, t)).isEqualTo(1);
        assertThat(over(Decision.SPECIFICITY, p, t)).isEqualTo(0.5);
        assertThat(over(FScore.of(FScore.Average.MICRO).withThreshold(0.5), p, t)).isCloseTo(2.0 / 3, within(1e-9));
        assertThat(Meter.of(Decision.PRECISION).result()).isNaN();
    }

    private static double over(Metric metric, Tensor p, Tensor t) {
        var meter = Meter.of(metric);
        meter.update(p, t);
        return meter.result();
    }

    /// A model's evaluation, in batches whose last one is short, and its training agree with a meter.
    @Test
    void aModelReportsWhatAMeterDoes(@TempDir Path folder) {
        var x = Random.normal(Random.key(3), 300, 4);
        var y = x.slice(1, 0, 1).gt(0).cast(dev.caviar.engine.memory.DType.I64).squeeze(1);
        var examples = Examples.of(x.array().buffer(), y.array().buffer());
        var metrics = new Metric[] {FScore.of(FScore.Average.WEIGHTED), Auc.of(Auc.Curve.ROC).withThresholds(50), Decision.RECALL.withOutput(1), new TopK(1)};
        var model = Model.of(Dense.of(2, "softmax")).compile(Sgd.of(0.1), Loss.of("sparse_categorical_crossentropy"), metrics);
        var history = model.fit(examples, Fit.of().withBatch(64).withEpochs(2).withValidation(examples).withVerbosity(Verbosity.SILENT));
        var predicted = model.predict(x);
        var scores = model.evaluate(examples);
        for (var metric : metrics) {
            assertThat(scores.get(metric.kind())).as(metric.kind()).isCloseTo(over(metric, predicted, y), within(1e-6));
            assertThat(history.last("val_" + metric.kind())).isCloseTo(scores.get(metric.kind()), within(1e-9));
            assertThat(history.last(metric.kind())).isBetween(0.0, 1.0);
        }
        model.save(folder);
        assertThat(Model.load(folder).evaluate(examples)).isEqualTo(scores);
    }

    @Test
    void namesThatThereAreNotSayWhichThereAre() {
        assertThat(Metric.of("kl_divergence").kind()).isEqualTo("kl_divergence");
        assertThat(Metric.of("top_3_accuracy")).isEqualTo(new TopK(3));
        assertThatThrownBy(() -> Metric.of("acuracy")).hasMessageContaining("\nMaybe one of accuracy");
        assertThat(List.of(Metric.of("auc").kind(), Metric.of("f1").kind())).containsExactly("auc", "f1_score");
    }

    @Test
    void aMatrixCountsWhatWasTakenForWhat() {
        var matrix = ConfusionMatrix.of(List.of("a", "b", "c")).add(SCORES, CLASSES);
        assertThat(matrix.total()).isEqualTo(37);
        assertThat(matrix.accuracy()).isCloseTo(over(Metric.of("accuracy"), SCORES, CLASSES), within(1e-9));
        double f1 = (matrix.f1(0) + matrix.f1(1) + matrix.f1(2)) / 3;
        assertThat(f1).isCloseTo(over(Metric.of("f1"), SCORES, CLASSES), within(1e-9));
        var twice = matrix.add(SCORES.slice(0, 0, 5), CLASSES.slice(0, 0, 5));
        assertThat(twice.total()).isEqualTo(42);
        assertThat(matrix.toString()).contains("precision").contains("accuracy ");
        assertThatThrownBy(() -> matrix.add(Tensor.of(3L), Tensor.of(0L))).hasMessageContaining("no class 3 of 3");
        var binary = ConfusionMatrix.of(2).add(Tensor.of(0.9f, 0.2f, 0.7f), Tensor.of(1f, 1f, 0f));
        assertThat(binary.counts()).containsExactly(List.of(0L, 1L), List.of(1L, 1L));
    }

    /// The area is how likely a yes has the larger score; counting at 200 thresholds comes within a hundredth.
    @Test
    void theExactAreaIsThatOfAllPairs() {
        var scores = SCORES.slice(1, 0, 1).squeeze(1);
        var targets = CLASSES.eq(Tensor.of(0L)).cast(dev.caviar.engine.memory.DType.F32);
        var curve = RocCurve.of(scores, targets);
        var s = scores.toDoubles();
        var t = targets.toDoubles();
        double won = 0;
        int pairs = 0;
        for (int i = 0; i < s.length; i++) {
            for (int j = 0; j < s.length; j++) {
                if (t[i] > 0.5 && t[j] < 0.5) {
                    pairs++;
                    won += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0;
                }
            }
        }
        assertThat(curve.auc()).isCloseTo(won / pairs, within(1e-12));
        assertThat(over(Metric.of("auc"), scores, targets)).isCloseTo(curve.auc(), within(0.02));
        assertThat(curve.best().truePositive()).isGreaterThanOrEqualTo(curve.best().falsePositive());
        assertThatThrownBy(() -> RocCurve.of(Tensor.of(1f), Tensor.of(1f))).hasMessageContaining("some of both");
    }

    @Test
    void namesBecomeRowsAndBack() {
        var kinds = OneHot.of("dog", "cat", "dog", "eel");
        assertThat(kinds.names()).containsExactly("cat", "dog", "eel");
        assertThat(kinds.decode(kinds.rows(kinds.classes("eel", "cat", "dog")))).containsExactly("eel", "cat", "dog");
        assertThatThrownBy(() -> kinds.classes("cow")).hasMessageContaining("\"cow\", is none of [cat, dog, eel]");
        assertThatThrownBy(() -> kinds.rows(3)).hasMessageContaining("not in [0, 3)");
    }
}
