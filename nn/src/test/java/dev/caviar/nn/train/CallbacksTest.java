package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallbacksTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(4);
    private static final Examples LINE = Examples.of(new float[][] {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}},
            new float[][] {{1}, {3}, {5}, {7}, {9}, {11}, {13}, {15}});

    @TempDir
    Path folder;

    private static Model model(double rate) {
        return Model.of(Dense.of(1)).withSeed(3).compile(Sgd.of(rate), Loss.of("mse"));
    }

    /// Logs the given values as `cost`, one for each epoch.
    private static Callback scripted(double... values) {
        return run -> run.log("cost", values[run.epoch()]);
    }

    private static float[] floats(Model model) {
        return dev.caviar.engine.tensor.Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
    }

    @Test
    void whatAFitWouldNotNoticeIsRefusedInItsCallbacks(@TempDir Path saved) {
        var data = Examples.of(new float[][] {{1, 2}, {3, 4}, {5, 6}, {7, 9}}, new int[] {0, 1, 0, 1});
        var quiet = Fit.of().withVerbosity(Verbosity.SILENT);
        var model = Model.of(Dense.of(3, "relu"), Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy").build(2);
        for (Callback change : List.<Callback>of(run -> run.model().freeze("dense"), run -> run.model().unfreeze(), run -> run.model().fit(data, quiet),
                run -> run.model().compile("sgd", "sparse_categorical_crossentropy"))) {
            for (ThrowingCallable training : List.<ThrowingCallable>of(() -> model.fit(data, quiet.withCallbacks(change)),
                    () -> Fleet.fit(List.of(new Fleet.Member(model, data, quiet.withCallbacks(change)))))) {
                assertThatThrownBy(training).isInstanceOf(IllegalStateException.class).hasMessageContaining("this model is being trained")
                        .hasMessageContaining("\nMaybe end the training by run.stop(reason)");
            }
        }
        model.fit(data, quiet.withCallbacks(run -> {
            run.model().evaluate(data);
            run.model().assign(run.model().weights());
            run.model().save(saved);
        }));
        model.freeze("dense").fit(data, quiet);
        assertThat(Model.load(saved).frozen()).isEmpty();
    }

    @Test
    void settingsThatCannotBeAreRefusedWhereTheyAreMade() {
        for (var wrong : List.<Supplier<?>>of(() -> EarlyStopping.of("loss", -1), () -> TimeLimit.of(Duration.ofSeconds(-1)), () -> Adam.of(Double.NaN), () -> Sgd.of(-1),
                () -> Fit.of().withThreads(100_000), () -> Replicas.of(100_000), () -> Checkpoints.of(Path.of("x")).everySteps(0))) {
            assertThatThrownBy(wrong::get).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\nMaybe ");
        }
    }

    @Test
    void plateausHalveTheRateAfterTheirPatience() {
        var rates = new ArrayList<Double>();
        model(0.01).fit(LINE, QUIET.withEpochs(9).withCallbacks(scripted(5, 4, 4, 4, 4, 4, 4, 4, 4), ReduceLROnPlateau.of("cost", 0.5, 3),
                run -> rates.add(run.rate())));
        assertThat(rates).containsExactly(0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025, 0.0025);
    }

    @Test
    void plateausHaveACooldownALowestRateAndScaleSchedules() {
        var rates = new ArrayList<Double>();
        var model = Model.of(Dense.of(1)).compile(Sgd.of(0).withRate(Schedule.exponential(1e-3, 0.5)), Loss.of("mse"));
        var plateau = ReduceLROnPlateau.of("cost", 0.1, 1).withCooldown(1).withMinRate(1e-6).withMinDelta(0.5);
        model.fit(LINE, QUIET.withEpochs(5).withCallbacks(scripted(5, 4.8, 4.6, 4.55, 4.51), plateau, run -> rates.add(run.rate())));
        assertThat(rates.get(0)).isEqualTo(5e-4);
        assertThat(rates.get(1)).isEqualTo(2.5e-5, within(1e-18));
        assertThat(rates.get(2)).isEqualTo(1.25e-5, within(1e-18));
        assertThat(rates.get(3)).isEqualTo(1e-6, within(1e-18));
        assertThatThrownBy(() -> ReduceLROnPlateau.of("loss", 2, 3)).hasMessageContaining("must be in (0, 1)");
        assertThatThrownBy(() -> model(0.01).fit(LINE, QUIET.withCallbacks(ReduceLROnPlateau.of("val_loss", 0.5, 3))))
                .hasMessageContaining("there is no \"val_loss\"").hasMessageContaining("\nMaybe fit with validation data");
    }

    @Test
    void schedulesByHandAreAskedBeforeEachEpoch() {
        var rates = new ArrayList<Double>();
        model(0.01).fit(LINE, QUIET.withEpochs(4).withCallbacks(LearningRateScheduler.of((epoch, rate) -> epoch < 2 ? rate : rate / 2),
                run -> rates.add(run.rate())));
        assertThat(rates).containsExactly(0.01, 0.01, 0.005, 0.0025);
    }

    @Test
    void theBestModelIsSavedOnlyWhenItImproves() {
        var saved = new ArrayList<Integer>();
        var kept = new ArrayList<float[]>();
        var best = folder.resolve("best");
        var model = model(0.01);
        model.fit(LINE, QUIET.withEpochs(6).withCallbacks(scripted(3, 2, 2.5, 1, 1, 7), ModelCheckpoint.best(best, "cost"), run -> {
            kept.add(floats(run.model()));
            if (java.util.Arrays.equals(floats(Model.load(best)), floats(run.model()))) {
                saved.add(run.epoch());
            }
        }));
        assertThat(saved).containsExactly(0, 1, 3);
        assertThat(floats(Model.load(best))).isEqualTo(kept.get(3)).isNotEqualTo(floats(model));
    }

    @Test
    void modelsAreSavedByEpochsStepsAndTime() {
        model(0.01).fit(LINE, QUIET.withEpochs(4).withCallbacks(ModelCheckpoint.last(folder.resolve("epoch-{epoch}")).everyEpochs(2),
                ModelCheckpoint.last(folder.resolve("step-{step}")).everySteps(3), ModelCheckpoint.last(folder.resolve("all/{step}")).every(Duration.ZERO)));
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("epoch-2", "epoch-4", "step-3", "step-6", "all");
        assertThat(folder.resolve("all").toFile().list()).hasSize(8);
    }

    @Test
    void curvesAreWrittenAsCsv() throws IOException {
        var file = folder.resolve("curve.csv");
        var history = model(0.01).fit(LINE, QUIET.withEpochs(3).withValidation(LINE).withCallbacks(run -> {
            if (run.epoch() == 1) {
                run.log("a \"quoted\", name", 0.5);
            }
        }, CsvLogger.of(file)));
        var lines = Files.readAllLines(file);
        assertThat(lines).hasSize(4);
        assertThat(lines.getFirst()).isEqualTo("epoch,loss,val_loss,\"a \"\"quoted\"\", name\"");
        assertThat(lines.get(1)).isEqualTo("0," + history.of("loss").get(0) + "," + history.of("val_loss").get(0) + ",");
        assertThat(lines.get(2)).startsWith("1,").endsWith(",0.5");
    }

    @Test
    void aTimeLimitEndsBetweenTwoBatches() {
        var batches = new ArrayList<Integer>();
        var history = model(0.01).fit(LINE, QUIET.withEpochs(1000).withCallbacks(new Callback() {
            @Override
            public void onBatchEnd(Run run) {
                batches.add(run.batch());
            }

            @Override
            public void onEpochEnd(Run run) {}
        }, TimeLimit.of(Duration.ZERO)));
        assertThat(history.end()).isEqualTo(History.End.INTERRUPTED);
        assertThat(history.reason()).isEqualTo("the time limit of 0s is over");
        assertThat(batches).containsExactly(0);
        assertThat(history.epochs()).isEmpty();
    }

    @Test
    void aLostTrainingGoesBackToTheEpochBefore() {
        var model = model(0.01);
        var good = new ArrayList<float[]>();
        var blowUp = LearningRateScheduler.of((epoch, rate) -> epoch < 2 ? rate : 1e30);
        var history = model.fit(LINE, QUIET.withEpochs(5).withCallbacks(NanGuard.of(), blowUp, run -> good.add(floats(run.model()))));
        assertThat(history.end()).isEqualTo(History.End.STOPPED);
        assertThat(history.reason()).contains("the loss became").contains("of epoch 3");
        assertThat(history.epochs()).hasSize(3);
        assertThat(floats(model)).isEqualTo(good.get(1));
        model.fit(LINE, QUIET);
        assertThatThrownBy(() -> model(0.01).fit(LINE, QUIET.withEpochs(5).withCallbacks(blowUp))).isInstanceOf(DivergedException.class);
    }

    @Test
    void whatCallbacksRememberIsExact() {
        var memory = Memory.none().with("best", 0.1 + 0.2).with("waited", 3).withTensors(Map.of());
        assertThat(memory.number("best")).isEqualTo(0.1 + 0.2);
        assertThat(memory.whole("waited")).isEqualTo(3);
        assertThat(Memory.none().isNone()).isTrue();
        assertThatThrownBy(() -> memory.text("other")).hasMessageContaining("[best, waited]").hasMessageContaining("\nMaybe");
        assertThat(List.of(memory)).allSatisfy(one -> assertThat(one.isNone()).isFalse());
    }
}
