package dev.caviar.nn.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Settings of metrics against Keras 3.15, whose numbers are single precision.
class MetricSettingsTest {
    private static final Tensor SCORES = Tensor.of(0.9f, 0.8f, 0.3f, 0.6f, 0.1f, 0.45f, 0.7f, 0.2f);
    private static final Tensor TRUTH = Tensor.of(1f, 0f, 1f, 1f, 0f, 0f, 1f, 0f);
    private static final Tensor WEIGHTS = Tensor.of(1f, 2f, 0.5f, 1f, 3f, 1f, 0.25f, 1f);
    private static final Tensor LABELS = Tensor.of(new float[][] {{1, 0}, {0, 1}, {1, 1}, {0, 0}, {1, 0}});
    private static final Tensor SHARES = Tensor.of(new float[][] {{0.9f, 0.2f}, {0.4f, 0.7f}, {0.35f, 0.6f}, {0.1f, 0.8f}, {0.75f, 0.3f}});

    static Stream<Arguments> ofOneOutput() {
        var roc = Auc.of(Auc.Curve.ROC);
        return Stream.of(
                Arguments.of(OperatingPoint.of(Decision.Of.RECALL, Decision.Of.SPECIFICITY, 0.7), 0.75, 0.8181818),
                Arguments.of(OperatingPoint.of(Decision.Of.SPECIFICITY, Decision.Of.RECALL, 0.7), 0.75, 0.7142857),
                Arguments.of(OperatingPoint.of(Decision.Of.PRECISION, Decision.Of.RECALL, 0.7), 0.75, 0.5294118),
                Arguments.of(OperatingPoint.of(Decision.Of.RECALL, Decision.Of.PRECISION, 0.7), 0.75, 0.3636364),
                Arguments.of(Auc.of(Auc.Curve.PRGAIN), 0.5277778, 0.6178390),
                Arguments.of(roc.withLevels(0.5, 0.25, 0.75), 0.75, 0.7532468),
                Arguments.of(MeanIoU.binary(0.4), 0.45, 0.4857143),
                Arguments.of(MeanIoU.binary(0.4).withTargets(1), 0.5, 0.4),
                Arguments.of(Metric.of("true_positives"), 3, 2.25),
                Arguments.of(Decision.of(Decision.Of.FALSE_POSITIVES).at(0.25), 2 + 0.0, 3),
                Arguments.of(Metric.of("true_negatives"), 3, 5),
                Arguments.of(Metric.of("false_negatives"), 1, 0.5));
    }

    /// Over batches of 3 and 5, plain and with weights; overlaps with weights that are whole, as Keras's have to be.
    @ParameterizedTest
    @MethodSource("ofOneOutput")
    void ratesCountsAndAreasAreThoseOfKeras(Metric metric, double plain, double weighted) {
        assertThat(over(metric, null)).isCloseTo(plain, within(1e-6));
        assertThat(over(metric, metric instanceof MeanIoU ? WEIGHTS.cast(DType.I64) : WEIGHTS)).isCloseTo(weighted, within(1e-6));
    }

    private static double over(Metric metric, @Nullable Tensor weights) {
        var meter = Meter.of(metric);
        for (int[] part : new int[][] {{0, 3}, {3, 8}}) {
            meter.update(SCORES.slice(0, part[0], part[1]), TRUTH.slice(0, part[0], part[1]), weights == null ? null : weights.slice(0, part[0], part[1]));
        }
        return meter.result();
    }

    private static Meter of(Metric metric, Tensor p, Tensor t) {
        var meter = Meter.of(metric);
        meter.update(p, t);
        return meter;
    }

    @Test
    void labelsHaveCurvesOfTheirOwn() {
        var roc = Auc.of(Auc.Curve.ROC);
        assertThat(of(roc.withMultiLabel(true), SHARES, LABELS).result()).isCloseTo(0.75, within(1e-6));
        assertThat(of(roc.withMultiLabel(true), SHARES, LABELS).results()).hasSize(2);
        assertThat(of(roc.withMultiLabel(true).withLabelWeights(1, 3), SHARES, LABELS).result()).isCloseTo(0.7083333, within(1e-6));
        assertThat(of(roc.withLabelWeights(1, 3), SHARES, LABELS).result()).isCloseTo(0.7474747, within(1e-6));
        assertThat(of(Auc.of(Auc.Curve.PR).withMultiLabel(true), SHARES, LABELS).result()).isCloseTo(0.6773999, within(1e-6));
        var logits = SHARES.div(SHARES.neg().add(1)).log();
        assertThat(of(roc.withLogits(true), logits, LABELS).result()).isCloseTo(of(roc, SHARES, LABELS).result(), within(1e-6));
        assertThatThrownBy(() -> of(roc.withLabelWeights(1), SHARES, LABELS)).hasMessageContaining("1 label weights for 2 outputs");
        assertThatThrownBy(() -> roc.withLevels(0.5, 2)).hasMessageContaining("[0.5, 2.0] must be in [0, 1]");
    }

