package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What every sampler does: extend it, and give it the sampler.
abstract class SamplerKit {
    static final Space SPACE = Space.of(
            Param.of("rate", Real.log(1e-5, 1)), Param.of("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)).when("optimizer", "adam"),
            Param.of("batch", Whole.of(16, 256, Scale.POWER_OF_TWO)), Param.of("units", Whole.of(1, 512, Scale.LOG)), Param.of("drop", Real.of(0, 0.5).withStep(0.1)),
            Param.of("optimizer", Choice.of("adam", "sgd", null)), Param.of("same", Real.of(3, 3)), Param.of("nesterov", Choice.of(true, false)).when("optimizer", "sgd"));

    /// The sampler for a space and a number of trials.
    abstract Sampler sampler(Space space, int trials);

    @Test
    void proposalsBelongToTheSpaceAndToItsConditions() {
        var study = searched(StudyOptions.of("kit").withSpace(SPACE).withSampler(sampler(SPACE, 40)), Executor.inline());
        assertThat(study.trials()).hasSizeGreaterThan(20);
        for (var trial : study.trials())
            for (var param : SPACE.params()) {
                assertThat(trial.params().containsKey(param.name())).isEqualTo(SPACE.active(param.name(), trial.params()));
                if (trial.params().containsKey(param.name())) assertThat(param.dist().contains(trial.params().get(param.name()))).isTrue();
            }
    }

    @Test
    void askedAgainItAnswersTheSame() {
        var sampler = sampler(SPACE, 40);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 30; i++)
            trials.add(TrialView.running(i).withParam("rate", Real.log(1e-5, 1), 1e-3).withReport(0, i).ended(i % 4 == 0 ? TrialState.FAIL : TrialState.COMPLETE, i % 4 == 0 ? new Double[0] : new Double[] {i * 0.1}));
        var past = new History(trials, List.of(Direction.MINIMIZE));
        var asking = TrialView.running(30);
        assertThat(sampler.propose(past, asking, SPACE, new SplittableRandom(3))).isEqualTo(sampler.propose(past, asking, SPACE, new SplittableRandom(3)));
        for (var param : SPACE.params()) {
            var first = sampler.propose(past, asking, param.name(), param.dist(), new SplittableRandom(4));
            assertThat(param.dist().contains(first)).isTrue();
            assertThat(sampler.propose(past, asking, param.name(), param.dist(), new SplittableRandom(4))).isEqualTo(first);
        }
    }

    @Test
    void theNumberOfWorkersChangesNothing() {
        var options = StudyOptions.of("kit").withSpace(SPACE).withLag(3).withSampler(sampler(SPACE, 40));
        var alone = params(searched(options, Executor.inline()));
        assertThat(params(searched(options, Executor.threads(3)))).isEqualTo(alone);
    }

    @Test
    void anObjectiveMayAskForMoreThanTheSpaceHas() {
        var study = Study.inMemory(StudyOptions.of("kit").withSampler(sampler(SPACE, 40)));
        study.optimize(trial -> trial.real("x", -1, 1) + trial.choice("c", 1, 2), Budget.trials(10));
        assertThat(study.trials()).hasSize(10).allMatch(trial -> trial.params().keySet().equals(java.util.Set.of("x", "c")));
    }

    private static Study searched(StudyOptions options, Executor executor) {
        var study = Study.inMemory(options);
        study.optimize(trial -> {
            if (trial.number() % 7 == 3) return Double.NaN;
            trial.report(0, trial.real("rate"));
            return trial.real("rate");
        }, Budget.trials(40), executor);
        return study;
    }

    private static List<Map<String, Object>> params(Study study) {
        return study.trials().stream().map(TrialView::params).toList();
    }
}
