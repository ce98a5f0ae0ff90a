package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Mixed precision trains as F32 does, and an overflow loses nothing.
class PrecisionTest {
    private static final DataSet DIGITS = DataSource.of("digits").load();
    private static final Fit FIT = Fit.of().withBatch(32).withVerbosity(Verbosity.SILENT);

    private static Model network(Precision precision) {
        return Model.of(Flatten.of(), Dense.of(64).withBias(false), BatchNorm.of(), Activation.RELU, Dense.of(32, "relu"),
                Dense.of(10, "softmax")).withPrecision(precision).compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }

    @Test
    void aNetworkLearnsTheSameInEveryPrecision() {
        var losses = new ArrayList<List<Double>>();
        var accuracies = new ArrayList<Double>();
        for (var precision : List.of(Precision.F32, Precision.BF16, Precision.F16)) {
            var model = network(precision);
            losses.add(model.fit(DIGITS.train(), FIT.withEpochs(8)).of("loss"));
            accuracies.add(model.evaluate(DIGITS.train()).get("accuracy"));
            assertThat(model.weights().values()).allMatch(buffer -> buffer.type().dtype() == DType.F32);
        }
        assertThat(accuracies.getFirst()).isGreaterThan(0.97);
        for (int i = 1; i < 3; i++) {
            assertThat(accuracies.get(i)).isCloseTo(accuracies.getFirst(), within(0.005));
            for (int epoch = 0; epoch < 8; epoch++) {
                assertThat(losses.get(i).get(epoch)).as("precision %d, epoch %d", i, epoch)
                        .isCloseTo(losses.getFirst().get(epoch), within(0.01 + 0.05 * losses.getFirst().get(epoch)))
                        .isNotEqualTo(losses.getFirst().get(epoch));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("deep")
    void convolutionsAndRecurrencesAreWithinHalfAPoint(Layer layers) {
        var accuracies = new ArrayList<Double>();
        for (var precision : List.of(Precision.F32, Precision.BF16, Precision.F16)) {
            var model = Model.of(layers).withPrecision(precision).compile(Adam.of(3e-3), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
            model.fit(DIGITS.train(), FIT.withBatch(32).withEpochs(16));
            accuracies.add(model.evaluate(DIGITS.train()).get("accuracy"));
        }
        assertThat(accuracies.getFirst()).isGreaterThan(0.97);
        assertThat(accuracies).allSatisfy(accuracy -> assertThat(accuracy).isCloseTo(accuracies.getFirst(), within(0.005)));
    }

    static List<Layer> deep() {
        return List.of(Sequential.of(Reshape.of(8, 8, 1), Conv2D.of(8, 3, "relu"), MaxPooling2D.of(2), Flatten.of(), Dense.of(10, "softmax")),
                Sequential.of(LSTM.of(32), Dense.of(10, "softmax")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixed_bfloat16", "mixed_float16"})
    void aSmallNetworkComesToTheSame(String name) {
        var x = new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
        var y = new int[] {0, 1, 1, 0};
        var model = Model.of(Dense.of(16, "tanh"), Dense.of(2, "softmax")).withPrecision(name)
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
        model.fit(x, y, FIT.withBatch(4).withEpochs(1500));
        assertThat(model.evaluate(x, y)).containsEntry("accuracy", 1.0);
        assertThat(model.evaluate(x, y).get("loss")).isLessThan(0.1);
    }

    @Test
    void anOverflowLeavesEverythingAsItWasButTheScale() {
        var scale = LossScale.of().withInitial(0x1p60);
        var model = network(Precision.F16.withLossScale(scale));
        var some = DIGITS.train().limit(64);
        model.fit(some, FIT.withEpochs(0));
        var before = model.weights();
        model.fit(some, FIT.withEpochs(2));
        same(model.weights(), before);
        // 2⁶⁰ comes down to about 2¹⁶ in so many steps; then training goes on as from a good scale.
        model.fit(some, FIT.withEpochs(200));
        assertThat(differs(model.weights(), before)).isTrue();
        assertThat(model.evaluate(some).get("accuracy")).isEqualTo(1.0);
    }

    @Test
    void whatFollowsAnOverflowIsWhatWouldHaveBeenWithoutIt() {
        // The examples in order and no dropout: after the steps that are left out, both see the same batches.
        var some = DIGITS.train().limit(32);
        var good = network(Precision.F16.withLossScale(LossScale.of().withInitial(1024)));
        good.fit(some, FIT.withEpochs(5).withShuffle(false));
        var late = network(Precision.F16.withLossScale(LossScale.of().withInitial(0x1p50).withBackoff(0x1p-40)));
        late.fit(some, FIT.withEpochs(6).withShuffle(false));
        same(late.weights(), good.weights());
    }

    @Test
    void gradientsThatAreNeverFiniteEndTheTraining() {
        var model = Model.of(Dense.of(4), Dense.of(1)).withPrecision(Precision.F16).compile("sgd", "mse");
        var x = Examples.of(new float[][] {{6e4f, 6e4f}}, new float[][] {{1}});
        assertThatThrownBy(() -> model.fit(x, FIT.withEpochs(50).withAllowNonFinite(false))).isInstanceOf(DivergedException.class);
    }

    @ParameterizedTest
    @CsvSource({"1024, 0, true, 1024, 1", "1024, 1, true, 1024, 2", "1024, 2, true, 4096, 0", "1024, 2, false, 128, 0", "1024, 0, false, 128, 0"})
    void theScaleGrowsAfterAStreakAndFallsAtOnce(double scale, double streak, boolean finite, double scaleAfter, double streakAfter) {
        var next = LossScale.next(Map.of(LossScale.SCALE, Tensor.scalar(scale), LossScale.STREAK, Tensor.scalar(streak)),
                Map.of("interval", Tensor.scalar(3), "growth", Tensor.scalar(4), "backoff", Tensor.scalar(0.125)), Tensor.of(finite).at(0, 0));
        assertThat(next.get(LossScale.SCALE).itemAsDouble()).isEqualTo(scaleAfter);
        assertThat(next.get(LossScale.STREAK).itemAsDouble()).isEqualTo(streakAfter);
    }

    @Test
    void aModelThatHasWeightsGoesOnInAnotherPrecision(@TempDir Path folder) {
        var model = network(Precision.F32);
        var some = DIGITS.train().limit(320);
        model.fit(some, FIT.withEpochs(2));
        var mixed = model.withPrecision("mixed_bfloat16");
        same(mixed.weights(), model.weights());
        mixed.fit(some, FIT.withEpochs(1));
        assertThat(differs(mixed.weights(), model.weights())).isTrue();
        mixed.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.precision()).isEqualTo(Precision.BF16);
        same(loaded.weights(), mixed.weights());
        assertThat(loaded.evaluate(some)).isEqualTo(mixed.evaluate(some));
        var wide = loaded.withPrecision(Precision.F32);
        assertThat(wide.evaluate(some).get("loss")).isCloseTo(loaded.evaluate(some).get("loss"), within(0.02))
                .isNotEqualTo(loaded.evaluate(some).get("loss"));
    }

    @Test
    void wrongSettingsAreRefused() {
        assertThatThrownBy(() -> Precision.of("float8")).hasMessageContaining("mixed_bfloat16");
        assertThatThrownBy(() -> new Precision(DType.I32, null, java.util.Set.of())).hasMessageContaining("BF16 or F16");
        assertThatThrownBy(() -> network(Precision.BF16).withDType(DType.F64)).hasMessageContaining("mixed_bfloat16");
        assertThatThrownBy(() -> LossScale.of().withBackoff(1)).hasMessageContaining("at an overflow");
    }

    private static void same(Map<String, Buffer> actual, Map<String, Buffer> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((path, buffer) -> assertThat(actual.get(path).memory().mismatch(buffer.memory())).as(path).isEqualTo(-1));
    }

    private static boolean differs(Map<String, Buffer> a, Map<String, Buffer> b) {
        return a.entrySet().stream().anyMatch(e -> e.getValue().memory().mismatch(b.get(e.getKey()).memory()) >= 0);
    }

    /// With every layer excepted the model is one in F32; with some, neither.
    @Test
    void layersCanBeExcepted() {
        var data = DIGITS.train().limit(64).features();
        var all = predictions(Precision.BF16.except("dense", "dense_1", "dense_2"), data);
        var some = predictions(Precision.BF16.except("dense_1"), data);
        assertThat(all).isEqualTo(predictions(Precision.F32, data));
        assertThat(some).isNotEqualTo(all).isNotEqualTo(predictions(Precision.BF16, data));
        var trained = network(Precision.F16.except("dense_2"));
        assertThat(trained.fit(DIGITS.train(), FIT.withEpochs(2)).last("loss")).isLessThan(1);
    }

    private static float[] predictions(Precision precision, Buffer x) {
        return Tensor.wrap(network(precision).build(8, 8).predict(x)).toFloats();
    }

    @Test
    void exceptionsHaveANameAndAreChecked(@TempDir Path folder) {
        var precision = Precision.F16.except("dense_1", "dense");
        assertThat(precision.kind()).isEqualTo("mixed_float16 except dense, dense_1");
        assertThat(Precision.of(precision.kind())).isEqualTo(precision);
        network(precision).build(8, 8).save(folder);
        assertThat(Model.load(folder).precision()).isEqualTo(precision);
        assertThatThrownBy(() -> network(Precision.BF16.except("dense_9")).build(8, 8)).hasMessageContaining("no part \"dense_9\" to except; it has [flatten, dense,")
                .hasMessageContaining("\nMaybe");
    }
}
