package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Fill;
import dev.caviar.nn.layer.AlphaDropout;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.BatchNorm.Statistics;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GaussianDropout;
import dev.caviar.nn.layer.GaussianNoise;
import dev.caviar.nn.layer.GroupNorm;
import dev.caviar.nn.layer.LayerNorm;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.RandomBrightness;
import dev.caviar.nn.layer.RandomContrast;
import dev.caviar.nn.layer.RandomCrop;
import dev.caviar.nn.layer.RandomFlip;
import dev.caviar.nn.layer.RandomRotation;
import dev.caviar.nn.layer.RandomTranslation;
import dev.caviar.nn.layer.RandomZoom;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.layer.Resizing;
import dev.caviar.nn.layer.SpatialDropout2D;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatisticsTest {
    private static final Tensor X = Random.normal(Random.key(1), 50, 3).mul(2).add(5);
    private static final Examples DATA = Examples.of(X.array().buffer(), X.sum(1).gt(15).cast(DType.I64).array().buffer());
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(16).withEpochs(3);

    private static void near(Model model, String path, Tensor wanted) {
        assertThat(Tensor.wrap(model.weights().get(path)).sub(wanted).abs().max(new int[0]).item()).as(path).isLessThan(1e-4f);
    }

    @Test
    void averagesOverTheWholeSetBeginAnewWithEachEpochAndOnRequest() {
        var layer = BatchNorm.of().withStatistics(Statistics.WHOLE_SET);
        var model = Model.of(Dense.of(4, "relu"), layer, Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy");
        model.fit(DATA, QUIET);
        near(model, "batch_norm/moving_weight", Tensor.of(50f));
        var before = Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
        model.recalibrate(DATA, 16);
        assertThat(Tensor.wrap(model.weights().get("dense/kernel")).toFloats()).isEqualTo(before);
        var hidden = X.matmul(Tensor.wrap(model.weights().get("dense/kernel")));
        var bias = model.weights().get("dense/bias");
        var z = (bias == null ? hidden : hidden.add(Tensor.wrap(bias))).relu();
        near(model, "batch_norm/moving_mean", z.mean(0));
        near(model, "batch_norm/moving_variance", z.variance(0));
        var once = Tensor.wrap(model.weights().get("batch_norm/moving_variance")).toFloats();
        model.recalibrate(DATA, 16);
        assertThat(Tensor.wrap(model.weights().get("batch_norm/moving_variance")).toFloats()).isEqualTo(once);
    }

    @Test
    void meansOfBatchesAreOfTheLastEpoch() {
        var model = Model.of(BatchNorm.of().withStatistics(Statistics.BATCH_MEANS), Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy");
        model.fit(DATA, QUIET.withShuffle(false).withBatch(40));
        near(model, "batch_norm/moving_weight", Tensor.of(2f));
        near(model, "batch_norm/moving_mean", X.slice(0, 0, 40).mean(0).add(X.slice(0, 40, 50).mean(0)).mul(0.5));
    }

    @Test
    void savedAndLoadedTheyAreTheSame(@TempDir Path folder) {
        var model = Model.of(Resizing.of(8, 8), Rescaling.of(1 / 255.0), RandomFlip.of(true, false), RandomTranslation.of(0.1, 0.2).withFill(Fill.WRAP),
                RandomRotation.of(0.1).withFill(3), RandomZoom.of(0.1, 0.2), RandomBrightness.of(0.1).withRange(0, 1), RandomContrast.of(0.1),
                RandomCrop.of(7, 6), GroupNorm.instance(), LayerNorm.of(1, 2), SpatialDropout2D.of(0.1), RMSNorm.of(), GaussianNoise.of(0.1),
                GaussianDropout.of(0.1), Flatten.of(), Dense.of(4), BatchNorm.of().withUnbiased(true).withStatistics(Statistics.WHOLE_SET),
                AlphaDropout.of(0.1), Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy");
        var images = Examples.of(Random.uniform(Random.key(3), 20, 9, 10, 2).mul(255).array().buffer(), DATA.limit(20).labels());
        model.fit(images, QUIET.withBatch(10));
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.layer()).isEqualTo(model.layer());
        assertThat(loaded.evaluate(images)).isEqualTo(model.evaluate(images));
        var twin = Model.load(folder);
        loaded.fit(images, QUIET.withBatch(10));
        twin.fit(images, QUIET.withBatch(10));
        assertThat(twin.evaluate(images)).isEqualTo(loaded.evaluate(images));
    }
}
