package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class RandomSamplerTest extends SamplerKit {
    @Override
    protected Sampler sampler(Space space, int trials) {
        return new RandomSampler();
    }

    @Override
    protected boolean repeats() {
        return true;
    }

    /// The generators of neighbouring trials, and of the parameters of one, have nothing to do with each other.
    @Test
    void valuesAreEvenAndIndependent() {
        var study = Study.inMemory(StudyOptions.of("even").withSpace(Space.of(Param.of("a", Real.of(0, 1)), Param.of("b", Real.of(0, 1)))));
        study.optimize(trial -> 0, Budget.trials(4000));
        var cells = new int[4][4];
        var previous = 0.5;
        var neighbours = 0.0;
        for (var trial : study.trials()) {
            double a = (double) trial.params().get("a"), b = (double) trial.params().get("b");
            cells[(int) (a * 4)][(int) (b * 4)]++;
            neighbours += (a - 0.5) * (previous - 0.5) * 12 / 4000;
            previous = a;
        }
        for (var row : cells) for (var count : row) assertThat(count).isBetween(190, 310);
        assertThat(neighbours).isCloseTo(0, Assertions.within(0.06));
    }

    @Test
    void anotherParameterDoesNotMoveTheOthers() {
        var small = Study.inMemory(StudyOptions.of("small").withSpace(Space.of(Param.of("a", Real.of(0, 1)))));
        var large = Study.inMemory(StudyOptions.of("large").withSpace(Space.of(Param.of("b", Real.of(0, 1)), Param.of("a", Real.of(0, 1)))));
        for (var i = 0; i < 5; i++) assertThat(small.ask().params().get("a")).isEqualTo(large.ask().params().get("a"));
    }
}
