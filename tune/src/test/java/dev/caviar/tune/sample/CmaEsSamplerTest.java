package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class CmaEsSamplerTest extends SamplerKit {
    @Override
    protected Sampler sampler(Space space, int trials) {
        return CmaEsSampler.of();
    }

    @Override
    protected boolean repeats() {
        return true;
    }

    @Test
    void itGoesDownRosenbrocksValley() {
        var space = Space.of(Param.of("x", Real.of(-2, 2)), Param.of("y", Real.of(-2, 2)), Param.of("z", Real.of(-2, 2)));
        assertThat(least(space, 600, 1, trial -> {
            double x = trial.real("x"), y = trial.real("y"), z = trial.real("z");
            return 100 * Math.pow(y - x * x, 2) + Math.pow(1 - x, 2) + 100 * Math.pow(z - y * y, 2) + Math.pow(1 - y, 2);
        })).isLessThan(0.02);
    }

    @Test
    void wholeNumbersAndChoicesAreNotStuckAtTheirFirstValues() {
        var params = new ArrayList<Param>();
        for (var i = 0; i < 4; i++) params.add(Param.of("n" + i, Whole.of(0, 10)));
        params.add(Param.of("x", Real.of(0, 1)));
        params.add(Param.of("c", Choice.of(3, 2, 1, 0)));
        for (var seed = 0; seed < 3; seed++)
            assertThat(least(new Space(params), 400, seed, trial -> {
                var sum = trial.whole("c") + Math.pow(trial.real("x") - 0.7, 2);
                for (var i = 0; i < 4; i++) sum += Math.abs(trial.whole("n" + i) - 2 * i - 2);
                return sum;
            })).isLessThan(0.01);
    }

    @Test
    void itBeginsElsewhereWhenAValleyIsExhausted() {
        var space = Space.of(Param.of("x", Real.of(0, 1)), Param.of("y", Real.of(0, 1)));
        // A wide valley around the middle, and a deeper narrow one in a corner.
        assertThat(least(space, 900, 3, trial -> {
            double x = trial.real("x"), y = trial.real("y");
            return Math.min(Math.hypot(x - 0.5, y - 0.5), 4 * Math.hypot(x - 0.08, y - 0.92) - 1);
        })).isLessThan(-0.9);
    }

    @Test
    void theStateIsFoundAgainFromTheHistoryAlone() {
        var space = Space.of(Param.of("x", Real.of(0, 1)), Param.of("y", Real.of(0, 1)));
        var study = Study.inMemory(StudyOptions.of("again").withLag(3).withSpace(space).withSampler(CmaEsSampler.of()));
        study.optimize(trial -> Math.hypot(trial.real("x") - 0.2, trial.real("y") - 0.6), Budget.trials(60));
        var past = new History(study.trials(), List.of(study.direction()));
        var fresh = CmaEsSampler.of().propose(past, TrialView.running(60), space, new SplittableRandom(5));
        assertThat(study.sampler().propose(past, TrialView.running(60), space, new SplittableRandom(5))).isEqualTo(fresh);
        assertThat((double) fresh.get("x")).isBetween(0.1, 0.3);
    }

    private static double least(Space space, int trials, long seed, Objective objective) {
        var study = Study.inMemory(StudyOptions.of("cma").withSeed(seed).withSpace(space).withSampler(CmaEsSampler.of()));
        study.optimize(objective, Budget.trials(trials));
        return study.best().orElseThrow().value().getAsDouble();
    }
}
