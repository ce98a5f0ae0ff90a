package dev.caviar.lab.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Task;
import dev.caviar.nn.format.DataException;
import dev.caviar.tune.Study;
import dev.caviar.tune.TrialStopped;
import dev.caviar.tune.prune.Verdict;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SearchTest {
    private static final Space SMALL = Space.of(Param.of("lr", Real.log(1e-3, 1e-1)), Param.of("units", Whole.of(4, 16)), Param.of("layers", Whole.of(1, 2)));

    /// Two clouds of points, far apart.
    private static DataSet clouds() {
        var random = new SplittableRandom(7);
        var x = new float[240][2];
        var y = new int[240];
        for (var i = 0; i < x.length; i++) {
            y[i] = i % 2;
            for (var j = 0; j < 2; j++) x[i][j] = (float) (random.nextGaussian() + (y[i] == 0 ? -2 : 2));
        }
        var all = Examples.of(x, y);
        return DataSet.of("clouds", part(all, 0, 200), part(all, 200, 240), new Task.Classification(List.of("left", "right")));
    }

    /// `1000 + 50 a - 20 b`.
    private static DataSet plane() {
        var random = new SplittableRandom(7);
        var x = new float[240][2];
        var y = new float[240][1];
        for (var i = 0; i < x.length; i++) {
            for (var j = 0; j < 2; j++) x[i][j] = (float) random.nextDouble(-1, 1);
            y[i][0] = 1000 + 50 * x[i][0] - 20 * x[i][1];
        }
        var all = Examples.of(x, y);
        return DataSet.of("plane", part(all, 0, 200), part(all, 200, 240), new Task.Regression());
    }

    private static Examples part(Examples all, int from, int to) {
        return all.select(java.util.stream.IntStream.range(from, to).toArray());
    }

    private static Search small(DataSet data) {
        return Search.of(data).withSpace(SMALL).withTrials(4).withEpochs(3).withWorkers(2);
    }

    private static List<TrialView> finished(Search search) {
        return search.run().trials();
    }

    @Test
    void oneWorkerAndTwoGiveTheSameSettingsReportsAndValues() {
        var search = small(clouds());
        var one = finished(search.withWorkers(1));
        var two = finished(search.withWorkers(2));
        assertThat(one).hasSize(4);
        for (var i = 0; i < one.size(); i++) {
            assertThat(two.get(i).params()).isEqualTo(one.get(i).params());
            assertThat(two.get(i).reports()).isEqualTo(one.get(i).reports());
            assertThat(two.get(i).values()).isEqualTo(one.get(i).values());
            assertThat(two.get(i).attributes().get("training_loss")).isEqualTo(one.get(i).attributes().get("training_loss"));
        }
        assertThat(finished(search.withSeed(2)).getFirst().params()).isNotEqualTo(one.getFirst().params());
    }

    @Test
    void aTrialIsWorthItsBestEpochOrItsLast() {
        for (var score : Preset.Score.values()) {
            var search = small(clouds()).withPreset(new Preset("x", SMALL, 4, 4, score, 0));
            for (var trial : finished(search)) {
                var best = trial.reports().values().stream().mapToDouble(v -> v).max().orElseThrow();
                assertThat(trial.reports().keySet()).containsExactly(1, 2, 3, 4);
                assertThat(trial.value().orElseThrow()).isEqualTo(score == Preset.Score.BEST_EPOCH ? best : trial.reports().get(4));
                assertThat(trial.attributes().get("stopped_at_epoch")).isEqualTo(4L);
                assertThat((double) trial.attributes().get("training_time")).isPositive();
            }
        }
    }

    @Test
    void patienceEndsATrialThatIsNoLongerBetter() {
        var search = small(clouds()).withPreset(new Preset("x", SMALL, 2, 60, Preset.Score.BEST_EPOCH, 2));
        for (var trial : finished(search)) {
            var reports = trial.reports();
            int stopped = Math.toIntExact((long) trial.attributes().get("stopped_at_epoch"));
            assertThat(stopped).isLessThan(60).isEqualTo(trial.lastStep().orElseThrow());
            assertThat(reports.get(stopped - 2)).as("the best epoch").isEqualTo(trial.value().orElseThrow());
        }
    }

    @Test
    void aRegressionIsMinimisedInTheUnitsOfItsValues() {
        var search = small(plane()).withEpochs(30).withTrials(3);
        assertThat(search.direction()).isEqualTo(Direction.MINIMIZE);
        var outcome = search.run();
        var best = outcome.best().orElseThrow();
        assertThat(best.value().orElseThrow()).isLessThan(100).isEqualTo(outcome.trials().stream().mapToDouble(t -> t.value().orElseThrow()).min().orElseThrow());
        var champion = search.training().champion(best);
        assertThat(champion.test().accuracy()).isNull();
        assertThat(champion.test().loss()).isLessThan(200);
        var x = Buffer.allocate(Type.of(DType.F32, 1, 2));
        assertThat(champion.model().predict(x).at(0)).isBetween(970.0, 1030.0);
    }

    @Test
    void theChampionIsTrainedOnAllAndTestedAndSaved(@TempDir Path folder) {
        var search = small(clouds());
        var best = search.run().best().orElseThrow();
        var champion = search.training().champion(best);
        assertThat(champion.examples()).isEqualTo(200);
        assertThat(champion.epochs()).isBetween(1, 3);
        assertThat(best.reports().get(champion.epochs())).isEqualTo(best.value().orElseThrow());
        assertThat(champion.test().accuracy()).isGreaterThan(0.9);
        assertThat(champion.test().samples()).isEqualTo(40);
        champion.model().save(folder);
        var loaded = SavedModel.load(folder);
        assertThat(loaded.evaluate(search.data().test())).isEqualTo(champion.test());
        assertThat(loaded.classes()).containsExactly("left", "right");
        loaded.check(search.data());
        assertThatThrownBy(() -> loaded.check(plane())).isInstanceOf(DataException.class).hasMessageContaining("predicts classes");
    }

    @Test
    void predictTakesOneExampleOrSeveralAndNothingElse() {
        var search = small(clouds()).withTrials(1);
        var model = search.training().champion(search.run().best().orElseThrow()).model();
        assertThat(model.predict(Buffer.allocate(Type.of(DType.F32, 2))).type()).isEqualTo(Type.of(DType.F32, 1, 2));
        assertThat(model.predict(Buffer.allocate(Type.of(DType.F64, 5, 2))).type()).isEqualTo(Type.of(DType.F32, 5, 2));
        assertThatThrownBy(() -> model.predict(Buffer.allocate(Type.of(DType.F32, 5, 3)))).isInstanceOf(DataException.class).hasMessageContaining("[5, 3]");
    }

    @Test
    void aTrialThatDivergesFailsWithItsCurveAndIsNeverTheBest() {
        var space = Space.of(Param.of("lr", Choice.of(1e30, 0.01)), Param.of("units", Whole.of(4, 8)), Param.of("optimizer", Choice.of("sgd")));
        var outcome = small(plane()).withSpace(space).withTrials(8).run();
        var failed = outcome.trials().stream().filter(trial -> trial.state() == TrialState.FAIL).toList();
        assertThat(failed).isNotEmpty().allSatisfy(trial -> {
            assertThat(trial.params().get("lr")).isEqualTo(1e30);
            assertThat(trial.error()).contains("loss became").doesNotContain("Exception");
            assertThat(trial.lastReport().orElseThrow()).isNaN();
            assertThat(trial.attributes()).containsKeys("stopped_at_epoch", "training_time");
        });
        assertThat(outcome.best().orElseThrow().params().get("lr")).isEqualTo(0.01);
        assertThat(outcome.count(TrialState.FAIL) + outcome.count(TrialState.COMPLETE)).isEqualTo(8);
    }

    @Test
    void aSettingThatCannotBeFailsAloneWithItsReason() {
        var outcome = small(clouds()).withSpace(Space.of(Param.of("batch", Choice.of(0L, 32L)))).withTrials(6).run();
        assertThat(outcome.count(TrialState.COMPLETE)).isPositive();
        assertThat(outcome.trials()).filteredOn(trial -> trial.state() == TrialState.FAIL).isNotEmpty()
                .allSatisfy(trial -> assertThat(trial.error()).contains("\"batch\" is 0"));
    }

    @Test
    void aHopelessTrialIsPrunedAndKeepsItsReports() {
        var search = small(clouds()).withPruner((past, running) -> running.number() % 2 == 1 ? Verdict.STOP : Verdict.CONTINUE);
        var trials = finished(search);
        assertThat(trials).extracting(TrialView::state)
                .containsExactly(TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE, TrialState.PRUNED);
        assertThat(trials.get(1).reports()).hasSize(1);
        assertThat(trials.get(1).attributes().get("stopped_at_epoch")).isEqualTo(1L);
    }

    @Test
    void theListenerHearsTrialsInOrderAndWhichOnesAreBetter() {
        var search = small(clouds()).withTrials(6);
        var order = new ArrayList<Integer>();
        var better = new ArrayList<Integer>();
        var outcome = run(search, new SearchListener() {
            @Override
            public void finished(TrialView trial, boolean best, Tally tally) {
                order.add(trial.number());
                if (best) better.add(trial.number());
            }
        });
        var expected = new ArrayList<Integer>();
        var sofar = Double.NEGATIVE_INFINITY;
        for (var trial : outcome.trials())
            if (trial.value().orElseThrow() > sofar) {
                sofar = trial.value().orElseThrow();
                expected.add(trial.number());
            }
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(better).isEqualTo(expected);
    }

    @Test
    void aParameterThatNothingReadsIsWarnedAboutOnce() {
        var space = Space.of(Param.of("lr", Real.log(1e-3, 1e-1)), Param.of("colour", Choice.of("red", "blue")), Param.of("beta1", Real.of(0.8, 0.95)),
                Param.of("optimizer", Choice.of("sgd")));
        var warnings = new ArrayList<String>();
        run(small(clouds()).withSpace(space), new SearchListener() {
            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        });
        assertThat(warnings).hasSize(2);
        assertThat(warnings.get(0)).contains("\"colour\"");
        assertThat(warnings.get(1)).contains("\"beta1\"");
    }

    @Test
    void aStoppedSearchCutsItsTrialsOff() {
        var search = small(clouds()).withEpochs(100_000).withTrials(4);
        try (var study = Study.inMemory(search.options("stopped"))) {
            var outcome = search.run(study, search.training(), new SearchListener() {
                @Override
                public void epoch(int trial, int epoch, int epochs, double value) {
                    study.stop();
                }
            });
            assertThat(outcome.stopped()).isTrue();
            assertThat(outcome.trials()).isNotEmpty().allMatch(TrialView::cutOff);
            assertThat(outcome.count(TrialState.FAIL)).isZero();
        }
        var best = small(clouds()).withTrials(1).run().best().orElseThrow();
        assertThatThrownBy(() -> search.training().champion(best, () -> true)).isInstanceOf(TrialStopped.class);
    }

    @Test
    void theTestPartIsNoPartOfTheSearch() {
        var data = clouds();
        var other = DataSet.of("clouds", data.train(), part(data.train(), 0, 10), data.task());
        assertThat(finished(small(other))).extracting(TrialView::values).isEqualTo(finished(small(data)).stream().map(TrialView::values).toList());
    }

    private static Outcome run(Search search, SearchListener listener) {
        try (var study = Study.inMemory(search.options("listened"))) {
            return search.run(study, search.training(), listener);
        }
    }
}
