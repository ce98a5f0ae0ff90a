package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DefaultSamplerTest extends SamplerKit {
    private static final Space TWO = Space.of(Param.of("x", Real.of(0, 1)), Param.of("y", Real.of(0, 1)));

    @Override
    protected Sampler sampler(Space space, int trials) {
        return DefaultSampler.of(space, trials);
    }

    @Test
    void whileTheProcessIsStuckTheEstimatorTakesTurnsWithIt() {
        var study = Study.inMemory(StudyOptions.of("both").withSpace(TWO).withSampler(DefaultSampler.of(TWO, 30)));
        study.optimize(trial -> trial.slot() == 5 || trial.slot() == 20 ? -trial.slot() : Math.abs(trial.real("x") - 0.3), Budget.trials(30));
        var by = study.trials().stream().map(trial -> trial.systemAttributes().get(DefaultSampler.BY)).toList();
        assertThat(by.subList(0, 16)).containsOnly("gp");
        assertThat(by.subList(16, 21)).containsExactly("gp", "tpe", "gp", "tpe", "gp");
        assertThat(by.subList(21, 30)).containsOnly("gp");
    }

    @Test
    void aLongHistoryIsLeftToTheEstimatorAlone() {
        var trials = IntStream.range(0, 300).mapToObj(i -> TrialView.running(i).withParam("x", Real.of(0, 1), i / 300.0).ended(TrialState.COMPLETE, 1.0 * i)).toList();
        var sampler = DefaultSampler.of(TWO, 1000);
        assertThat(sampler.notes(new History(trials, List.of(Direction.MINIMIZE)), TrialView.running(301), TWO)).isEqualTo(Map.of("caviar:by", "tpe"));
        assertThat(sampler.notes(new History(trials.subList(0, 299), List.of(Direction.MAXIMIZE)), TrialView.running(301), TWO)).isEqualTo(Map.of("caviar:by", "gp"));
    }

    @Test
    void itSaysWhatItChoseAndWhy() {
        assertThat(DefaultSampler.of(TWO, 50).reason()).contains("Gaussian process", "(50)");
        assertThat(DefaultSampler.of(TWO, 5000).reason()).contains("first 300 of 5000");
        var wide = new Space(IntStream.range(0, 41).mapToObj(i -> Param.of("p" + i, Real.of(0, 1))).toList());
        assertThat(DefaultSampler.of(wide, 50).reason()).isEqualTo("A Parzen estimator, since 41 parameters are too many for a Gaussian process.");
        assertThatThrownBy(() -> DefaultSampler.of(TWO, 0)).isInstanceOf(SpaceException.class).hasMessageContaining("at least 1");
    }
}
