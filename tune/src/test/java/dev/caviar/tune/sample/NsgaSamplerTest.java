package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NsgaSamplerTest extends SamplerKit {
    @Override
    protected Sampler sampler(Space space, int trials) {
        return NsgaSampler.two().withPopulation(8);
    }

    @Override
    protected boolean repeats() {
        return true;
    }

    @Test
    void theFrontComesNearerThanAtRandom() {
        // ZDT1: the front is y = 1 - sqrt(x), where all but the first number are 0. Its volume below (1, 2) is 5/3.
        Objective zdt1 = Objective.several(trial -> {
            var sum = 0.0;
            for (var i = 1; i < 6; i++) sum += trial.real("x" + i);
            double x = trial.real("x0"), g = 1 + 9 * sum / 5;
            return List.of(x, g * (1 - Math.sqrt(x / g)));
        });
        var random = volume(new RandomSampler(), zdt1, 2, 600, 2);
        assertThat(random).isLessThan(0.6);
        assertThat(volume(NsgaSampler.two().withPopulation(30), zdt1, 2, 600, 2)).isGreaterThan(1.2);
    }

    @Test
    void threeObjectivesAreServedByDirections() {
        // DTLZ2: an eighth of a sphere of radius 1 where the last numbers are a half. Its volume below (1.2, 1.2, 1.2) is 1.728 - pi / 6.
        Objective sphere = Objective.several(trial -> {
            var radius = 1.0;
            for (var i = 2; i < 6; i++) radius += Math.pow(trial.real("x" + i) - 0.5, 2);
            double a = trial.real("x0") * Math.PI / 2, b = trial.real("x1") * Math.PI / 2;
            return List.of(radius * Math.cos(a) * Math.cos(b), radius * Math.cos(a) * Math.sin(b), radius * Math.sin(a));
        });
        var found = volume(NsgaSampler.three().withPopulation(30), sphere, 3, 600, 1.2);
        assertThat(found).isGreaterThan(0.95).isGreaterThan(volume(new RandomSampler(), sphere, 3, 600, 1.2) + 0.1);
    }

    @Test
    void thoseThatViolateConstraintsDieOut() {
        var study = Study.inMemory(StudyOptions.of("bound").withSpace(space()).withSampler(NsgaSampler.two().withPopulation(20)));
        study.optimize(trial -> {
            trial.constrain(0.7 - trial.real("x0"));
            return trial.real("x0") + trial.real("x1");
        }, Budget.trials(300));
        var late = study.trials().subList(240, 300);
        assertThat(late.stream().filter(trial -> trial.violation() == 0).count()).isGreaterThan(35);
        assertThat(study.trials().stream().filter(trial -> trial.violation() == 0).mapToDouble(trial -> trial.value().getAsDouble()).min().getAsDouble()).isLessThan(0.85);
    }

    @Test
    void crowdingKeepsTheEndsAndTheRoomiest() {
        double[][] line = {{0, 10}, {1, 9}, {1.1, 8.9}, {5, 5}, {10, 0}, {11, 11}};
        assertThat(Survival.CROWDING.select(line, new double[6], 3, new SplittableRandom(1))).containsExactlyInAnyOrder(0, 3, 4);
        assertThat(Survival.CROWDING.select(line, new double[] {0, 0, 0, 1, 2, 0}, 5, new SplittableRandom(1))).containsExactly(0, 1, 2, 5, 3);
    }

    @Test
    void directionsKeepOneOfEachNiche() {
        var random = new SplittableRandom(4);
        var rows = new ArrayList<double[]>();
        for (var i = 0; i < 40; i++) rows.add(new double[] {0.9 + 0.1 * random.nextDouble(), 0.01 * random.nextDouble(), 0});
        rows.add(new double[] {0, 1, 0});
        rows.add(new double[] {0, 0, 1});
        var chosen = Survival.DIRECTIONS.select(rows.toArray(double[][]::new), new double[42], 6, random);
        assertThat(chosen).hasSize(6).contains(40, 41);
        assertThatThrownBy(() -> NsgaSampler.two().withPopulation(2)).hasMessageContaining("population 2");
    }

    private static Space space() {
        var params = new ArrayList<Param>();
        for (var i = 0; i < 6; i++) params.add(Param.of("x" + i, Real.of(0, 1)));
        return new Space(params);
    }

    private static double volume(Sampler sampler, Objective objective, int objectives, int trials, double corner) {
        var directions = new Direction[objectives];
        Arrays.fill(directions, Direction.MINIMIZE);
        var study = Study.inMemory(StudyOptions.of("front").withDirections(directions).withSpace(space()).withSampler(sampler));
        study.optimize(objective, Budget.trials(trials));
        var reference = new double[objectives];
        Arrays.fill(reference, corner);
        if (objectives == 2) reference[0] = 1;
        return Pareto.hypervolume(study.trials().stream().map(trial -> Pareto.losses(trial, study.directions())).toArray(double[][]::new), reference);
    }
}
