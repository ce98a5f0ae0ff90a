package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Item;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Safetensors;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Schedule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A training that was stopped anywhere and resumed ends as the one that was not, to the last bit.
class CheckpointsTest {
    private static final int EPOCHS = 5;

    @TempDir
    Path folder;

    private static Examples clouds(int n, long seed) {
        var random = new Random(seed);
        var x = new float[n][2];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 3;
            x[i][0] = (float) (random.nextGaussian() * 0.6 + Math.cos(2.1 * y[i]));
            x[i][1] = (float) (random.nextGaussian() * 0.6 + Math.sin(2.1 * y[i]));
        }
        return Examples.of(x, y);
    }

    private static Model model(String precision) {
        var falling = Schedule.exponential(0.02, 0.9).every(7).inSteps();
        return Model.of(Dense.of(16), BatchNorm.of().withMomentum(0.9), Activation.RELU, Dropout.of(0.3), Dense.of(3, "softmax")).withSeed(3)
                .withPrecision(precision).compile(Adam.of(0.02).withRate(falling), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    private static Model model() {
        return model("float32");
    }

    /// 6 steps an epoch, the last batch short; every kind of callback that has a memory.
    private static Fit fit(Path folder) {
        return fit(folder, 3);
    }

    private static Fit fit(Path folder, int patience) {
        return Fit.of().withEpochs(EPOCHS).withBatch(16).withSeed(9).withValidation(clouds(30, 2)).withVerbosity(Verbosity.SILENT)
                .withCallbacks(EarlyStopping.of("val_loss", patience), ReduceLROnPlateau.of("loss", 0.3, 1).withMinDelta(0.2))
                .withCheckpoints(folder == null ? null : Checkpoints.of(folder).everySteps(1));
    }

    private static List<float[]> floats(Model model) {
        return model.weights().values().stream().map(buffer -> Tensor.wrap(buffer).toFloats()).toList();
    }

    private static void same(Model one, Model other) {
        var a = floats(one);
        var b = floats(other);
        for (int i = 0; i < a.size(); i++) {
            assertThat(a.get(i)).isEqualTo(b.get(i));
        }
    }

    private static List<Object> curve(History history) {
        var out = new ArrayList<Object>();
        history.epochs().forEach(epoch -> out.add(epoch.values()));
        out.add(history.end());
        return out;
    }

    @Test
    void stoppedAfterAnyStepItGoesOnToTheSameBits() {
        for (var precision : List.of("float32", "mixed_float16")) {
            var whole = model(precision);
            var expected = whole.fit(clouds(90, 1), fit(null));
            for (int stop : precision.equals("float32") ? new int[] {1, 4, 5, 6, 7, 12, 20, 29} : new int[] {8, 17}) {
                var place = folder.resolve(precision + stop);
                var asked = new AtomicInteger();
                int last = stop;
                var first = model(precision).fit(clouds(90, 1), fit(place).withStop(() -> asked.getAndIncrement() == last));
                assertThat(first.end()).isEqualTo(History.End.INTERRUPTED);
                assertThat(Checkpoint.latest(place).orElseThrow().step()).isEqualTo(stop);
                var resumed = model(precision);
                var history = resumed.fit(clouds(90, 1), fit(place));
                assertThat(curve(history)).as("stopped after step %d", stop).isEqualTo(curve(expected));
                same(resumed, whole);
            }
        }
    }

    @Test
    void stoppedAgainAndAgainItGoesOnToTheSameBits() {
        var whole = model();
        whole.fit(clouds(90, 1), fit(null));
        var resumed = model();
        for (int i = 0; i < 50; i++) {
            resumed = model();
            var asked = new AtomicInteger();
            if (resumed.fit(clouds(90, 1), fit(folder).withStop(() -> asked.getAndIncrement() == 4)).end() != History.End.INTERRUPTED) {
                break;
            }
        }
        same(resumed, whole);
        var again = model();
        assertThat(again.fit(clouds(90, 1), fit(folder)).epochs()).hasSizeLessThanOrEqualTo(EPOCHS);
        same(again, whole);
    }

    @Test
    void aPipelineIsTakenUpInTheMiddle() {
        var data = clouds(90, 1);
        Supplier<Pipeline> shuffled = () -> Pipeline.of(data).shuffle(40, 7)
                .map((item, random) -> new Item(List.of(item.x().add((float) random.nextGaussian() * 0.1f), item.y())), 5).batch(16).prefetch(2);
        var bare = Fit.of().withEpochs(3).withVerbosity(Verbosity.SILENT);
        var whole = model();
        var expected = whole.fit(shuffled.get(), bare);
        for (int stop : new int[] {1, 6, 9}) {
            var kept = bare.withCheckpoints(Checkpoints.of(folder.resolve("stop" + stop)));
            var asked = new AtomicInteger();
            assertThat(model().fit(shuffled.get(), kept.withStop(() -> asked.getAndIncrement() == stop)).end()).isEqualTo(History.End.INTERRUPTED);
            var resumed = model();
            assertThat(curve(resumed.fit(shuffled.get(), kept))).isEqualTo(curve(expected));
            same(resumed, whole);
            refused(() -> model().fit(Pipeline.of(data).shuffle(8).batch(16), kept), "training data");
        }
    }

    @Test
    void moreEpochsGoOnFromTheEnd() {
        var bare = Fit.of().withBatch(16).withVerbosity(Verbosity.SILENT);
        var whole = model();
        whole.fit(clouds(90, 1), bare.withEpochs(4));
        var kept = bare.withCheckpoints(Checkpoints.of(folder));
        model().fit(clouds(90, 1), kept.withEpochs(2));
        var longer = model();
        assertThat(longer.fit(clouds(90, 1), kept.withEpochs(4)).epochs()).hasSize(4);
        same(longer, whole);
    }

    /// What is killed below: a model with batch norm, dropout and a schedule, and callbacks with a memory; on examples, or all that may have a state at
    /// once: a pipeline that shuffles and augments ahead of time, on two replicas.
    private enum Killed {
        EXAMPLES {
            @Override
            Model train(Fit fit) {
                var model = model();
                model.fit(clouds(90, 1), fit.withEpochs(40));
                return model;
            }
        },
        PIPELINE_ON_REPLICAS {
            @Override
            Model train(Fit fit) {
                var digits = DataSource.of("digits").load();
                var model = Model.of(Flatten.of(), Dense.of(16), BatchNorm.of().withMomentum(0.9), Activation.RELU, Dropout.of(0.3), Dense.of(10, "softmax")).withSeed(3)
                        .compile(Adam.of(0.02).withRate(Schedule.exponential(0.02, 0.9).every(7).inSteps()), Loss.of("sparse_categorical_crossentropy"));
                var pipeline = Pipeline.of(digits.train().limit(90)).shuffle(40, 7).augment(Augment.of().withShift(0.2, 0.2).withBrightness(0.1), 5).batch(16)
                        .parallel(2).prefetch(2);
                model.fit(pipeline, fit.withValidation(digits.test().limit(30)).withReplicas(Replicas.of(2)).withEpochs(25));
                return model;
            }
        };

        abstract Model train(Fit fit);
    }

    /// The child of the test below: trains with a checkpoint after each step, and says each step.
    public static void main(String[] arguments) {
        var steps = new Callback() {
            @Override
            public void onBatchEnd(Run run) {
                System.out.println("step " + run.step());
            }

            @Override
            public void onEpochEnd(Run run) {}
        };
        var model = Killed.valueOf(arguments[2]).train(fit(Path.of(arguments[0]), 100).withCallbacks(steps));
        Safetensors.of(model.weights()).write(Path.of(arguments[1]));
    }

    @ParameterizedTest
    @EnumSource
    void killedAtRandomItGoesOnToTheSameBits(Killed what) throws IOException, InterruptedException {
        var whole = what.train(fit(null, 100));
        long seed = System.nanoTime();
        System.out.println("kills of " + what + " are drawn by " + seed);
        var random = new Random(seed);
        var place = folder.resolve("run");
        var result = folder.resolve("weights");
        int from = 0;
        for (int kills = 0; kills < 2; kills++) {
            from = killed(what, place, result, from + 1 + random.nextInt(20));
        }
        killed(what, place, result, Integer.MAX_VALUE);
        var resumed = Safetensors.read(result).tensors();
        assertThat(resumed.keySet()).isEqualTo(whole.weights().keySet());
        whole.weights().forEach((path, weight) -> assertThat(Tensor.wrap(resumed.get(path)).toFloats()).as(path).isEqualTo(Tensor.wrap(weight).toFloats()));
        assertThat(place.toFile().list((_, name) -> name.endsWith(".damaged"))).isEmpty();
    }

    /// Trains in another JVM until a step, and kills it there with SIGKILL, wherever it is by then; gives the last step that it said.
    private static int killed(Killed what, Path place, Path result, int step) throws IOException, InterruptedException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var child = new ProcessBuilder(java, "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), CheckpointsTest.class.getName(), place.toString(), result.toString(), what.name())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        int last = 0;
        try (var lines = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("step ")) {
                    last = Integer.parseInt(line.substring(5));
                    if (last >= step) {
                        child.toHandle().destroyForcibly();    // Process would close the stream
                    }
                }
            }
        }
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        if (step == Integer.MAX_VALUE) {
            assertThat(child.exitValue()).isZero();
        } else {
            assertThat(child.exitValue()).isNotZero();
        }
        return last;
    }

    private Path run(int epochs) {
        model().fit(clouds(90, 1), fit(folder).withEpochs(epochs));
        return Checkpoint.all(folder).getLast();
    }

    @Test
    void onlyTheLastFewAreKept() {
        run(2);
        assertThat(Checkpoint.all(folder)).extracting(file -> file.getFileName().toString())
                .containsExactly("checkpoint-0000000011.safetensors", "checkpoint-0000000012.safetensors");
        var latest = Checkpoint.latest(folder).orElseThrow();
        assertThat(latest.toString()).endsWith("step 12, epoch 2");
        assertThat(latest.provenance()).containsEntry("batch size", "16").containsKeys("training data", "caviar", "java", "time", "optimizer");
        assertThat(latest.provenance().get("training data")).isEqualTo(clouds(90, 1).sha256());
        var other = model().build(2);
        other.assign(latest.weights());
        assertThat(Checkpoint.read(Checkpoint.all(folder).getFirst()).batch()).isEqualTo(5);
        assertThat(Checkpoint.latest(folder.resolve("nowhere"))).isEmpty();
    }

    @Test
    void aDamagedOneIsSetAsideAndTheOneBeforeServes() throws IOException {
        var whole = model();
        whole.fit(clouds(90, 1), fit(null));
        var file = run(2);
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length - 3] ^= 4;
        Files.write(file, bytes);
        assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(DataException.class).hasMessageContaining("checksum").hasMessageContaining("\nMaybe");
        assertThat(Checkpoint.latest(folder).orElseThrow().step()).isEqualTo(11);
        var resumed = model();
        resumed.fit(clouds(90, 1), fit(folder));
        same(resumed, whole);
        assertThat(folder.resolve(file.getFileName() + ".damaged")).exists();

        for (var one : Checkpoint.all(folder)) {
            Files.write(one, java.util.Arrays.copyOf(Files.readAllBytes(one), 100));
        }
        assertThatThrownBy(() -> model().fit(clouds(90, 1), fit(folder))).isInstanceOf(DataException.class).hasMessageContaining("\nMaybe");
    }

    @Test
    void anotherModelsIsRefusedWithWhatDiffers() {
        run(1);
        var wider = Model.of(Dense.of(20), BatchNorm.of(), Activation.RELU, Dropout.of(0.3), Dense.of(5, "relu"), Dense.of(3, "softmax"))
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
        assertThatThrownBy(() -> wider.fit(clouds(90, 1), fit(folder))).isInstanceOf(DataException.class)
                .hasMessageContaining("missing: dense_2/kernel").hasMessageContaining("of another type: dense/kernel (")
                .hasMessageContaining("optimizer:mean:dense/kernel");
        var fewer = Model.of(Dense.of(16), BatchNorm.of(), Activation.RELU, Dropout.of(0.3), Dense.of(3, "softmax"))
                .compile("sgd", "sparse_categorical_crossentropy", "accuracy");
        assertThatThrownBy(() -> fewer.fit(clouds(90, 1), fit(folder))).hasMessageContaining("unexpected: optimizer:mean:dense/kernel");
    }

    @Test
    void anotherRunIsRefused() {
        run(1);
        refused(() -> model().fit(clouds(90, 8), fit(folder)), "training data");
        refused(() -> model().fit(clouds(90, 1), fit(folder).withBatch(8)), "batch size (16 there, 8 here)");
        refused(() -> model().fit(clouds(90, 1), fit(folder).withSeed(1)), "seed (9 there, 1 here)");
        refused(() -> model().fit(clouds(90, 1), fit(folder).withValidation(clouds(30, 5))), "validation data");
        refused(() -> model().withPrecision("mixed_bfloat16").fit(clouds(90, 1), fit(folder)), "precision");
        var tanh = Model.of(Dense.of(16), BatchNorm.of(), Activation.TANH, Dropout.of(0.3), Dense.of(3, "softmax"))
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
        refused(() -> tanh.fit(clouds(90, 1), fit(folder)), "program");
        var faster = model().compile(Adam.of(0.5), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
        faster.fit(clouds(90, 1), fit(folder));     // what the run went by is in the file
        var plain = Fit.of().withEpochs(3).withBatch(16).withSeed(9).withValidation(clouds(30, 2)).withVerbosity(Verbosity.SILENT);
        refused(() -> model().fit(clouds(90, 1), plain.withCheckpoints(Checkpoints.of(folder))), "EarlyStopping");
    }

    private static void refused(Runnable fit, String why) {
        assertThatThrownBy(fit::run).isInstanceOf(DataException.class).hasMessageContaining(why).hasMessageContaining("\nMaybe");
    }

    @Test
    void anOptimizerThatSomebodyChangedIsFoundOut() {
        Callback own = run -> run.optimizer(run.optimizer().withRate((step, epoch) -> 0.001));
        var bare = Fit.of().withEpochs(1).withBatch(16).withVerbosity(Verbosity.SILENT).withCheckpoints(Checkpoints.of(folder)).withCallbacks(own);
        model().fit(clouds(90, 1), bare);
        assertThatThrownBy(() -> model().fit(clouds(90, 1), bare.withEpochs(2))).isInstanceOf(DataException.class).hasMessageContaining("learning_rate")
                .hasMessageContaining("\nMaybe a callback changes the optimizer");
        var written = folder.resolve("written");
        Callback constant = run -> run.optimizer(run.optimizer().withRate(0.001));
        var again = Fit.of().withEpochs(1).withBatch(16).withVerbosity(Verbosity.SILENT).withCheckpoints(Checkpoints.of(written)).withCallbacks(constant);
        model().fit(clouds(90, 1), again);
        assertThat(model().fit(clouds(90, 1), again.withEpochs(2)).epochs()).hasSize(2);
    }

    @Test
    void otherVersionsAndOtherFilesAreRefusedInWords() {
        var file = folder.resolve("checkpoint-0000000001.safetensors");
        Safetensors.of(model().build(2).weights()).withMetadata("format", "caviar-checkpoint").withMetadata("version", "0").write(file);
        assertThatThrownBy(() -> model().fit(clouds(90, 1), fit(folder))).isInstanceOf(DataException.class)
                .hasMessageContaining("version 0, this Caviar reads 1").hasMessageContaining("\nMaybe");
        Safetensors.of(model().build(2).weights()).withMetadata("format", "caviar-checkpoint").withMetadata("version", "2").write(file);
        assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(DataException.class).hasMessageContaining("version 2, this Caviar reads 1");
        Safetensors.of(model().build(2).weights()).withMetadata("format", "caviar-checkpoint").write(file);
        assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(DataException.class).hasMessageContaining("version none");
        Safetensors.of(model().build(2).weights()).write(file);
        assertThatThrownBy(() -> Checkpoint.read(file)).hasMessageContaining("no checkpoint of a training").hasMessageContaining("Model.load");
        assertThatThrownBy(() -> Checkpoint.read(folder.resolve("none"))).isInstanceOf(DataException.class).hasMessageContaining("no such file");
    }

    /// Written by Caviar as it was before losses counted masked steps as they do now: the weights are the same, the steps would not be.
    @Test
    void aCheckpointOfAnotherLossIsRefusedAndItsWeightsAreNot() throws IOException {
        var file = folder.resolve("checkpoint-0000000002.safetensors");
        try (var in = CheckpointsTest.class.getResourceAsStream("masked-before.safetensors")) {
            Files.copy(java.util.Objects.requireNonNull(in), file);
        }
        var words = Tensor.of(new long[] {1, 2, 3, 4, 5, 6, 0, 0, 1, 3, 0, 0, 2, 4, 6, 0}).reshape(4, 4);
        var data = Examples.of(words.array().buffer(), Tensor.ones(4, 4, 1).array().buffer());
        var model = Model.of(Embedding.of(8, 3).withMaskZero(true), GRU.of(2).withReturnSequences(true), TimeDistributed.of(Dense.of(1))).withSeed(2).compile("adam", "mse");
        var fit = Fit.of().withBatch(2).withSeed(9).withVerbosity(Verbosity.SILENT).withCheckpoints(Checkpoints.of(folder));
        assertThatThrownBy(() -> model.fit(data, fit)).isInstanceOf(DataException.class).hasMessageContaining("they differ in program (3131335ecd1f… there")
                .hasMessageContaining("layers, loss, metrics and optimizer, as a version of Caviar writes them down")
                .hasMessageContaining("\nMaybe begin in another folder, or take over the weights alone");
        var before = model.evaluate(data).get("loss");
        model.assign(Checkpoint.read(file).weights());
        assertThat(model.evaluate(data).get("loss")).isLessThan(before);
        model.fit(data, fit.withCheckpoints(Checkpoints.of(folder.resolve("anew"))));
        assertThat(Checkpoint.all(folder)).containsExactly(file);
    }

    @Test
    void aCheckpointThatCannotBeWrittenDoesNotEndTheTraining() throws IOException {
        var place = folder.resolve("run");
        var whole = model();
        whole.fit(clouds(90, 1), fit(null));
        var model = model();
        Callback gone = run -> {
            if (run.epoch() == 1) {
                try {
                    for (var file : Checkpoint.all(place)) {
                        Files.delete(file);
                    }
                    Files.delete(place.resolve(".lock"));
                    Files.delete(place);
                    Files.writeString(place, "a file where the folder was");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        };
        assertThat(model.fit(clouds(90, 1), fit(place).withCallbacks(gone)).epochs()).hasSizeGreaterThan(2);
        same(model, whole);
        assertThatThrownBy(() -> model().fit(clouds(90, 1), fit(place))).isInstanceOf(DataException.class).hasMessageContaining("the folder cannot be made");
    }

    @Test
    void intervalsWriteToo() {
        var bare = Fit.of().withBatch(16).withVerbosity(Verbosity.SILENT).withCheckpoints(Checkpoints.of(folder).every(Duration.ZERO).withKept(100));
        model().fit(clouds(90, 1), bare);
        assertThat(Checkpoint.all(folder)).hasSize(6);
        assertThatThrownBy(() -> Checkpoints.of(folder).withKept(0)).hasMessageContaining("must be 1 or more");
        assertThat(Optimizer.of("adam")).isNotNull();
    }
}
