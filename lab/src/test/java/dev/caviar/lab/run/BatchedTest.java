package dev.caviar.lab.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Task;
import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.prune.MedianPruner;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Trials that run as one program are the trials that run one by one.
final class BatchedTest {
    private static final Param UNITS = Param.of("units", new Choice(List.of(8L)));
    private static final Space NUMBERS = Space.of(UNITS, Param.of("lr", Real.log(1e-3, 1e-1)), Param.of("dropout", Real.of(0.05, 0.5)),
            Param.of("l2", Real.log(1e-6, 1e-2)));

    private static DataSet clouds() {
        var random = new SplittableRandom(7);
        var x = new float[300][3];
        var y = new int[300];
        for (var i = 0; i < x.length; i++) {
            y[i] = i % 3;
            for (var j = 0; j < 3; j++) x[i][j] = (float) (random.nextGaussian() + (y[i] == j ? 1.5 : 0));
        }
        var all = Examples.of(x, y);
        return DataSet.of("clouds", part(all, 0, 240), part(all, 240, 300), new Task.Classification(List.of("a", "b", "c")));
    }

    private static Examples part(Examples all, int from, int to) {
        return all.select(java.util.stream.IntStream.range(from, to).toArray());
    }

    private static Search search(Space space) {
        return Search.of(clouds()).withSpace(space).withTrials(7).withEpochs(4).withWorkers(1);
    }

    private static void same(List<TrialView> batched, List<TrialView> alone) {
        assertThat(batched).hasSameSizeAs(alone);
        for (var i = 0; i < alone.size(); i++) {
            var a = batched.get(i);
            var b = alone.get(i);
            assertThat(a.params()).isEqualTo(b.params());
            assertThat(a.state()).isEqualTo(b.state());
            assertThat(a.reports().keySet()).isEqualTo(b.reports().keySet());
            // An accuracy over 48 examples moves by a step where rounding tips one of them over.
            b.reports().forEach((step, value) -> assertThat(a.reports().get(step)).isCloseTo(value, within(0.021)));
            if (b.attributes().get("training_loss") instanceof List<?> losses) {
                var ours = (List<?>) a.attributes().get("training_loss");
                for (var e = 0; e < losses.size(); e++) assertThat((double) ours.get(e)).isCloseTo((double) losses.get(e), within(1e-5));
            }
        }
    }

    private static List<Object> sizes(List<TrialView> trials) {
        var sizes = new ArrayList<Object>();
        trials.forEach(trial -> sizes.add(trial.attributes().get("batched_with")));
        return sizes;
    }

    @Test
    void trialsThatDifferInNumbersRunAsOneProgram() {
        var search = search(NUMBERS);
        var batched = search.withBatched(4).run().trials();
        same(batched, search.run().trials());
        assertThat(sizes(batched)).containsExactly(4L, 4L, 4L, 4L, 3L, 3L, 3L);
    }

    /// A linear model of 12 weights is small enough; with another seed it is still the search that it is one by one.
    @Test
    void spacesOfNumbersOverASmallModelAreBatchedByThemselves() {
        var linear = Space.of(Param.of("layers", new Choice(List.of(0L))), Param.of("batch", new Choice(List.of(32L))), Param.of("lr", Real.log(1e-3, 1e-1)));
        for (var workers : List.of(1, 2)) {
            var search = search(linear).withWorkers(workers);
            var batched = search.run().trials();
            // Which of two workers takes how many depends on the moment, and single ones may be left.
            assertThat(sizes(batched)).filteredOn(size -> size != null).hasSizeBetween(workers == 1 ? 7 : 2, 7);
            var alone = search.withBatched(1).run().trials();
            assertThat(sizes(alone)).containsOnlyNulls();
            same(batched, alone);
        }
        assertThat(Batched.automatic(search(linear))).isEqualTo(16);
    }

    @Test
    void nothingElseIsBatchedByItself() {
        var layers = Param.of("layers", new Choice(List.of(0L)));
        var linear = search(Space.of(layers));
        assertThat(Batched.automatic(linear)).isEqualTo(16);
        assertThat(Batched.automatic(linear.withPruner(MedianPruner.of()))).isOne();
        assertThat(Batched.automatic(linear.withTimeout(java.time.Duration.ofHours(1)))).isOne();
        assertThat(Batched.automatic(linear.withNanCheck(true))).isOne();
        assertThat(Batched.automatic(search(NUMBERS))).isOne();
        assertThat(Batched.automatic(search(Space.of(layers, Param.of("batch", new Choice(List.of(32L, 64L))))))).isOne();
        assertThat(Batched.automatic(search(Space.of(layers, Param.of("batch", new Choice(List.of(4096L))))))).isOne();
        assertThat(Batched.automatic(search(Space.of(layers, Param.of("optimizer", new Choice(List.of("adam", "sgd"))))))).isOne();
        assertThat(Batched.automatic(search(Space.of(layers, Param.of("optimizer", new Choice(List.of("none"))))))).isOne();
    }

    @Test
    void twoWorkersShareTheTrials() {
        var search = search(NUMBERS).withWorkers(2);
        var batched = search.withBatched(16).run().trials();
        same(batched, search.run().trials());
        assertThat(sizes(batched)).doesNotContain(7L);
    }

    @Test
    void repeatsOfOneSettingRunAsOneProgram() {
        var batched = search(Space.of(UNITS)).withBatched(7).run().trials();
        assertThat(sizes(batched)).containsOnly(7L);
        assertThat(batched.stream().map(trial -> trial.attributes().get("training_loss")).distinct()).hasSize(7);
        same(batched, search(Space.of(UNITS)).run().trials());
    }

    @Test
    void trialsOfOtherStructuresFormGroupsOfTheirOwn() {
        var mixed = Space.of(Param.of("units", new Choice(List.of(6L, 8L))), Param.of("lr", Real.log(1e-3, 1e-1)));
        var batched = search(mixed).withBatched(7).run().trials();
        same(batched, search(mixed).run().trials());
        for (var trial : batched) {
            long alike = batched.stream().filter(other -> other.params().get("units").equals(trial.params().get("units"))).count();
            assertThat(trial.attributes().get("batched_with")).isEqualTo(alike > 1 ? alike : null);
        }
    }

    @Test
    void aTrialThatIsPrunedLeavesAndTheLagHolds() {
        var search = search(NUMBERS).withTrials(12).withEpochs(6).withWorkers(4).withPruner(MedianPruner.of());
        var batched = search.withBatched(4).run().trials();
        same(batched, search.run().trials());
        assertThat(batched).anyMatch(trial -> trial.state() == TrialState.PRUNED);
    }

    @Test
    void aTrialThatDivergesFailsAlone() {
        var wild = Space.of(UNITS, Param.of("lr", new Choice(List.of(0.01, 1e30))), Param.of("optimizer", new Choice(List.of("sgd"))));
        var trials = search(wild).withBatched(7).run().trials();
        assertThat(trials).anyMatch(trial -> trial.state() == TrialState.FAIL).anyMatch(trial -> trial.state() == TrialState.COMPLETE);
        same(trials, search(wild).run().trials());
    }

    @Test
    void anotherObjectiveIsEvaluatedTrialByTrial() {
        try (var study = Study.inMemory(search(NUMBERS).options("other"))) {
            study.optimize(trial -> trial.real("lr"), Budget.trials(5), new Batched(3, 2));
            assertThat(study.tally().complete()).isEqualTo(5);
        }
    }
}