    @Test
    void adjustedExplainedVariance() {
        assertThat(of(R2.of().withRegressors(2), SHARES, LABELS).result()).isCloseTo(0.0973214, within(1e-6));
        assertThat(of(R2.of().withRegressors(2), SHARES, LABELS).results()).containsExactly(new double[] {0.2875, -0.0928571}, within(1e-6));
        assertThat(of(R2.of().withRegressors(9), SHARES, LABELS).result()).isEqualTo(of(R2.of(), SHARES, LABELS).result());
    }

    @Test
    void correlationsOfRows() {
        var p = Tensor.of(new float[][] {{1, 2, 4}, {0, 3, 1}, {2, 2.5f, 7}});
        var t = Tensor.of(new float[][] {{1, 3, 3.5f}, {1, 2, 2}, {2, 3, 5}});
        assertThat(of(Metric.of("pearson_correlation"), p, t).result()).isCloseTo(0.8642266, within(1e-6));
        assertThat(of(Metric.of("concordance_correlation"), p, t).result()).isCloseTo(0.70419836, within(1e-6));
        assertThat(of(Correlation.PEARSON.withAxis(1), p.mul(3).add(1), p).result()).isCloseTo(1, within(1e-6));
    }

    @Test
    void someClassesOverlap() {
        var t = Tensor.of(0L, 1, 2, 3, 1, 0, 2, 1);
        var p = Tensor.of(0L, 2, 2, 3, 1, 1, 0, 1);
        assertThat(of(new MeanIoU(4).withTargets(0, 2), p.expandDims(1), t.expandDims(1)).result()).isCloseTo(1.0 / 3, within(1e-6));
        assertThat(of(new MeanIoU(4).withIgnored(0), p.expandDims(1), t.expandDims(1)).result()).isCloseTo(0.5, within(1e-6));
        var holes = t.eq(Tensor.scalar(3, DType.I64)).where(Tensor.scalar(255, DType.I64), t);
        assertThat(of(new MeanIoU(4).withIgnored(255), p.expandDims(1), holes.expandDims(1)).result()).isCloseTo(0.3888889, within(1e-6));
        assertThatThrownBy(() -> new MeanIoU(4).withTargets(4)).hasMessageContaining("no class 4 of 4");
    }

    @Test
    void aYesIsAmongTheLargestAndAboveTheThreshold() {
        assertThat(of(Decision.PRECISION.withTop(1).at(0.5), SHARES, LABELS).result()).isCloseTo(0.8, within(1e-6));
        assertThat(of(Decision.RECALL.withTop(1), SHARES, LABELS).result()).isCloseTo(0.8, within(1e-6));
        assertThat(of(Decision.RECALL.withTop(1).at(0.8), SHARES, LABELS).result()).isCloseTo(0.2, within(1e-6));
        assertThat(of(Metric.of("equality"), LABELS, LABELS.slice(0, 0, 5)).result()).isEqualTo(1);
        assertThatThrownBy(() -> OperatingPoint.of(Decision.Of.TRUE_POSITIVES, Decision.Of.RECALL, 0.5)).hasMessageContaining("both must be rates");
    }

    /// Weights of steps: what counts 0 is not there.
    @Test
    void stepsHaveWeightsAndMasks() {
        var p = Tensor.range(12, DType.F32).reshape(2, 3, 2);
        var t = Tensor.zeros(2, 3, 2);
        var meter = Meter.of(Metric.of("mae"));
        meter.update(p, t, Tensor.of(1f, 0f, 0f, 0f, 0f, 3f).reshape(2, 3));
        assertThat(meter.result()).isCloseTo((0.5 + 3 * 10.5) / 4, within(1e-6));
        meter.reset();
        meter.update(p, t, null, Tensor.of(1L, 1, 0, 1, 0, 0).reshape(2, 3).gt(Tensor.scalar(0, DType.I64)));
        assertThat(meter.result()).isCloseTo((0.5 + 2.5 + 6.5) / 3, within(1e-6));
        assertThatThrownBy(() -> meter.update(p, t, Tensor.ones(5))).hasMessageContaining("5 weights for 2 examples of 3 values each");
    }

