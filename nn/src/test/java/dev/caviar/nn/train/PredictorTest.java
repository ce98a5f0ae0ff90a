package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictorTest {
    private static final Fit ONE = Fit.of().withVerbosity(Verbosity.SILENT);

    /// A trained network with all that behaves differently at inference.
    private static Model trained() {
        var data = DataSource.of("digits").load().train();
        var model = Model.of(Flatten.of(), Dense.of(20).withBias(false), BatchNorm.of().withMomentum(0.9).withCorrected(true), Activation.RELU,
                        Dropout.of(0.3), Dense.of(10, "softmax"))
                .withNormaliser(Normaliser.fit(data)).compile("adam", "sparse_categorical_crossentropy", "accuracy");
        model.fit(data, ONE);
        return model;
    }

    private static float[] features(int rows) {
        var x = Tensor.wrap(DataSource.of("digits").load().test().limit(rows).features()).toDoubles();
        var floats = new float[x.length];
        for (int i = 0; i < x.length; i++) floats[i] = (float) x[i];
        return floats;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 64})
    void answersAsTheModelDoes(int rows) {
        var model = trained();
        var expected = Tensor.wrap(model.predict(DataSource.of("digits").load().test().limit(rows).features())).toDoubles();
        try (var predictor = Predictor.of(model, rows, 2)) {
            assertThat(predictor.outputs()).isEqualTo(10);
            assertThat(predictor.features()).isEqualTo(64);
            var answers = new float[rows * 10];
            for (int again = 0; again < 2; again++) {
                Arrays.fill(answers, -1);
                predictor.predict(features(rows), answers);
                for (int i = 0; i < expected.length; i++) assertThat((double) answers[i]).isCloseTo(expected[i], within(1e-6));
            }
        }
    }

    @Test
    void whatDependsOnWeightsAloneIsComputedOnce() {
        var model = trained();
        try (var predictor = Predictor.of(model, 7)) {
            var graph = predictor.program().graph();
            assertThat(graph.print()).contains("contract").doesNotContain("rsqrt");
            // The mean of batch norm is kept small, and spread over the batch where it is read.
            assertThat(graph.inputs().stream().skip(1).map(input -> input.shape().size())).containsOnly(10L, 20L, 200L, 1280L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "f16"})
    void answersInMixedPrecisionAsTheModelDoes(String precision) {
        var model = trained().withPrecision(precision);
        var expected = Tensor.wrap(model.predict(DataSource.of("digits").load().test().limit(9).features())).toDoubles();
        try (var predictor = Predictor.of(model, 9)) {
            var answers = new float[90];
            predictor.predict(features(9), answers);
            for (int i = 0; i < answers.length; i++) assertThat((double) answers[i]).isCloseTo(expected[i], within(1e-4));
            // Weights are rounded once, not at each call.
            assertThat(predictor.program().graph().inputs().stream().filter(input -> input.shape().size() == 1280).map(Tensor::dtype))
                    .containsExactly(precision.equals("bf16") ? DType.BF16 : DType.F16);
        }
    }

    @Test
    void keepsItsWeightsWhileTheModelTrainsOn() {
        var model = trained();
        var before = new float[10];
        var after = new float[10];
        try (var predictor = Predictor.of(model, 1)) {
            predictor.predict(features(1), before);
            model.fit(DataSource.of("digits").load().train(), ONE);
            predictor.predict(features(1), after);
        }
        assertThat(after).isEqualTo(before);
        try (var predictor = Predictor.of(model, 1)) {
            predictor.predict(features(1), after);
        }
        assertThat(after).isNotEqualTo(before);
    }

    @Test
    void refusesWhatDoesNotFit() {
        var model = Model.of(Dense.of(3));
        assertThatThrownBy(() -> Predictor.of(model, 1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("no weights yet");
        model.build(4);
        assertThatThrownBy(() -> Predictor.of(model, 0)).isInstanceOf(IllegalArgumentException.class);
        try (var predictor = Predictor.of(model, 2)) {
            assertThatThrownBy(() -> predictor.predict(new float[4], new float[6])).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 examples have 8 and 6").hasMessageContaining("\nMaybe ");
        }
    }
}
