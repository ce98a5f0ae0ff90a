package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecurrentLayerTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(32).withSeed(3);

    @TempDir
    Path folder;

    static List<Layer> layers() {
        return List.of(LSTM.of(12), LSTM.of(9).withActivation(Activation.SOFTSIGN).withRecurrentActivation(Activation.HARD_SIGMOID),
                LSTM.of(8).withBias(false).withGoBackwards(true).withRecurrentInit(Init.he()), GRU.of(12),
                GRU.of(8).withResetAfter(false).withGoBackwards(true).withBias(false), GRU.of(9).withResetAfter(false));
    }

    /// The class is whether more than half of a sequence's numbers are positive.
    private static Examples sequences(int n) {
        var x = Random.normal(Random.key(5), n, 7, 1).array().buffer();
        var y = Buffer.allocate(Type.of(DType.I64, n));
        for (int i = 0; i < n; i++) {
            int positive = 0;
            for (int t = 0; t < 7; t++) {
                positive += x.at(i * 7L + t) > 0 ? 1 : 0;
            }
            y.setLong(i, positive > 3 ? 1 : 0);
        }
        return Examples.of(x, y);
    }

    private static Model model(Layer... layers) {
        return Model.of(layers).withSeed(2).compile(Adam.of(0.02), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void itLearnsWhatASequenceHoldsAndIsSavedWhole(Layer layer) {
        var model = model(layer, Dense.of(2, "softmax"));
        // The last batch is a short one.
        var history = model.fit(sequences(330), QUIET.withEpochs(12));
        assertThat(history.last("accuracy")).isGreaterThan(0.88);
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.recipe()).isEqualTo(model.recipe());
        assertThat(loaded.evaluate(sequences(330))).isEqualTo(model.evaluate(sequences(330)));
    }

    @Test
    void layersOnSequencesFollowEachOther() {
        var model = model(LSTM.of(6).withReturnSequences(true), GRU.of(5).withReturnSequences(true), LSTM.of(4), Dense.of(2, "softmax"));
        double before = model.fit(sequences(64), QUIET).last("loss");
        assertThat(model.fit(sequences(64), QUIET.withEpochs(10)).last("loss")).isLessThan(before);
        assertThat(model.predict(sequences(3).features()).type()).isEqualTo(Type.of(DType.F32, 3, 2));
    }

    @Test
    void theForgetGateBeginsOpen() {
        var bias = model(LSTM.of(3), Dense.of(2, "softmax")).build(5, 1).weights().get("lstm/bias");
        assertThat(Tensor.wrap(bias).toFloats()).containsExactly(0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void aFlattenedSequenceIsRefused() {
        assertThatThrownBy(() -> model(LSTM.of(3), Dense.of(2, "softmax")).build(5)).hasMessageContaining("LSTM(3)")
                .hasMessageContaining("[examples, steps, features]").hasMessageContaining("\nMaybe reshape");
        assertThatThrownBy(() -> GRU.of(0)).hasMessageContaining("GRU(0)");
    }
}