    /// Labels that are not aligned are judged by the steps that are there, as their loss does.
    @Test
    void ctcAsAMetricSeesTheMask() {
        var p = Tensor.of(new float[] {0.2f, 0.5f, 0.3f, 0.6f, 0.1f, 0.3f, 0.1f, 0.1f, 0.8f}).reshape(1, 3, 3);
        var labels = Tensor.of(1L).reshape(1, 1);
        var meter = Meter.of(new Metric.LossMetric(Ctc.of(false)));
        meter.update(p, labels, null, Tensor.of(1L, 1, 0).reshape(1, 3).gt(Tensor.scalar(0, DType.I64)));
        assertThat(meter.result()).isCloseTo(-Math.log(0.5 * 0.1 + 0.5 * 0.6 + 0.2 * 0.1), within(1e-5));
    }

    /// In a model: counts are over all examples, whatever the batches, and what was saved is what is loaded.
    @Test
    void aModelReportsCounts(@org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) {
        var x = SCORES.expandDims(1);
        var metrics = new Metric[] {Metric.of("true_positives"), OperatingPoint.of(Decision.Of.RECALL, Decision.Of.SPECIFICITY, 0.7).withThresholds(50),
                Auc.of(Auc.Curve.PRGAIN).withLevels(0.3, 0.5).withLabelWeights(2), MeanIoU.binary(0.5).withTargets(1), Metric.of("equality")};
        var model = Model.of(Dense.of(1, "sigmoid")).compile(Sgd.of(0.1), Loss.of("binary_crossentropy"), metrics);
        var examples = Examples.of(x.array().buffer(), TRUTH.expandDims(1).array().buffer());
        var scores = model.build(1).evaluate(examples);
        var predicted = model.predict(x);
        for (var metric : metrics) {
            assertThat(scores.get(metric.kind())).as(metric.kind()).isCloseTo(of(metric, predicted, TRUTH).result(), within(1e-6));
        }
        model.save(folder);
        assertThat(Model.load(folder).evaluate(examples)).isEqualTo(scores);
    }

    /// Of sequences, with a mask and without: decisions of all steps that are there, each as much as another.
    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(booleans = {false, true})
    void decisionsOfStepsAreCounted(boolean masked) {
        var x = Random.normal(Random.key(7), 7, 4, 2);
        var there = Random.uniform(Random.key(8), 7, 4).gt(0.4);
        x = x.mul(there.cast(DType.F32).expandDims(2));
        var y = Random.uniform(Random.key(9), 7, 4, 1).gt(0.5).cast(DType.F32);
        var metrics = new Metric[] {Metric.of("true_positives"), Metric.of("false_negatives"), Decision.PRECISION.at(0.4), Metric.of("auc"), Metric.of("f1"),
                Metric.of("mae"), MeanIoU.binary(0.5)};
        var dense = Dense.of(1, "sigmoid");
        var model = (masked ? Model.of(Masking.of(0), dense) : Model.of(dense)).compile(Sgd.of(0.1), Loss.of("binary_crossentropy"), metrics).build(4, 2);
        var examples = Examples.of(x.array().buffer(), y.array().buffer());
        var scores = model.evaluate(examples);
        var history = model.fit(examples, Fit.of().withBatch(3).withValidation(examples).withVerbosity(Verbosity.SILENT));
        var predicted = model.predict(x);
        var later = model.evaluate(examples);
        for (var metric : metrics) {
            var meter = Meter.of(metric);
            meter.update(predicted.slice(0, 0, 5), y.slice(0, 0, 5), null, masked ? there.slice(0, 0, 5) : null);
            meter.update(predicted.slice(0, 5, 7), y.slice(0, 5, 7), null, masked ? there.slice(0, 5, 7) : null);
            assertThat(history.last("val_" + metric.kind())).as(metric.kind()).isCloseTo(later.get(metric.kind()), within(1e-6));
            assertThat(later.get(metric.kind())).as(metric.kind()).isCloseTo(meter.result(), within(1e-6));
        }
        assertThat(scores.get("true_positives") + scores.get("false_negatives"))
                .isCloseTo((masked ? y.squeeze(2).mul(there.cast(DType.F32)) : y).sum().item(), within(1e-4));
    }
}
