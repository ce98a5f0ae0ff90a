package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.hipparchus.special.Erf;
import org.junit.jupiter.api.Test;

class TpeSamplerTest extends SamplerKit {
    private static final Real UNIT = Real.of(0, 1);

    @Override
    protected Sampler sampler(Space space, int trials) {
        return TpeSampler.of();
    }

    @Test
    void itFindsTheBottomOfAValleyBetterThanChance() {
        assertThat(best(TpeSampler.of())).isLessThan(0.3 * best(new RandomSampler()));
        assertThat(best(TpeSampler.of().withJoint(false))).isLessThan(0.5 * best(new RandomSampler()));
    }

    // A narrow diagonal valley with a choice beside it; the mean over some seeds.
    private static double best(Sampler sampler) {
        var space = Space.of(Param.of("x", Real.of(-5, 5)), Param.of("y", Real.of(-5, 5)), Param.of("c", Choice.of("a", "b", "c")));
        double sum = 0;
        for (var seed = 0; seed < 8; seed++) {
            var study = Study.inMemory(StudyOptions.of("valley").withSpace(space).withSampler(sampler).withSeed(seed));
            study.optimize(trial -> Math.pow(trial.real("x") - trial.real("y"), 2) + 0.1 * Math.pow(trial.real("x") - 2, 2)
                    + (trial.text("c").equals("b") ? 0 : 1), Budget.trials(80));
            sum += study.best().orElseThrow().value().getAsDouble();
        }
        return sum;
    }

    @Test
    void whatTheObjectiveAsksForAsItRunsIsLearnedToo() {
        Objective objective = trial -> {
            double x = trial.real("x", 0, 1);
            return trial.choice("kind", "near", "far").equals("far") ? 2 : Math.abs(x - trial.real("goal", 0, 1)) + 0.5 * Math.abs(x - 0.7);
        };
        double found = 0, chance = 0;
        for (var seed = 0; seed < 6; seed++) {
            found += searched(objective, TpeSampler.of(), seed);
            chance += searched(objective, new RandomSampler(), seed);
        }
        assertThat(found).isLessThan(0.6 * chance);
    }

    private static double searched(Objective objective, Sampler sampler, int seed) {
        var study = Study.inMemory(StudyOptions.of("own").withSampler(sampler).withSeed(seed));
        study.optimize(objective, Budget.trials(60));
        return study.best().orElseThrow().value().getAsDouble();
    }

    @Test
    void nothingIsTriedTwiceBeforeASmallSpaceIsUsedUp() {
        var space = Space.of(Param.of("n", Whole.of(1, 6)), Param.of("kind", Choice.of("x", "y")), Param.of("m", Whole.of(1, 3)).when("kind", "y"));
        var study = Study.inMemory(StudyOptions.of("small").withSpace(space).withSampler(TpeSampler.of()).withLag(2));
        study.optimize(trial -> trial.whole("n"), Budget.trials(30));
        var settings = study.trials().stream().map(TrialView::params).toList();
        assertThat(new HashSet<>(settings.subList(0, 24))).hasSize(24);
        assertThat(settings).hasSize(30);
    }

