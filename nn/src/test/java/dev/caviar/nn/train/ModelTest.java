package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.LayerException;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT);

    private static DataSet digits() {
        return DataSource.of("digits").load();
    }

    /// Three clouds in the plane.
    private static Examples clouds(int n) {
        var random = new Random(5);
        var x = new float[n][2];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 3;
            x[i][0] = (float) (random.nextGaussian() * 0.4 + Math.cos(2.1 * y[i]));
            x[i][1] = (float) (random.nextGaussian() * 0.4 + Math.sin(2.1 * y[i]));
        }
        return Examples.of(x, y);
    }

    private static Model small() {
        return Model.of(Dense.of(16, "relu"), Dropout.of(0.1), Dense.of(3, "softmax")).withSeed(3)
                .compile(Adam.of(0.01), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    @Test
    void learnsDigitsWithBatchNormAndDropout() {
        var data = digits();
        var model = Model.of(Flatten.of(), Dense.of(64), BatchNorm.of().withMomentum(0.9), Activation.RELU, Dropout.of(0.2),
                        Dense.of(10, "softmax"))
                .withNormaliser(Normaliser.fit(data.train())).compile("adam", "sparse_categorical_crossentropy", "accuracy");
        var history = model.fit(data.train(), QUIET.withEpochs(15).withBatch(32).withValidation(0.1));
        assertThat(history.epochs()).hasSize(15);
        assertThat(history.best("val_accuracy")).isGreaterThan(0.93);
        assertThat(model.evaluate(data.test()).get("accuracy")).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void countsTheParametersOfTheNotesNetwork() {
        var model = Model.of(Dense.of(128, "relu"), Dropout.of(0.2), Dense.of(64, "relu"), Dense.of(10, "softmax")).build(784);
        assertThat(model.parameters()).isEqualTo(109_386);
        assertThat(model.summary()).contains("100,480").contains("8,256").contains("650").contains("109,386");
    }

    @Test
    void sameSeedGivesTheSameTrainingAndAnotherDoesNot() {
        var first = small().fit(clouds(100), QUIET.withEpochs(3).withSeed(4));
        assertThat(small().fit(clouds(100), QUIET.withEpochs(3).withSeed(4)).of("loss")).isEqualTo(first.of("loss"));
        assertThat(small().fit(clouds(100), QUIET.withEpochs(3).withSeed(5)).of("loss")).isNotEqualTo(first.of("loss"));
    }

    @Test
    void twoTrainingsAtOnceGiveWhatEachGivesAlone() throws InterruptedException {
        var alone = small().fit(clouds(200), QUIET.withEpochs(4)).of("loss");
        var results = new ArrayList<AtomicReference<List<Double>>>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 3; i++) {
            var result = new AtomicReference<List<Double>>();
            results.add(result);
            threads.add(Thread.ofPlatform().start(() -> result.set(small().fit(clouds(200), QUIET.withEpochs(4)).of("loss"))));
        }
        for (var thread : threads) {
            thread.join();
        }
        assertThat(results).allSatisfy(result -> assertThat(result.get()).isEqualTo(alone));
    }

    @Test
    void aSecondThreadIsRefused() throws InterruptedException {
        var model = small();
        var inside = new CountDownLatch(1);
        var tried = new CountDownLatch(1);
        var thread = Thread.ofPlatform().start(() -> model.fit(clouds(30), QUIET.withCallbacks(run -> {
            inside.countDown();
            try {
                tried.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })));
        inside.await();
        assertThatThrownBy(() -> model.evaluate(clouds(3))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another thread").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> model.fit(clouds(30), QUIET)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("fit: another thread is at work").hasMessageContaining("\nMaybe");
        tried.countDown();
        thread.join();
    }

    /// 1050 examples in batches of 100: the mean over all of them, not the mean of the batches' means.
    @Test
    void logsAreExactOverUnevenBatches() {
        var examples = clouds(1050);
        var model = Model.of(Dense.of(3, "softmax")).compile(Sgd.of(0), Loss.of("sparse_categorical_crossentropy"),
                Metric.of("accuracy"));
        var batches = new AtomicInteger();
        var history = model.fit(examples, QUIET.withBatch(100).withCallbacks(new Callback() {
            @Override
            public void onBatchEnd(Run run) {
                batches.incrementAndGet();
            }

            @Override
            public void onEpochEnd(Run run) {}
        }));
        var scores = model.evaluate(examples);
        assertThat(batches).hasValue(11);
        assertThat(history.last("accuracy")).isEqualTo(scores.get("accuracy"));
        assertThat(history.last("loss")).isCloseTo(scores.get("loss"), within(1e-6));
        assertThat(model.evaluate(examples.limit(1)).get("accuracy")).isIn(0.0, 1.0);
    }

    @Test
    void momentumWithoutBetaIsGradientDescentBitForBit() {
        var plain = small().compile(Sgd.of(0.1), new CrossEntropy(false));
        var momentum = small().compile(Momentum.of(0.1, 0), new CrossEntropy(false));
        plain.fit(clouds(100), QUIET.withEpochs(2));
        momentum.fit(clouds(100), QUIET.withEpochs(2));
        assertThat(floats(momentum)).isEqualTo(floats(plain));
    }

    @Test
    void severalThreadsInAStepLearnTheSame() {
        Supplier<Model> wide = () -> Model.of(Dense.of(200), BatchNorm.of(), Activation.RELU, Dropout.of(0.3), Dense.of(100, "gelu"),
                Dense.of(3, "softmax")).compile("adam", "sparse_categorical_crossentropy");
        var one = wide.get();
        var two = wide.get();
        one.fit(clouds(300), QUIET.withEpochs(2).withThreads(1));
        two.fit(clouds(300), QUIET.withEpochs(2).withThreads(2));
        assertThat(floats(two)).isEqualTo(floats(one));
    }

    private static float[] floats(Model model) {
        var all = new ArrayList<Float>();
        model.weights().values().forEach(b -> {
            for (long i = 0; i < b.size(); i++) {
                all.add((float) b.at(i));
            }
        });
        var out = new float[all.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = all.get(i);
        }
        return out;
    }

    @Test
    void aZeroStartKeepsAllUnitsOfALayerAlike() {
        var model = Model.of(Dense.of(8, "tanh").withKernelInit(dev.caviar.nn.layer.Init.zeros()),
                Dense.of(3, "softmax").withKernelInit(dev.caviar.nn.layer.Init.zeros()))
                .compile("sgd", "sparse_categorical_crossentropy");
        var history = model.fit(clouds(90), QUIET.withEpochs(5));
        var kernel = Tensor.wrap(model.weights().get("dense/kernel"));
        assertThat(kernel.max(new int[] {1}).sub(kernel.min(new int[] {1})).abs().sum().item()).isZero();
        assertThat(history.last("loss")).isGreaterThan(1.0);
    }

    @Test
    void predictsInChunksWhatItPredictsOneByOne() {
        var model = small();
        model.fit(clouds(60), QUIET);
        var x = clouds(600).features();
        var all = Tensor.wrap(model.predict(x));
        assertThat(all.shape().toString()).isEqualTo("[600, 3]");
        for (long i : new long[] {0, 255, 256, 599}) {
            var one = model.predict(Tensor.wrap(x).slice(0, i, i + 1));
            assertThat(one.sub(all.slice(0, i, i + 1)).abs().sum().item()).isLessThan(1e-6f);
        }
        assertThat(all.sum(1).sub(1).abs().max(new int[] {0}).item()).isLessThan(1e-5f);
    }

    @Test
    void namesTheMostLikelyClass() {
        double[] p = Tensor.of(5.0, 2.0, 1.0, 0.1).softmax(0).toDoubles();
        assertThat(Guess.of(p, List.of("Cat", "Dog", "Bird", "Other"))).hasToString("Cat (93.0 %)");
        var model = small().withClasses(List.of("a", "b", "c"));
        model.fit(clouds(300), QUIET.withEpochs(10));
        var centres = Tensor.of(new float[][] {{1, 0}, {-0.5f, 0.86f}, {-0.5f, -0.86f}}).array().buffer();
        assertThat(model.classify(centres)).extracting(Guess::name).containsExactly("a", "b", "c");
    }

    @Test
    void refusesALossThatDoesNotFitTheEnd() {
        assertThatThrownBy(() -> Model.of(Dense.of(3, "softmax")).compile("adam", "sparse_categorical_crossentropy_from_logits"))
                .hasMessageContaining("takes logits").hasMessageContaining("\nMaybe use sparse_categorical_crossentropy");
        assertThatThrownBy(() -> Model.of(Dense.of(3)).compile("adam", "sparse_categorical_crossentropy"))
                .hasMessageContaining("takes probabilities").hasMessageContaining("\nMaybe end the model in softmax");
        assertThatThrownBy(() -> Model.of(Dense.of(3)).fit(clouds(3), QUIET)).hasMessageContaining("not compiled");
    }

    @Test
    void softmaxAndLossTogetherAreStable() {
        var model = Model.of(Dense.of(2, "softmax").withBias(false)).compile(Sgd.of(0), new CrossEntropy(false)).build(1);
        model.assign(Map.of("dense/kernel", Tensor.of(new float[][] {{500, -500}}).array().buffer()));
        assertThat(model.evaluate(Examples.of(new float[][] {{1}}, new int[] {1})).get("loss")).isEqualTo(1000.0);
    }

    @Test
    void saysWhichLayerGotWhatItCannotTake() {
        assertThatThrownBy(() -> Model.of(Dense.of(4), BatchNorm.of().withAxis(2)).build(5))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Model.of((dev.caviar.nn.layer.UnaryLayer) (s, x) -> x.matmul(Tensor.ones(7, 2))).build(5))
                .isInstanceOf(LayerException.class).hasMessageContaining("in \"layer\" (input [1, 5])").hasMessageContaining("matmul");
        var model = small();
        model.fit(clouds(9), QUIET);
        assertThatThrownBy(() -> model.predict(new float[1][5])).hasMessageContaining("[2]").hasMessageContaining("[5]");
        assertThatThrownBy(() -> model.fit(new float[1][2], new int[] {3}, QUIET)).hasMessageContaining("class of example 0 is 3");
        assertThatThrownBy(() -> model.fit(new float[2][2], new float[2][2], QUIET)).hasMessageContaining("targets are");
    }

    @Test
    void stopsWhenTheLossIsNotFinite() {
        var model = Model.of(Dense.of(1)).compile(Sgd.of(1e6), Loss.of("mse"));
        var x = new float[64][2];
        var y = new float[64][1];
        for (int i = 0; i < 64; i++) {
            x[i][0] = i;
            y[i][0] = 3 * i;
        }
        assertThatThrownBy(() -> model.fit(x, y, QUIET.withEpochs(100).withBatch(64)))
                .isInstanceOfSatisfying(DivergedException.class, e -> {
                    assertThat(e.history().end()).isEqualTo(History.End.DIVERGED);
                    assertThat(e.history().epochs()).isNotEmpty();
                }).hasMessageContaining("\nMaybe the learning rate is too large");
    }

    @Test
    void endsBetweenBatchesWhenAsked() {
        var asked = new AtomicInteger();
        var history = small().fit(clouds(100), QUIET.withEpochs(5).withBatch(10).withStop(() -> asked.incrementAndGet() > 25));
        assertThat(history.end()).isEqualTo(History.End.INTERRUPTED);
        assertThat(history.epochs()).hasSize(2);
    }

    @Test
    void earlyStoppingPutsTheBestWeightsBack() {
        double[] script = {1.0, 0.8, 0.6, 0.7, 0.65, 0.9, 0.61, 0.7, 0.5, 0.4};
        var kept = new ArrayList<float[]>();
        var model = small();
        Callback scripted = run -> {
            run.log("val_loss", script[run.epoch()]);
            kept.add(floats(run.model()));
        };
        var stopping = EarlyStopping.of("val_loss", 5);
        var history = model.fit(clouds(60), QUIET.withEpochs(10).withCallbacks(scripted, stopping));
        assertThat(history.end()).isEqualTo(History.End.STOPPED);
        assertThat(history.epochs()).hasSize(8);
        assertThat(history.bestEpoch("val_loss")).isEqualTo(2);
        assertThat(floats(model)).isEqualTo(kept.get(2)).isNotEqualTo(kept.get(7));
        kept.clear();
        assertThat(model.fit(clouds(60), QUIET.withEpochs(3).withCallbacks(scripted, stopping)).epochs()).hasSize(3);
    }

    @Test
    void aRunGoesOnWithOtherNumbers() {
        var model = Model.of(Dense.of(3, "softmax")).compile(Sgd.of(0.1), new CrossEntropy(false));
        var weights = new ArrayList<float[]>();
        model.fit(clouds(60), QUIET.withEpochs(3).withCallbacks(run -> {
            weights.add(floats(run.model()));
            run.optimizer(Sgd.of(0));
        }));
        assertThat(weights.get(1)).isEqualTo(weights.get(0));
        assertThatThrownBy(() -> model.fit(clouds(60), QUIET.withCallbacks(run -> run.optimizer(Optimizer.of("adam")))))
                .hasMessageContaining("the kind that it began with");
    }

    @Test
    void fittingTwiceGoesOn() {
        var twice = small();
        twice.fit(clouds(64), QUIET.withEpochs(2));
        twice.fit(clouds(64), QUIET.withEpochs(2));
        var once = small();
        once.fit(clouds(64), QUIET.withEpochs(4));
        assertThat(floats(twice)).isEqualTo(floats(once));
    }

    @Test
    void regressionAndTwoClassesByOneOutput() {
        var x = new float[128][1];
        var y = new float[128][1];
        var c = new int[128];
        for (int i = 0; i < 128; i++) {
            x[i][0] = i / 64f - 1;
            y[i][0] = 2 * x[i][0] + 1;
            c[i] = i < 64 ? 0 : 1;
        }
        var line = Model.of(Dense.of(1)).compile(Adam.of(0.1), Loss.of("mse"), Metric.of("rmse"), Metric.of("mae"));
        line.fit(x, y, QUIET.withEpochs(60));
        assertThat(line.predict(new float[][] {{0.5f}})[0][0]).isCloseTo(2, within(0.05f));
        var scores = line.evaluate(Examples.of(x, y));
        assertThat(scores.get("rmse")).isCloseTo(Math.sqrt(scores.get("loss")), within(1e-6));
        var two = Model.of(Dense.of(1, "sigmoid")).compile(Adam.of(0.1), Loss.of("binary_crossentropy"), Metric.of("accuracy"));
        assertThat(two.fit(x, c, QUIET.withEpochs(60)).last("accuracy")).isGreaterThan(0.97);
        assertThat(two.classify(Tensor.of(new float[][] {{0.9f}}).array().buffer()).getFirst().index()).isEqualTo(1);
    }

    @Test
    void l2IsPartOfTheLossAndShrinksWeights() {
        var plain = Model.of(Dense.of(3, "softmax")).compile(Sgd.of(0.5), new CrossEntropy(false));
        var held = Model.of(Dense.of(3, "softmax").withL2(0.1)).compile(Sgd.of(0.5), new CrossEntropy(false));
        plain.fit(clouds(90), QUIET.withEpochs(30));
        held.fit(clouds(90), QUIET.withEpochs(30));
        assertThat(square(held)).isLessThan(square(plain) / 2);
        var zero = Model.of(Dense.of(3, "softmax").withL2(0.25)).compile(Sgd.of(0), new CrossEntropy(false)).build(2);
        double penalty = 0.25 * square(zero);
        var without = Model.of(Dense.of(3, "softmax")).compile(Sgd.of(0), new CrossEntropy(false)).build(2);
        assertThat(zero.evaluate(clouds(30)).get("loss") - without.evaluate(clouds(30)).get("loss")).isCloseTo(penalty, within(1e-5));
    }

    private static double square(Model model) {
        return Tensor.wrap(model.weights().get("dense/kernel")).square().sum().item();
    }

    @Test
    void oneExampleAloneIsNormalisedAsInAnyBatch() {
        var model = Model.of(Dense.of(6), BatchNorm.notes(), Activation.RELU, Dense.of(3, "softmax"))
                .compile("adam", "sparse_categorical_crossentropy");
        model.fit(clouds(120), QUIET.withEpochs(2));
        var x = Tensor.wrap(clouds(40).features());
        var all = model.predict(x);
        var one = model.predict(x.slice(0, 7, 8));
        assertThat(one.sub(all.slice(0, 7, 8)).abs().sum().item()).isLessThan(1e-6f);
    }

    @Test
    void inputsOfBytesAreTakenAsNumbers() {
        var x = Buffer.allocate(Type.of(DType.U8, 4, 2, 2));
        for (int i = 0; i < 16; i++) {
            x.set(i, i * 16);
        }
        var model = Model.of(Flatten.of(), Dense.of(2)).build(2, 2);
        var kernel = Tensor.wrap(model.weights().get("dense/kernel"));
        var wanted = Tensor.wrap(x).cast(DType.F32).reshape(4, 4).matmul(kernel);
        assertThat(Tensor.wrap(model.predict(x)).sub(wanted).abs().sum().item()).isLessThan(1e-2f);
    }

    /// A class that counts twice trains as if its examples were there twice, and an example of weight 0 as if it were not there.
    @Test
    void classesAndExamplesMayCountDifferently() {
        var x = new float[][] {{1, 0}, {0, 1}, {1, 1}};
        var twice = new float[][] {{1, 0}, {0, 1}, {0, 1}, {1, 1}, {1, 1}};
        var fit = Fit.of().withShuffle(false).withEpochs(3).withVerbosity(Verbosity.SILENT);
        var expected = trained(Sgd.of(0.5), Examples.of(twice, new int[] {0, 1, 1, 1, 1}), fit);
        var three = fit.withBatch(3);
        // The mean is over the number of examples: 5 above, 3 here.
        assertThat(trained(Sgd.of(0.3), Examples.of(x, new int[] {0, 1, 1}), three.withClassWeights(1, 2))).containsExactly(expected, within(1e-6f));
        assertThat(trained(Sgd.of(0.3), Examples.of(x, new int[] {0, 1, 1}).withWeights(1, 2, 2), three)).containsExactly(expected, within(1e-6f));
        var without = trained(Sgd.of(0.2), Examples.of(new float[][] {{1, 0}, {1, 1}}, new int[] {0, 1}), fit.withBatch(2));
        assertThat(trained(Sgd.of(0.3), Examples.of(x, new int[] {0, 1, 1}).withWeights(1, 0, 1), three)).containsExactly(without, within(1e-6f));
        assertThatThrownBy(() -> Examples.of(x, new int[] {0, 1, 1}).withWeights(1)).hasMessageContaining("1 weights for 3 examples");
    }

    private static float[] trained(Optimizer optimizer, Examples examples, Fit fit) {
        var model = Model.of(Dense.of(2, "softmax")).compile(optimizer, Loss.of("sparse_categorical_crossentropy"));
        model.fit(examples, fit);
        return Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
    }

    @Test
    void numbersOfALossAreSavedWithIt(@TempDir Path folder) {
        var model = Model.of(Dense.of(1)).compile(Sgd.of(0.1), new Huber(0.25)).build(2);
        model.save(folder);
        assertThat(Model.load(folder).recipe().head().given()).isEqualTo(new Huber(0.25));
        assertThat(Model.load(folder).evaluate(Examples.of(new float[][] {{1, 2}}, new float[][] {{1}})))
                .isEqualTo(model.evaluate(Examples.of(new float[][] {{1, 2}}, new float[][] {{1}})));
    }
}
