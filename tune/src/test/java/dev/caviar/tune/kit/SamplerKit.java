package dev.caviar.tune.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.Trial;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.MemoryStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What every sampler does, as tests: extend the class, and give it the sampler.
///
/// ```java
/// class MySamplerTest extends SamplerKit {
///     @Override
///     protected Sampler sampler(Space space, int trials) {
///         return new MySampler();
///     }
/// }
/// ```
public abstract class SamplerKit {
    private static final int TRIALS = 40;

    /// A space with everything that there is: all scales, steps, a null among the choices, conditions, and a parameter of one value only.
    protected static final Space SPACE = Space.of(
            Param.of("rate", Real.log(1e-5, 1)), Param.of("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)).when("optimizer", "adam"),
            Param.of("batch", Whole.of(16, 256, Scale.POWER_OF_TWO)), Param.of("units", Whole.of(1, 512, Scale.LOG)), Param.of("drop", Real.of(0, 0.5).withStep(0.1)),
            Param.of("optimizer", Choice.of("adam", "sgd", null)), Param.of("same", Real.of(3, 3)), Param.of("nesterov", Choice.of(true, false)).when("optimizer", "sgd"));

    /// A new sampler for a space and a number of trials.
    protected abstract Sampler sampler(Space space, int trials);

    /// Whether a setting may be proposed twice before a finite space is used up.
    protected boolean repeats() {
        return false;
    }

    @Test
    protected void proposalsBelongToTheSpaceAndToItsConditions() {
        var study = searched(options(1), Executor.inline());
        assertThat(study.trials()).hasSizeGreaterThan(TRIALS / 2);
        for (var trial : study.trials())
            for (var param : SPACE.params()) {
                assertThat(trial.params().containsKey(param.name())).isEqualTo(SPACE.active(param.name(), trial.params()));
                if (trial.params().containsKey(param.name())) assertThat(param.dist().contains(trial.params().get(param.name()))).isTrue();
            }
    }

    @Test
    protected void askedAgainItAnswersTheSame() {
        var sampler = sampler(SPACE, TRIALS);
        var past = new History(IntStream.range(0, 30).mapToObj(SamplerKit::known).toList(), List.of(Direction.MINIMIZE),
                List.of(TrialView.running(30).withParam("rate", Real.log(1e-5, 1), 1e-2)));
        var asking = TrialView.running(31);
        assertThat(sampler.propose(past, asking, SPACE, new SplittableRandom(3))).isEqualTo(sampler.propose(past, asking, SPACE, new SplittableRandom(3)));
        assertThat(sampler(SPACE, TRIALS).propose(past, asking, SPACE, new SplittableRandom(3))).isEqualTo(sampler.propose(past, asking, SPACE, new SplittableRandom(3)));
        assertThat(sampler.notes(past, asking, SPACE)).isEqualTo(sampler.notes(past, asking, SPACE));
        for (var param : SPACE.params()) {
            var first = sampler.propose(past, asking, param.name(), param.dist(), new SplittableRandom(4));
            assertThat(param.dist().contains(first)).isTrue();
            assertThat(sampler.propose(past, asking, param.name(), param.dist(), new SplittableRandom(4))).isEqualTo(first);
        }
    }

    private static TrialView known(int number) {
        var trial = TrialView.running(number).withParam("rate", Real.log(1e-5, 1), Math.pow(10, -number / 10.0)).withReport(0, number);
        return number % 4 == 0 ? trial.ended(TrialState.FAIL) : trial.ended(TrialState.COMPLETE, number * 0.1);
    }

    @Test
    protected void theNumberOfWorkersChangesNothing() {
        for (var lag : List.of(1, 4)) {
            var alone = params(searched(options(lag), Executor.inline()));
            assertThat(params(searched(options(lag), Executor.threads(4)))).isEqualTo(alone);
        }
    }

    @Test
    protected void aSearchThatWasCutOffGoesOnAsIfItHadNotBeen() {
        var whole = params(searched(options(2), Executor.inline()));
        var storage = new MemoryStorage();
        try (var study = Study.create(storage, options(2))) {
            study.optimize(SamplerKit::worth, Budget.trials(TRIALS / 2 + 1));
            study.ask();
        }
        try (var study = Study.open(storage, options(2))) {
            assertThat(study.trials()).anyMatch(TrialView::cutOff);
            study.optimize(SamplerKit::worth, Budget.trials(TRIALS));
            assertThat(params(study)).isEqualTo(whole);
        }
    }

    @Test
    protected void anObjectiveMayAskForMoreThanTheSpaceHas() {
        var study = Study.inMemory(StudyOptions.of("kit").withSampler(sampler(SPACE, TRIALS)));
        study.optimize(trial -> trial.real("x", -1, 1) + trial.choice("c", 1, 2), Budget.trials(10));
        assertThat(study.trials()).hasSize(10).allMatch(trial -> trial.params().keySet().equals(Set.of("x", "c")));
    }

    @Test
    protected void nothingIsProposedTwiceBeforeAFiniteSpaceIsUsedUp() {
        assumeFalse(repeats(), "this sampler may repeat itself");
        var space = Space.of(Param.of("n", Whole.of(1, 5)), Param.of("kind", Choice.of("x", "y")), Param.of("m", Whole.of(1, 3)).when("kind", "y"));
        var study = Study.inMemory(StudyOptions.of("kit").withSpace(space).withSampler(sampler(space, 20)).withLag(3));
        study.optimize(trial -> trial.whole("n") == 2 ? Double.NaN : trial.whole("n"), Budget.trials(20));
        assertThat(study.trials()).hasSize(20).extracting(TrialView::params).doesNotHaveDuplicates();
    }

    private StudyOptions options(int lag) {
        return StudyOptions.of("kit").withSpace(SPACE).withLag(lag).withSeed(7).withSampler(sampler(SPACE, TRIALS));
    }

    private static Study searched(StudyOptions options, Executor executor) {
        var study = Study.inMemory(options);
        study.optimize(SamplerKit::worth, Budget.trials(TRIALS), executor);
        return study;
    }

    private static double worth(Trial trial) {
        if (trial.slot() % 7 == 3) return Double.NaN;
        trial.report(0, trial.real("rate"));
        return trial.real("rate");
    }

    private static List<Map<String, Object>> params(Study study) {
        var counting = new ArrayList<>(study.trials().stream().filter(trial -> !trial.cutOff()).toList());
        counting.sort((a, b) -> Integer.compare(a.slot(), b.slot()));
        return counting.stream().map(TrialView::params).toList();
    }
}