    @Test
    void whatFailedAndWhatIsBeingTriedIsAvoided() {
        var space = Space.of(Param.of("x", UNIT));
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 20; i++) trials.add(trial(i, i / 20.0).ended(TrialState.COMPLETE, Math.min(Math.abs(i / 20.0 - 0.2), Math.abs(i / 20.0 - 0.8))));
        assertThat(nearEight(space, new History(trials, List.of(Direction.MINIMIZE)))).isBetween(20, 80);
        var pending = IntStream.range(0, 8).mapToObj(i -> trial(40 + i, 0.79 + i * 0.003)).toList();
        assertThat(nearEight(space, new History(trials, List.of(Direction.MINIMIZE), pending))).isLessThan(5);
        for (var i = 0; i < 8; i++) trials.add(trial(20 + i, 0.79 + i * 0.003).ended(TrialState.FAIL));
        assertThat(nearEight(space, new History(trials, List.of(Direction.MINIMIZE)))).isLessThan(5);
    }

    private static int nearEight(Space space, History past) {
        var near = 0;
        for (var i = 0; i < 100; i++) {
            var proposed = TpeSampler.of().propose(past, TrialView.running(50), space, new SplittableRandom(i));
            if (Math.abs((double) proposed.get("x") - 0.8) < 0.08) near++;
        }
        return near;
    }

    @Test
    void theBestTenthIsFilledInTheOrderOfHowTrialsEnded() {
        var complete = trial(0, 0.1).ended(TrialState.COMPLETE, 5.0);
        var far = trial(1, 0.2).withReport(0, 1).withReport(7, 9.0).ended(TrialState.PRUNED, 9.0);
        var near = trial(2, 0.3).withReport(0, 1).withReport(3, 1.0).ended(TrialState.PRUNED, 1.0);
        var mute = trial(3, 0.4).ended(TrialState.PRUNED);
        var little = trial(4, 0.5).withSystemAttribute(TrialView.CONSTRAINTS, List.of(0.1, -5.0)).ended(TrialState.COMPLETE, 0.0);
        var much = trial(5, 0.6).withSystemAttribute(TrialView.CONSTRAINTS, List.of(0.2)).ended(TrialState.COMPLETE, -1.0);
        var failed = trial(6, 0.7).ended(TrialState.FAIL);
        var past = new History(List.of(failed, much, little, mute, near, far, complete), List.of(Direction.MINIMIZE));
        var seen = new Observations();
        seen.follow(past.trials(), past.directions());
        assertThat(Arrays.stream(seen.ranking()).mapToObj(i -> past.trials().get(i).number())).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(Split.good(seen, past, new boolean[] {true, true, true, true, true, true, true})).containsExactly(6);
        assertThat(Split.good(seen, past, new boolean[] {true, true, true, true, false, false, false})).containsExactly(3);
        assertThat(Split.good(seen, past, new boolean[] {true, false, false, false, false, false, false})).isEmpty();
    }

    @Test
    void withSeveralObjectivesTheGoodOnesAreThoseThatDominateMost() {
        var both = List.of(Direction.MINIMIZE, Direction.MAXIMIZE);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 20; i++) trials.add(trial(i, i / 20.0).ended(TrialState.COMPLETE, 10.0 + i, -10.0 - i));    // each dominated by those before
        trials.set(5, trial(5, 0.25).ended(TrialState.COMPLETE, 1.0, -9.0));
        trials.set(6, trial(6, 0.3).ended(TrialState.COMPLETE, 5.0, -5.0));
        trials.set(7, trial(7, 0.35).ended(TrialState.COMPLETE, 9.0, -1.0));
        var past = new History(trials, both);
        var seen = new Observations();
        seen.follow(past.trials(), past.directions());
        var all = new boolean[20];
        Arrays.fill(all, true);
        assertThat(Split.good(seen, past, all)).hasSize(2).contains(6).doesNotContain(0);
        assertThat(TpeSampler.of().propose(past, TrialView.running(20), Space.of(Param.of("x", UNIT)), new SplittableRandom(1))).isEmpty();
        assertThat(UNIT.contains(TpeSampler.of().propose(past, TrialView.running(20), "x", UNIT, new SplittableRandom(1)))).isTrue();
    }

    /// Whatever exists under whatever condition: the density of all settings together is that of the kernels.
    @Test
    void densitiesAddUpToTheirWeights() {
        var seen = new Observations();
        var kind = Choice.of("a", "b", "c");
        var few = Whole.of(1, 7);
        var random = new SplittableRandom(1);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 150; i++) {
            var trial = trial(i, random.nextDouble()).withParam("kind", kind, kind.at(random.nextDouble()));
            trials.add((trial.params().get("kind").equals("a") ? trial : trial.withParam("few", few, few.at(random.nextDouble()))).ended(TrialState.COMPLETE, 1.0));
        }
        seen.follow(trials, List.of(Direction.MINIMIZE));
        var weights = IntStream.range(0, 151).mapToDouble(i -> (i + 1) / 151.0).toArray();
        double whole = 1 + Arrays.stream(weights).sum();
        var indices = IntStream.range(0, 150).toArray();
        var conditional = new Parzen(List.of(seen.column("kind", kind), seen.column("few", few)), indices, new double[][] {{1, 0.5}}, weights);
        double sum = Math.exp(conditional.logDensity(new double[] {0, Double.NaN}));
        for (var k = 1; k < 3; k++) for (var n = 1; n <= 7; n++) sum += Math.exp(conditional.logDensity(new double[] {k, few.unit(n)}));
        assertThat(sum).isCloseTo(whole, within(1e-6));
        var smooth = new Parzen(List.of(seen.column("kind", kind), seen.column("x", UNIT)), indices, new double[][] {{2, 0.9}}, weights);
        sum = 0;
        for (var k = 0; k < 3; k++) for (var i = 0; i < 20_000; i++) sum += Math.exp(smooth.logDensity(new double[] {k, (i + 0.5) / 20_000})) / 20_000;
        assertThat(sum / Math.sqrt(2 * Math.PI)).isCloseTo(whole, within(1e-4));
    }

    @Test
    void drawsFollowTheDensity() {
        var seen = new Observations();
        seen.follow(List.of(trial(0, 0.3).ended(TrialState.COMPLETE, 1.0), trial(1, 0.32).ended(TrialState.COMPLETE, 1.0)), List.of(Direction.MINIMIZE));
        var parzen = new Parzen(List.of(seen.column("x", UNIT)), new int[] {0, 1}, new double[0][], new double[] {1, 1});
        var random = new SplittableRandom(2);
        var counts = new int[10];
        for (var i = 0; i < 20_000; i++) counts[(int) (parzen.draw(new double[] {Double.NaN}, random).place(0) * 10)]++;
        for (var cell = 0; cell < 10; cell++) {
            double mass = 0;
            for (var i = 0; i < 200; i++) mass += Math.exp(parzen.logDensity(new double[] {(cell + (i + 0.5) / 200) / 10})) / 2000 / 3 / Math.sqrt(2 * Math.PI);
            assertThat(counts[cell] / 20_000.0).isCloseTo(mass, within(0.012));
        }
    }

    @Test
    void aLongHistoryIsFollowedHoweverItChanges() {
        var sampler = TpeSampler.of();
        var trials = IntStream.range(0, 60).mapToObj(i -> trial(i, (i * 0.37) % 1).ended(TrialState.COMPLETE, Math.sin(i))).toList();
        var other = new ArrayList<>(trials.subList(0, 50));
        other.set(20, trial(20, 0.99).ended(TrialState.COMPLETE, -3.0));
        for (var history : List.of(trials, trials.subList(0, 40), other, trials))
            for (var direction : Direction.values()) {
                var past = new History(history, List.of(direction));
                var space = Space.of(Param.of("x", UNIT));
                assertThat(sampler.propose(past, TrialView.running(60), space, new SplittableRandom(5)))
                        .isEqualTo(TpeSampler.of().propose(past, TrialView.running(60), space, new SplittableRandom(5)));
            }
    }

    @Test
    void theTableOfTheNormalDistributionIsExact() {
        for (var z = -9.5; z < 9.5; z += 0.0137) assertThat(NormalTable.cdf(z)).isCloseTo(0.5 * Erf.erfc(-z / Math.sqrt(2)), within(1e-11));
    }

    @Test
    void numbersThatCannotBeAreRefused() {
        assertThatThrownBy(() -> TpeSampler.of().withCandidates(0)).isInstanceOf(SpaceException.class).hasMessageContaining("0 candidates");
        assertThat(Map.of()).isEqualTo(TpeSampler.of().withJoint(false).propose(new History(List.of(), List.of(Direction.MINIMIZE)), TrialView.running(0),
                Space.of(Param.of("x", UNIT)), new SplittableRandom(1)));
    }

    private static TrialView trial(int number, double x) {
        return TrialView.running(number).withParam("x", UNIT, x);
    }
}
