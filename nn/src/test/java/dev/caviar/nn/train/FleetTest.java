package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models that train in lockstep end as if each had been trained alone.
class FleetTest {
    private static final Options PLAIN = Options.of().withProvider(Provider.plain());
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT);
    /// A short last batch: 4 of 16 and one of 6.
    private static final Examples DATA = clouds(70, 1);
    private static final Examples HELD = clouds(300, 2);

    private static Examples clouds(int n, long seed) {
        var random = new SplittableRandom(seed);
        var x = new float[n][6];
        var classes = new int[n];
        for (int i = 0; i < n; i++) {
            classes[i] = random.nextInt(3);
            for (int j = 0; j < 6; j++) {
                x[i][j] = (float) (random.nextDouble(-1, 1) + (j % 3 == classes[i] ? 1 : 0));
            }
        }
        return Examples.of(x, classes);
    }

    private static Model model(int i) {
        return Model.of(Dense.of(7).withBias(false).withL2(1e-4 * (i + 1)), BatchNorm.of().withMomentum(0.9).withCorrected(true),
                        Dense.of(5, "tanh"), Dropout.of(0.1 * (i + 1)), Dense.of(3, "softmax"))
                .withSeed(40 + i).compile(Optimizer.of("adam").withRate(Schedule.constant(0.002 * (i + 1))),
                        Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    private static Fit fit(int i) {
        return QUIET.withEpochs(3).withBatch(16).withSeed(i).withValidation(HELD);
    }

    @Test
    void modelsInMixedPrecisionHaveALossScaleOfTheirOwn() {
        for (var precision : List.of(Precision.BF16, Precision.F16.withLossScale(LossScale.of().withInitial(1e9).withInterval(2)))) {
            var members = new ArrayList<Fleet.Member>();
            for (int i = 0; i < 3; i++) {
                members.add(new Fleet.Member(model(i).withPrecision(precision), DATA, fit(i)));
            }
            var histories = new History[3];
            Fleet.fit(members, (i, ending) -> histories[i] = ending.orThrow(), PLAIN);
            for (int i = 0; i < 3; i++) {
                var alone = model(i).withPrecision(precision).fit(DATA, fit(i), PLAIN);
                assertThat(histories[i].of("loss").getLast()).isCloseTo(alone.of("loss").getLast(), within(2e-2));
                assertThat(histories[i].of("loss").getLast()).isNotEqualTo(histories[(i + 1) % 3].of("loss").getLast());
            }
        }
    }

    private static List<Fleet.Member> members(int k, IntFunction<Fit> fit) {
        var members = new ArrayList<Fleet.Member>();
        for (int i = 0; i < k; i++) {
            members.add(new Fleet.Member(model(i), DATA, fit.apply(i)));
        }
        return members;
    }

    /// Trains the fleet, and each model alone, and compares histories and weights.
    private static List<History> compare(int k, IntFunction<Fit> fit, Options options, double tolerance) {
        var members = members(k, fit);
        var histories = new History[k];
        Fleet.fit(members, (i, ending) -> histories[i] = ending.orThrow(), options);
        for (int i = 0; i < k; i++) {
            var alone = model(i);
            var expected = alone.fit(DATA, fit.apply(i), options);
            var actual = histories[i];
            assertThat(actual.end()).isEqualTo(expected.end());
            assertThat(actual.reason()).isEqualTo(expected.reason());
            assertThat(actual.epochs()).hasSameSizeAs(expected.epochs());
            for (int e = 0; e < expected.epochs().size(); e++) {
                var values = actual.epochs().get(e).values();
                assertThat(values.keySet()).isEqualTo(expected.epochs().get(e).values().keySet());
                expected.epochs().get(e).values().forEach((name, value) -> assertThat(values.get(name)).as(name).isCloseTo(value, within(tolerance)));
            }
            var weights = members.get(i).model().weights();
            alone.weights().forEach((path, buffer) -> {
                for (long at = 0; at < buffer.size(); at++) {
                    assertThat(weights.get(path).at(at)).as(path).isCloseTo(buffer.at(at), within(tolerance));
                }
            });
        }
        return Arrays.asList(histories);
    }

    @Test
    void eachModelIsTrainedAsAloneToTheLastBit() {
        compare(4, FleetTest::fit, PLAIN, 0);
    }

    @Test
    void eachModelIsTrainedAsAloneByTheBestRoutines() {
        compare(4, FleetTest::fit, Options.of(), 1e-5);
    }

    @Test
    void modelsMayShareTheOrderOfTheirExamples() {
        compare(3, i -> fit(7), PLAIN, 0);
        compare(3, i -> fit(7), Options.of(), 1e-5);
    }

    @Test
    void modelsMayHaveValidationExamplesOfTheirOwn() {
        compare(3, i -> QUIET.withEpochs(2).withBatch(16).withSeed(i).withValidation(0.2), PLAIN, 0);
    }

    @Test
    void whoIsDoneLeavesAndTheOthersGoOnInASmallerProgram() {
        var histories = compare(5, i -> fit(i).withEpochs(1 + i), PLAIN, 0);
        assertThat(histories).extracting(history -> history.epochs().size()).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void whoStopsBetweenBatchesSeesNoOtherOne() {
        compare(3, i -> fit(i).withCallbacks(new Callback() {
            @Override
            public void onEpochEnd(Run run) {}

            @Override
            public void onBatchEnd(Run run) {
                if (i == 1 && run.epoch() == 1 && run.batch() == 2) {
                    run.stop("enough");
                }
            }
        }), PLAIN, 0);
    }

    @Test
    void callbacksSeeTheWeightsAndMaySetThem() {
        compare(3, i -> fit(i).withEpochs(6).withCallbacks(EarlyStopping.of("val_loss", 1), run -> {
            if (run.epoch() == 0 && i == 0) {
                var weights = run.model().weights();
                weights.values().forEach(buffer -> buffer.set(0, 0.5));
                run.model().assign(weights);
            }
            if (i == 2) {
                run.log("outside", run.model().evaluate(HELD).get("loss"));
                assertThat(run.model().evaluate(HELD).get("loss")).isCloseTo(run.logs().get("val_loss"), within(1e-5));
            }
        }), PLAIN, 1e-6);
    }

    @Test
    void aModelIsInterruptedByItself() {
        var asked = new AtomicInteger();
        var members = members(3, i -> i == 1 ? fit(i).withStop(() -> asked.incrementAndGet() > 7) : fit(i));
        var histories = Fleet.fit(members);
        assertThat(histories).extracting(History::end)
                .containsExactly(History.End.FINISHED, History.End.INTERRUPTED, History.End.FINISHED);
        assertThat(histories.get(1).epochs()).hasSize(1);
    }

    @Test
    void aModelThatDivergesOrBreaksLeavesTheOthersAlone() {
        var members = members(4, i -> i == 3 ? fit(i).withCallbacks(run -> {
            throw new IllegalStateException("broken");
        }) : fit(i));
        members.set(1, new Fleet.Member(model(1).compile(Optimizer.of("adam").withRate(Schedule.constant(Double.MAX_VALUE)),
                Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy")), DATA, fit(1)));
        var endings = new Fleet.Ending[4];
        Fleet.fit(members, (i, ending) -> endings[i] = ending, PLAIN);
        assertThat(endings[1].error()).isInstanceOf(DivergedException.class).hasMessageContaining("the loss became");
        assertThat(endings[3].error()).hasMessage("broken");
        for (int i : new int[] {0, 2}) {
            assertThat(endings[i].orThrow().of("loss")).isEqualTo(model(i).fit(DATA, fit(i), PLAIN).of("loss"));
        }
        assertThatThrownBy(() -> Fleet.fit(List.of(new Fleet.Member(members.get(1).model(), DATA, fit(1))))).isInstanceOf(DivergedException.class);
    }

    @Test
    void afterwardsEachModelIsItsOwnAgain() {
        var members = members(2, FleetTest::fit);
        Fleet.fit(members);
        var first = members.get(0).model();
        var second = members.get(1).model();
        double before = second.evaluate(HELD).get("loss");
        first.fit(DATA, fit(0));
        assertThat(second.evaluate(HELD).get("loss")).isEqualTo(before);
    }

    @Test
    void aSecondFleetGoesOnWhereTheFirstEnded() {
        var members = members(3, i -> fit(i).withEpochs(2));
        Fleet.fit(members);
        Fleet.fit(members);
        var alone = model(2);
        alone.fit(DATA, fit(2).withEpochs(2));
        var history = alone.fit(DATA, fit(2).withEpochs(2));
        assertThat(members.get(2).model().evaluate(DATA).get("loss")).isCloseTo(alone.evaluate(DATA).get("loss"), within(1e-5));
        assertThat(history.epochs()).hasSize(2);
    }

    @Test
    void onlyModelsOfOneKindTrainTogether() {
        var kinds = new HashSet<String>();
        for (var member : members(3, FleetTest::fit)) {
            kinds.add(member.kind());
        }
        assertThat(kinds).hasSize(1);
        var wider = new Fleet.Member(Model.of(Dense.of(8), Dense.of(3, "softmax")).compile("adam", "sparse_categorical_crossentropy"),
                DATA, fit(0));
        var larger = new Fleet.Member(model(0), DATA, fit(0).withBatch(17));
        assertThat(kinds).doesNotContain(wider.kind(), larger.kind());
        assertThatThrownBy(() -> Fleet.fit(List.of(members(1, FleetTest::fit).getFirst(), larger)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("member 1 has another structure");
        assertThatThrownBy(() -> Fleet.fit(List.of(larger, larger))).hasMessageContaining("a model that another member has too");
    }

    /// Stopped anywhere, together or one after another, and all that is known of the model is gone: from the folders they go on as if nothing had been.
    @Test
    void aFleetGoesOnFromItsCheckpoints(@TempDir Path folder) {
        for (int stop : new int[] {2, 5, 8}) {
            IntFunction<Fit> kept = i -> fit(i).withCheckpoints(Checkpoints.of(folder.resolve(stop + "/" + i)).everySteps(1));
            var first = members(3, i -> {
                var asked = new AtomicInteger();
                return kept.apply(i).withStop(() -> asked.getAndIncrement() == stop + (stop == 5 ? i / 2 : 0));
            });
            Fleet.fit(first, (_, ending) -> assertThat(ending.orThrow().end()).isEqualTo(History.End.INTERRUPTED), PLAIN);
            var again = members(3, kept);
            var histories = new History[3];
            Fleet.fit(again, (i, ending) -> histories[i] = ending.orThrow(), PLAIN);
            for (int i = 0; i < 3; i++) {
                var alone = model(i);
                var expected = alone.fit(DATA, fit(i), PLAIN);
                assertThat(histories[i].of("val_loss")).isEqualTo(expected.of("val_loss"));
                var weights = again.get(i).model().weights();
                alone.weights().forEach((path, buffer) -> assertThat(Tensor.wrap(weights.get(path)).toFloats()).as(path).isEqualTo(Tensor.wrap(buffer).toFloats()));
            }
        }
        var one = Checkpoints.of(folder.resolve("one"));
        assertThatThrownBy(() -> Fleet.fit(members(2, i -> fit(i).withCheckpoints(one)))).isInstanceOf(DataException.class)
                .hasMessageContaining("another training writes there").hasMessageContaining("\nMaybe give each training a folder of its own");
        model(0).fit(DATA, fit(0).withCheckpoints(one));        // the fleet that was refused has left the folder
    }
}
