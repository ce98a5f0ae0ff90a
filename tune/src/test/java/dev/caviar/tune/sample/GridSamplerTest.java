package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.space.Whole;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Numbers in brackets are the worked examples of the notes.
class GridSamplerTest extends SamplerKit {
    @Override
    protected Sampler sampler(Space space, int trials) {
        return GridSampler.within(space, trials);
    }

    @Override
    protected boolean repeats() {
        return true;
    }

    private static final Space TWO = Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("decay", Real.of(0, 1)));

    /// [31]
    @Test
    void aGridOf25TriesFiveRatesWhereRandomTries25() {
        assertThat(rates(GridSampler.within(TWO, 25), 25)).as("80 % of the trials try a rate again").isEqualTo("5 of 25");
        assertThat(rates(new RandomSampler(), 25)).isEqualTo("25 of 25");
        assertThat(rates(GridSampler.of(TWO, 3), 9)).isEqualTo("3 of 9");
        assertThat(rates(new RandomSampler(), 9)).isEqualTo("9 of 9");
        var cube = Space.of(Param.of("a", Real.of(0, 1)), Param.of("b", Real.of(0, 1)), Param.of("c", Real.of(0, 1)));
        assertThat(GridSampler.within(cube, 27).points()).hasSize(27);
        assertThat(GridSampler.of(cube, 3).points()).hasSize(27).doesNotHaveDuplicates();
    }

    @Test
    void aSearchEndsWhereItsGridEnds() {
        var study = Study.inMemory(StudyOptions.of("grid").withSpace(TWO).withSampler(GridSampler.of(TWO, 2)));
        study.optimize(trial -> trial.real("rate"), Budget.trials(20));
        assertThat(study.trials()).extracting(TrialView::params).containsExactly(
                Map.of("rate", 1e-4, "decay", 0.0), Map.of("rate", 1e-4, "decay", 1.0), Map.of("rate", 1.0, "decay", 0.0), Map.of("rate", 1.0, "decay", 1.0));
    }

    @Test
    void aConditionMultipliesOnlyWhereItHolds() {
        var space = Space.of(Param.of("beta", Real.of(0, 1)).when("optimizer", "adam"), Param.of("optimizer", Choice.of("adam", "sgd")));
        assertThat(GridSampler.of(space, 3).points()).containsExactly(
                Map.of("optimizer", "adam", "beta", 0.0), Map.of("optimizer", "adam", "beta", 0.5), Map.of("optimizer", "adam", "beta", 1.0), Map.of("optimizer", "sgd"));
    }

    @Test
    void beyondThreeParametersAGridSaysHowLittleItTries() {
        assertThat(GridSampler.within(TWO, 25).warning()).isEmpty();
        assertThat(GridSampler.within(Preset.mnist().space(), 20).warning().orElseThrow())
                .isEqualTo("A grid over 6 parameters tries few different values of each in 16 trials: "
                        + "learning_rate 2, batch_size 2, layers 2, units 2, dropout 1, optimizer 1."
                        + "\nMaybe search at random: then every trial has a new value of each parameter.");
    }

    @Test
    void shufflingKeepsTheCombinations() {
        var grid = GridSampler.of(TWO, 4);
        assertThat(grid.shuffled(1)).isEqualTo(grid.shuffled(1)).isNotEqualTo(grid);
        assertThat(new HashSet<>(grid.shuffled(1).points())).isEqualTo(new HashSet<>(grid.points()));
    }

    @Test
    void gridsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> GridSampler.of(Preset.basic().space(), 100)).isInstanceOf(SpaceException.class).hasMessageContaining("more than 1000000");
        assertThatThrownBy(() -> GridSampler.of(TWO, 0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new GridSampler(List.of())).hasMessageContaining("no combination");
        assertThat(GridSampler.within(Space.of(Param.of("n", Whole.of(1, 3))), 50).points()).hasSize(3);
    }

    private static String rates(Sampler sampler, int trials) {
        var study = Study.inMemory(StudyOptions.of("rates").withSpace(TWO).withSampler(sampler));
        study.optimize(trial -> trial.real("rate"), Budget.trials(trials));
        var rates = study.trials().stream().map(trial -> trial.params().get("rate")).distinct().count();
        return rates + " of " + study.trials().size();
    }
}
