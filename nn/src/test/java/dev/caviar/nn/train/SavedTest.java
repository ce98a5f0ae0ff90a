package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Safetensors;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AdaptivePooling;
import dev.caviar.nn.layer.Attention;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.ChannelsFirst;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv1DTranspose;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Conv3DTranspose;
import dev.caviar.nn.layer.Cropping3D;
import dev.caviar.nn.layer.ConvLSTM;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConv1D;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Dot;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.ELU;
import dev.caviar.nn.layer.EinsumDense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GLU;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.GlobalAveragePooling3D;
import dev.caviar.nn.layer.GlobalMaxPooling1D;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LeakyReLU;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.MultiHeadAttention;
import dev.caviar.nn.layer.PReLU;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.Permute;
import dev.caviar.nn.layer.ReLU;
import dev.caviar.nn.layer.RepeatVector;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.SeparableConv1D;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Shrink;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.Sparsemax;
import dev.caviar.nn.layer.Squareplus;
import dev.caviar.nn.layer.Threshold;
import dev.caviar.nn.layer.UnitNorm;
import dev.caviar.nn.layer.UpSampling2D;
import dev.caviar.nn.layer.ZeroPadding2D;
import dev.caviar.nn.loss.Circle;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.loss.GeneralizedCrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.Overlap;
import dev.caviar.nn.metric.Auc;
import dev.caviar.nn.metric.Correlation;
import dev.caviar.nn.metric.Decision;
import dev.caviar.nn.metric.MeanIoU;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.metric.OperatingPoint;
import dev.caviar.nn.metric.R2;
import dev.caviar.nn.optim.Adadelta;
import dev.caviar.nn.optim.Adafactor;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Adamax;
import dev.caviar.nn.optim.Asgd;
import dev.caviar.nn.optim.Averaged;
import dev.caviar.nn.optim.Chained;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Cosine;
import dev.caviar.nn.optim.Cyclic;
import dev.caviar.nn.optim.Ftrl;
import dev.caviar.nn.optim.Groups;
import dev.caviar.nn.optim.Lamb;
import dev.caviar.nn.optim.Lion;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Muon;
import dev.caviar.nn.optim.Nadam;
import dev.caviar.nn.optim.OneCycle;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Piecewise;
import dev.caviar.nn.optim.Polynomial;
import dev.caviar.nn.optim.RAdam;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Rprop;
import dev.caviar.nn.optim.Scalars;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.ScheduleFree;
import dev.caviar.nn.optim.Sequence;
import dev.caviar.nn.optim.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class SavedTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT);

    @TempDir
    Path folder;

    private static Examples examples() {
        return examples(Random.normal(Random.key(3), 40, 2, 3).mul(5));
    }

    private static Examples examples(Tensor x) {
        var y = dev.caviar.engine.memory.Buffer.allocate(dev.caviar.engine.memory.Type.of(dev.caviar.engine.memory.DType.I64, 40));
        for (int i = 0; i < 40; i++) {
            y.setLong(i, i % 3);
        }
        return Examples.of(x.array().buffer(), y);
    }

    private static Model model(Optimizer optimizer) {
        var deep = Sequential.of(Dense.of(5).withKernelInit(Init.orthogonal()).withL2(0.01), BatchNorm.notes(), Activation.GELU);
        return Model.of(Flatten.of(), deep, Dropout.of(0.25), Dense.of(3, "softmax").withKernelInit(Init.he()))
                .withNormaliser(Normaliser.fit(examples())).withClasses(List.of("a", "b", "c")).withNotes(Map.of("data", "noise"))
                .compile(optimizer, Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    static List<Optimizer> optimizers() {
        return List.of(Sgd.of(0.1), Momentum.of(0.01, 0.8).withNesterov(true), RmsProp.of(0.01).withInside(true),
                Adam.keras(0.01).withRate(Schedule.exponential(0.01, 0.9).every(10).inSteps().withStaircase(true)),
                Groups.of(RAdam.of(0.01).withRate(Polynomial.of(0.1, 0, 5))).with("dense/.*", RAdam.of(0.1).withRate(OneCycle.of(0.1, 9)))
                        .withDecay(0.1).withExcept(".*bias").withClip(Clipped.Form.GLOBAL_NORM, 1).withAccumulation(2).withAverage(0.9),
                Scalars.of(Lion.of(0.01).withRate(Cosine.of(0.1, 5).withRestarts(2, 1).warmedUp(0, 2))).with("gain1",
                        Piecewise.of(List.of(1.0), List.of(0.5, 0.6)).inSteps()),
                Ftrl.of(0.1).withRate(Cyclic.of(0.1, 0.2, 3, 4).withForm(Cyclic.Form.HALVING)), Lamb.of(0.1), Nadam.of(0.1), Adamax.of(0.1),
                Adafactor.of(0.01).withFloored(true), Muon.of(0.01).withCoefficients(2, -1.5, 0.5), ScheduleFree.of(0.01).withWarmUp(2), Asgd.of(0.1).withStart(3),
                Sgd.of(0.1).withRate(Sequence.of(Schedule.constant(0.1)).then(1, Chained.of(Cosine.of(0.1, 5), Polynomial.of(1, 0.5, 3)))),
                Rprop.of(0.01).withLimits(0.001, 1), Sgd.of(0.1).withAverage(0.5).withOverwrite(2).withScale(-0.5),
                Adagrad.keras(0.1), Adadelta.of(0.1), Momentum.of(0.1, 0.9).withDampening(0.5),
                RmsProp.keras(0.1).withCentered(true).withMomentum(0.5), Averaged.equal(Adam.of(0.01).withAmsgrad(true), 1, 1));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void aLoadedModelIsTheSame(Optimizer optimizer) {
        var model = model(optimizer);
        model.fit(examples(), QUIET.withEpochs(2));
        model.save(folder.resolve("deep/model"));
        var loaded = Model.load(folder.resolve("deep/model"));
        var x = examples().features();
        assertThat(Tensor.wrap(loaded.predict(x)).toFloats()).isEqualTo(Tensor.wrap(model.predict(x)).toFloats());
        assertThat(loaded.evaluate(examples())).isEqualTo(model.evaluate(examples()));
        assertThat(loaded.settings()).isEqualTo(model.settings());
        assertThat(loaded.recipe()).isEqualTo(model.recipe());
        assertThat(loaded.summary()).isEqualTo(model.summary());
        assertThat(loaded.classify(x)).isEqualTo(model.classify(x));
        loaded.fit(examples(), QUIET);
    }

    @Test
    void layersOverImagesAreSaved() {
        var layers = List.of(Reshape.of(6, 6, -1), Conv2D.of(4, 3, "relu").withPadding(Padding.SAME).withStrides(1, 2).withL2(1e-3)
                        .withKernelInit(Init.he()), MaxPooling2D.of(2).withPadding("same"),
                DepthwiseConv2D.of(2).withMultiplier(2).withBias(false), Conv2D.of(8, 1).withGroups(4).withDilation(2), Reshape.of(2, 8),
                Conv1D.of(3, 2).withPadding(Padding.CAUSAL), AveragePooling1D.of(2).withStrides(1), Flatten.of(), Dense.of(3, "softmax"));
        var model = Model.of(layers.toArray(Layer[]::new)).compile("adam", "sparse_categorical_crossentropy", "accuracy");
        var examples = examples(Random.normal(Random.key(3), 40, 36));
        model.fit(examples, QUIET.withBatch(16));
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.summary()).isEqualTo(model.summary()).contains("Conv2D(4, 3×3, relu)");
        assertThat(Tensor.wrap(loaded.predict(examples.features())).toDoubles())
                .isEqualTo(Tensor.wrap(model.predict(examples.features())).toDoubles());
    }

    /// Whatever a setting is, it comes back.
    @Test
    void everyLayerIsReadAsItWasWritten() {
        var json = JsonMapper.builder().build();
        for (Layer layer : List.of(Conv1DTranspose.of(3, 4).withStrides(3).withOutputPadding(2).withPadding("same"), Conv2DTranspose.of(3, 2, 3),
                Conv3DTranspose.of(2, 3).withActivation(Activation.TANH).withBias(false), DepthwiseConv1D.of(3).withPadding(Padding.CAUSAL).withDilation(2),
                SeparableConv1D.of(3, 3).withPointwiseInit(Init.he()), SeparableConv2D.of(3, 3, "silu").withMultiplier(2), MaxPooling3D.of(2), AveragePooling2D.of(3),
                GlobalMaxPooling1D.of(), GlobalAveragePooling3D.of().withKeepDims(true), ZeroPadding2D.of(1, 2).withBefore(0), Cropping3D.of(0, 1, 1),
                UpSampling2D.of(2, 3).withInterpolation("bilinear"), Permute.of(3, 1, 2), RepeatVector.of(3), Merge.AVERAGE, Concatenate.of(1),
                Dot.of(1, 2).withNormalize(true), PReLU.of().withSharedAxes(1).withAlphaInit(Init.constant(0.25)), LeakyReLU.of(), ReLU.of(),
                ReLU.of().withMaxValue(6), ReLU.of().withMaxValue(Double.POSITIVE_INFINITY), ELU.of(0.5).withContinuous(true), Softmax.of(1, -1).withLog(true), Activation.SOFT_SHRINK,
                ChannelsFirst.of(Conv2D.of(4, 3, "relu")), UnitNorm.of(1, 2), AdaptivePooling.max(3, 2), GLU.of(1), Sparsemax.of(1), Shrink.soft(0.25),
                Threshold.of(1, 2), Squareplus.of(2), EinsumDense.of("abc,cd->abd", 0, 5).withBiasAxes("d"), ConvLSTM.of(2, 3, 3).withStrides(2),
                GRU.of(2).withZeroMasked(true), Attention.of(
                        Attention.Score.CONCAT).withScaled(true), MultiHeadAttention.of(4, 3).withOutput(2, 3).withAxes(2)
                        .withKeyHeads(2).withGated(true).withWindow(5))) {
            var text = json.writeValueAsString(LayerJson.write(layer, json));
            assertThat(LayerJson.read(json.readTree(text))).as(text).isEqualTo(layer);
        }
    }

    /// What had one number where there is now a list.
    @Test
    void layersOfEarlierFilesAreRead() {
        var json = JsonMapper.builder().build();
        assertThat(LayerJson.read(json.readTree("{\"kind\":\"softmax\",\"axis\":1,\"log\":false}"))).isEqualTo(Softmax.of(1));
        var attention = LayerJson.write(MultiHeadAttention.of(2, 3), json).put("output", 0);
        attention.remove(List.of("axes", "keyHeads", "gated", "window"));
        assertThat(LayerJson.read(attention)).isEqualTo(MultiHeadAttention.of(2, 3));
    }

    @Test
    void everyInitialisationIsReadAsItWasWritten() {
        for (var init : List.of(Init.normal(0.2), Init.truncatedNormal(1, 0.2), Init.uniform(0.5), Init.uniform(1, 2), new Init.Identity(2), Init.he(),
                Init.variance(2, Init.Variance.Fan.MEAN, Init.Variance.Form.TRUNCATED), Init.blocks(Init.zeros(), Init.ones()))) {
            assertThat(InitJson.read(InitJson.write(init))).isEqualTo(init);
        }
        var before = tools.jackson.databind.node.JsonNodeFactory.instance.objectNode().put("kind", "uniform").put("limit", 0.5);
        assertThat(InitJson.read(before)).isEqualTo(Init.uniform(0.5));
    }

    @Test
    void settingsOfAnotherKindAreRefused() {
        var json = JsonMapper.builder().build();
        var dense = json.writeValueAsString(LayerJson.write(Dense.of(3), json));
        for (var other : List.of("\"x\"", "3000000000", "3.5", "{}", "1e400", "null")) {
            assertThatThrownBy(() -> LayerJson.read(json.readTree(dense.replace("\"units\":3", "\"units\":" + other)))).as(other).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> LayerJson.read(json.readTree(dense.replace("\"bias\":true", "\"bias\":1")))).hasMessageContaining("neither true nor false");
        assertThatThrownBy(() -> LayerJson.read(json.readTree("{\"kind\":\"dropout\",\"rate\":\"much\"}"))).hasMessageContaining("is no number");
    }

    @Test
    void layersNestedTooDeeplyAreNotSaved() {
        Layer deep = Dense.of(2);
        for (int i = 0; i < 260; i++) {
            deep = Sequential.of(deep);
        }
        var nest = deep;
        var thread = new Thread(null, () -> assertThatThrownBy(() -> Model.of(nest).build(2).save(folder)).isInstanceOf(DataException.class)
                .hasMessageContaining("could not be read again").hasMessageContaining("\nMaybe the layers are nested very deeply"), "deep", 256 << 20);
        var failed = new Throwable[1];
        thread.setUncaughtExceptionHandler((_, e) -> failed[0] = e);
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(failed[0]).isNull();
        assertThat(folder).isEmptyDirectory();
        Layer deeper = nest;
        for (int i = 0; i < 20_000; i++) {
            deeper = Sequential.of(deeper);
        }
        var well = deeper;
        assertThatThrownBy(() -> Model.of(well).build(2)).isInstanceOf(IllegalStateException.class).hasMessageContaining("nested too deeply").hasMessageContaining("\nMaybe");
    }

    @Test
    void everyLossAndMetricIsReadAsItWasWritten() {
        for (Metric metric : List.of(new Metric.LossMetric(new Huber(2.5)), new Metric.LossMetric(Loss.of("mse")),
                new Metric.LossMetric(new CrossEntropy(false).withSmoothing(0.2)), new Metric.LossMetric(Overlap.tversky(0.3, 0.7)), Metric.of("mse"), Metric.of("kl_divergence"),
                Auc.of(Auc.Curve.PRGAIN).withLevels(0.5).withMultiLabel(true).withLabelWeights(1, 2), R2.of().withRegressors(2), Correlation.CONCORDANCE.withAxis(1),
                OperatingPoint.of(Decision.Of.PRECISION, Decision.Of.RECALL, 0.8), Decision.of(Decision.Of.TRUE_NEGATIVES).withTop(2),
                new MeanIoU(4).withTargets(1, 2).withIgnored(255), new Metric.Equality())) {
            assertThat(GoalJson.metric(GoalJson.write(metric))).isEqualTo(metric);
        }
        for (Loss loss : List.of(Overlap.tversky(0.2, 0.9).withEpsilon(1), Ctc.of(true).withBlank(3), new Huber(0.5),
                new CrossEntropy(true).withAxis(1).withIgnored(-100, 3), GeneralizedCrossEntropy.of(0.5, true), Circle.of().withMargin(0.1))) {
            assertThat(GoalJson.loss(GoalJson.write(loss))).isEqualTo(loss);
        }
        assertThat(GoalJson.metric(tools.jackson.databind.node.JsonNodeFactory.instance.stringNode("huber"))).isEqualTo(new Metric.LossMetric(new Huber(1)));
    }

    @Test
    void averagesAreHandedOut() {
        var model = model(Sgd.of(0.1).withAverage(0.5));
        model.fit(examples(), QUIET.withEpochs(2));
        var last = model.weights();
        var averages = model.averages();
        assertThat(averages.keySet()).isSubsetOf(last.keySet());
        model.assign(averages);
        assertThat(Tensor.wrap(model.weights().get("dense/kernel")).toFloats()).isEqualTo(Tensor.wrap(averages.get("dense/kernel")).toFloats())
                .isNotEqualTo(Tensor.wrap(last.get("dense/kernel")).toFloats());
        assertThatThrownBy(() -> model(Sgd.of(1)).build(2, 3).averages()).hasMessageContaining("\nMaybe compile with");
    }

    @Test
    void anOwnOptimizerIsLeftOut() {
        var model = model(Sgd.of(0.1).withRate((step, epoch) -> 0.1 / (1 + epoch)));
        model.fit(examples(), QUIET);
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.evaluate(examples())).isEqualTo(model.evaluate(examples()));
        assertThatThrownBy(() -> loaded.fit(examples(), QUIET)).hasMessageContaining("\nMaybe compile(...) it again");
    }

    @Test
    void anOwnLayerIsRefused() {
        var model = Model.of((dev.caviar.nn.layer.UnaryLayer) (s, x) -> x.mul(2)).build(3);
        assertThatThrownBy(() -> model.save(folder)).isInstanceOf(DataException.class).hasMessageContaining("own layers");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsWrongWithASavedModelIsSaid() throws IOException {
        assertThatThrownBy(() -> Model.load(folder)).isInstanceOf(DataException.class).hasMessageContaining("no such file")
                .hasMessageContaining("\nMaybe");
        var model = model(Sgd.of(0.1)).build(2, 3);
        model.save(folder);
        var settings = folder.resolve("model.json");
        var weights = folder.resolve("model.safetensors");
        var text = Files.readString(settings);

        Files.writeString(settings, text.replace("\"version\" : 1", "\"version\" : 99"));
        fails("version is 99, this Caviar reads 1");
        Files.writeString(settings, text.substring(0, text.length() / 2));
        fails("cannot be read");
        Files.writeString(settings, "{}");
        fails("not a model's settings");
        Files.writeString(settings, text.replace("\"units\" : 5", "\"units\" : 6"));
        fails("model.json: it is not as it was written: layer/layers/1/layers/0/units is 6, and was 5.");
        Files.delete(settings);
        assertThat(Model.load(folder).settings()).isEqualTo(model.settings());

        Files.writeString(settings, text);
        var bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        fails("not those that model.json was written with");
        Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 8));
        fails("model.safetensors");
        Files.delete(weights);
        fails("no such file");
    }

    private void fails(String with) {
        assertThatThrownBy(() -> Model.load(folder)).isInstanceOf(DataException.class).hasMessageContaining(with)
                .hasMessageContaining("\nMaybe");
    }

    /// As it was before the weights' file held the settings too: only the weights are vouched for, by the JSON.
    @Test
    void modelsOfTheFirstFormAreRead() throws IOException {
        var model = model(Sgd.of(0.1)).build(2, 3);
        model.save(folder);
        var settings = folder.resolve("model.json");
        var now = Files.readString(settings).replaceFirst("\"weights\" : \"[0-9a-f]+\"", "\"weights\" : \""
                + Safetensors.of(model.weights()).withMetadata("format", "caviar-model").write(folder.resolve("model.safetensors")) + "\"");
        Files.writeString(settings, now);
        var loaded = Model.load(folder);
        assertThat(loaded.settings()).isEqualTo(model.settings());
        assertThat(loaded.weights().keySet()).isEqualTo(model.weights().keySet());
        Files.writeString(settings, now.replace("\"units\" : 5", "\"units\" : 6"));
        fails("does not fit");
        Files.writeString(settings, now.replace("\"dropout\"", "\"dropin\""));
        fails("no layer of kind \"dropin\"");
        Files.delete(settings);
        fails("does not hold the settings either");
        Files.writeString(settings, "");
        fails("not a model's settings");
    }

    @Test
    void aSaveThatWasCutOffBetweenTheFilesLosesNothing() throws IOException {
        var before = model(Sgd.of(0.1)).build(2, 3);
        before.save(folder);
        var settings = Files.readString(folder.resolve("model.json"));
        var after = Model.of(Flatten.of(), Dense.of(7, "relu"), Dense.of(3, "softmax")).withSeed(8).build(2, 3);
        after.save(folder);
        var x = examples().features();
        Files.writeString(folder.resolve("model.json"), settings);      // as it was before the second file was renamed
        assertThat(Tensor.wrap(Model.load(folder).predict(x)).toFloats()).isEqualTo(Tensor.wrap(after.predict(x)).toFloats());
        var other = folder.resolve("other");
        model(Sgd.of(0.2)).build(2, 3).save(other);
        Files.copy(other.resolve("model.json"), folder.resolve("model.json"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        fails("not those that model.json was written with");
    }
}
