package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CoarseToFineSamplerTest extends SamplerKit {
    private static final Space TWO = Space.of(Param.of("rate", Real.log(1e-6, 1)), Param.of("kind", Choice.of("a", "b", "c")));

    @Override
    protected Sampler sampler(Space space, int trials) {
        return CoarseToFineSampler.of(8);
    }

    @Override
    protected boolean repeats() {
        return true;
    }

    @Test
    void eachRoundLooksCloserOnTheParametersOwnScaleWhileItPays() {
        var study = Study.inMemory(StudyOptions.of("zoom").withSpace(TWO).withSampler(CoarseToFineSampler.of(20)).withSeed(3));
        study.optimize(trial -> Math.abs(Math.log10(trial.real("rate")) + 3) + (trial.text("kind").equals("b") ? 0 : 3), Budget.trials(60));
        assertThat(decades(study, 0)).isEqualTo(6);
        assertThat(decades(study, 20)).isBetween(0.5, 5.0);
        assertThat(decades(study, 40)).isLessThan(0.8 * decades(study, 20));
        assertThat(region(study, 40).get("kind")).isEqualTo(List.of("b"));
        for (var trial : study.trials()) {
            var region = region(study, trial.slot());
            assertThat((double) trial.params().get("rate")).isBetween((double) region.get("rate").get(0), (double) region.get("rate").get(1));
            assertThat(region.get("kind")).contains(trial.params().get("kind"));
            assertThat(trial.systemAttributes().get(CoarseToFineSampler.ROUND)).isEqualTo((long) trial.slot() / 20);
        }
    }

    /// What zooming found was the best of the first round already: the search begins anew.
    @Test
    void aRoundThatDoesNotImproveIsTheLastOfItsZoom() {
        var study = Study.inMemory(StudyOptions.of("flat").withSpace(TWO).withSampler(CoarseToFineSampler.of(10)));
        study.optimize(trial -> trial.slot() == 4 ? 0 : 1, Budget.trials(30));
        assertThat(decades(study, 10)).isLessThan(6);
        assertThat(decades(study, 20)).isEqualTo(6);
        assertThat(region(study, 20).get("kind")).hasSize(3);
    }

    @Test
    void tooSmallRoundsAreRefused() {
        assertThatThrownBy(() -> CoarseToFineSampler.of(3)).isInstanceOf(SpaceException.class).hasMessageContaining("at least 4");
    }

    private static double decades(Study study, int slot) {
        var ends = region(study, slot).get("rate");
        return Math.log10((double) ends.get(1) / (double) ends.get(0));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, List<Object>> region(Study study, int slot) {
        return (Map<String, List<Object>>) study.trials().get(slot).systemAttributes().get(CoarseToFineSampler.REGION);
    }
}
