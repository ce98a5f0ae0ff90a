package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Sgd;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Five sequences of 4, 2, 3, 1 and 2 steps, filled up with zeros: what Keras 3.15.1 makes of them (TensorFlow, F32).
class MaskedLossTest {
    private static final Tensor X = Tensor.of(1.25f, -1.75f, -1.25f, -1, -1.25f, 1.25f, 1.5f, 0.25f, -2, -1.75f, -0.75f, -0.25f, 0, 0, 0, 0, 0.75f, 1, -2, -1.75f,
            -0.25f, -0.5f, 0, 0, -0.25f, -0.25f, 0, 0, 0, 0, 0, 0, 1.25f, -1, -0.75f, 0.75f, 0, 0, 0, 0).reshape(5, 4, 2);
    private static final Tensor Y = Tensor.of(2L, 0, 0, 2, 2, 0, 0, 0, 0, 2, 1, 1, 0, 1, 0, 2, 1, 0, 0, 2).reshape(5, 4);
    private static final Examples DATA = Examples.of(X.array().buffer(), Y.array().buffer());
    private static final Fit FIT = Fit.of().withBatch(3).withEpochs(2).withShuffle(false).withVerbosity(Verbosity.SILENT);

    private static Model model() {
        var model = Model.of(Masking.of(0), Dense.of(3, "softmax"))
                .compile(Sgd.of(0.5), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"), Metric.of("sparse_categorical_crossentropy")).build(4, 2);
        model.assign(Map.of("dense/kernel", Tensor.of(0, -0.25f, -0.5f, -1, 0.25f, 0.25f).reshape(2, 3).array().buffer()));
        return model;
    }

    private static double[] values(Model model, History history, int epoch) {
        return List.of("loss", "accuracy", "sparse_categorical_crossentropy").stream().mapToDouble(name -> history.of(name).get(epoch)).toArray();
    }

    private static float[] kernel(Model model) {
        return Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
    }

    private static void isKeras(Model model, History history) {
        assertThat(values(model, history, 0)).containsExactly(new double[] {1.6139217615127563, 0.0833333358168602, 1.6428951025009155}, within(1e-6));
        assertThat(values(model, history, 1)).containsExactly(new double[] {1.1803333759307861, 0.3333333432674408, 1.2165192365646362}, within(1e-6));
        assertThat(kernel(model)).containsExactly(new float[] {-0.48195544f, 0.16575398f, -0.43379846f, -0.15764348f, -0.10705253f, -0.23530404f}, within(1e-6f));
    }

    @Test
    void theLossIsTheMeanOverTheStepsOfABatchThatCount() {
        var model = model();
        var scores = model.evaluate(DATA);
        assertThat(scores.get("loss")).isCloseTo(1.675408959388733, within(1e-6));
        assertThat(scores.get("accuracy")).isCloseTo(2 / 12.0, within(1e-7));
        isKeras(model, model.fit(DATA, FIT));
    }

    /// Two replicas have other numbers of steps, by the very same weights.
    @Test
    void replicasShareTheNumberOfSteps() {
        for (var replicas : List.of(Replicas.of(2), Replicas.of(3).withSynced(false))) {
            var model = model();
            isKeras(model, model.fit(DATA, FIT.withReplicas(replicas)));
        }
    }

    @Test
    void aFleetTrainsOnTheSameSteps() {
        var models = List.of(model(), model());
        var histories = Fleet.fit(models.stream().map(model -> new Fleet.Member(model, DATA, FIT)).toList());
        for (int i = 0; i < 2; i++) {
            isKeras(models.get(i), histories.get(i));
        }
    }

    @Test
    void weightsOfExamplesMultiplyTheirSteps() {
        var model = model();
        var history = model.fit(DATA.withWeights(1, 2, 0.5f, 1, 3), FIT);
        assertThat(values(model, history, 0)).containsExactly(new double[] {2.5569262504577637, 0.0833333358168602, 1.6428560018539429}, within(1e-6));
        assertThat(values(model, history, 1)).containsExactly(new double[] {1.27435302734375, 0.5, 1.0869132280349731}, within(1e-6));
        assertThat(kernel(model)).containsExactly(new float[] {-0.94181836f, 0.69575059f, -0.50393206f, 0.29795694f, -0.46153188f, -0.3364251f}, within(1e-6f));
    }

    /// Whatever the batches of an evaluation, its metrics are over all steps.
    @Test
    void metricsAreExactOverUnevenBatches() {
        var model = model();
        var wide = Tensor.concat(0, IntStream.range(0, 60).mapToObj(_ -> X).toArray(Tensor[]::new));
        var labels = Tensor.concat(0, IntStream.range(0, 60).mapToObj(_ -> Y).toArray(Tensor[]::new));
        var more = model.evaluate(Examples.of(wide.array().buffer(), labels.array().buffer()));
        assertThat(more.get("sparse_categorical_crossentropy")).isCloseTo(1.675409197807312, within(1e-6));
    }

    /// A short sequence behind a mask has the CTC loss that it has alone.
    @Test
    void ctcSeesOnlyTheStepsThatCount() {
        var labels = Tensor.of(1L, 2, 1, 0, 2, 0, 1, 0, 2, 0).reshape(5, 2);
        var alone = Ctc.of(true).perExample(X.matmul(Tensor.of(0, -0.25f, -0.5f, -1, 0.25f, 0.25f).reshape(2, 3).expandTo(dev.caviar.engine.memory.Shape.of(5, 2, 3))),
                labels, Tensor.of(4L, 2, 3, 1, 2), Tensor.of(2L, 1, 1, 1, 1));
        var model = Model.of(Masking.of(0), Dense.of(3)).compile(Sgd.of(0.5), Ctc.of(true), new Metric.LossMetric(Ctc.of(false))).build(4, 2);
        model.assign(Map.of("dense/kernel", Tensor.of(0, -0.25f, -0.5f, -1, 0.25f, 0.25f).reshape(2, 3).array().buffer()));
        var data = Examples.of(X.array().buffer(), labels.array().buffer());
        assertThat(model.evaluate(data).get("loss")).isCloseTo(alone.cast(DType.F64).mean().itemAsDouble(), within(1e-6));
        assertThat(model.evaluate(data).get("ctc")).isCloseTo(alone.cast(DType.F64).mean().itemAsDouble(), within(1e-5));
        assertThat(model.fit(data, FIT.withBatch(5).withEpochs(3)).of("loss")).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }

    /// Steps that the mask leaves out and steps of a class that is ignored are the same to a loss, and a label of these need not be a class.
    @Test
    void ignoredClassesAreAsMaskedSteps() {
        var labels = IntStream.range(0, 20).mapToLong(i -> i % 4 < List.of(4, 2, 3, 1, 2).get(i / 4) ? (long) Y.toDoubles()[i] : -1).toArray();
        var ignoring = Model.of(Dense.of(3, "softmax")).compile(Sgd.of(0.5), new CrossEntropy(false).withIgnored(-1)).build(4, 2);
        ignoring.assign(Map.of("dense/kernel", model().weights().get("dense/kernel")));
        var data = Examples.of(X.array().buffer(), Tensor.of(labels).reshape(5, 4).array().buffer());
        assertThat(ignoring.evaluate(data).get("loss")).isCloseTo(model().evaluate(DATA).get("loss"), within(1e-6));
        var masked = model();
        masked.fit(DATA, FIT);
        ignoring.fit(data, FIT);
        assertThat(kernel(ignoring)).containsExactly(kernel(masked), within(1e-6f));
    }
}
