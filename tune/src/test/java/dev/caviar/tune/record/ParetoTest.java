package dev.caviar.tune.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParetoTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aRankIsOneMoreThanTheGreatestOfThoseThatDominateIt(int axes) {
        var losses = random(60, axes, 4);
        var ranks = Pareto.ranks(losses);
        for (var i = 0; i < losses.length; i++) {
            var greatest = -1;
            for (var j = 0; j < losses.length; j++) if (Pareto.dominates(losses[j], losses[i])) greatest = Math.max(greatest, ranks[j]);
            assertThat(ranks[i]).isEqualTo(greatest + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void hypervolumeCountsTheCellsThatAreDominated(int axes) {
        var losses = random(12, axes, 5);
        var reference = new double[axes];
        Arrays.fill(reference, 5);
        var cells = 0;
        for (var cell = 0; cell < Math.pow(5, axes); cell++) {
            var corner = new double[axes];
            for (int axis = 0, rest = cell; axis < axes; axis++, rest /= 5) corner[axis] = rest % 5;
            if (Arrays.stream(losses).anyMatch(row -> {
                for (var axis = 0; axis < axes; axis++) if (row[axis] > corner[axis]) return false;
                return true;
            })) cells++;
        }
        assertThat(Pareto.hypervolume(losses, reference)).isEqualTo(cells, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void theHistoryOfTheHypervolumeIsThatOfAllRowsBefore(int axes) {
        var losses = random(20, axes, 6);
        var reference = new double[axes];
        Arrays.fill(reference, 5);
        var volumes = Pareto.hypervolumes(losses, reference);
        for (var i = 0; i < losses.length; i++)
            assertThat(volumes[i]).isEqualTo(Pareto.hypervolume(Arrays.copyOf(losses, i + 1), reference), within(1e-9));
        assertThat(Pareto.hypervolumes(new double[0][], reference)).isEmpty();
    }

    @Test
    void theFrontHasFeasibleTrialsAndKnowsDirections() {
        var trials = List.of(ended(0, 1, 1), ended(1, 2, 2), ended(2, 1, 2).withSystemAttribute(TrialView.CONSTRAINTS, List.of(-1.0, 0.5)),
                TrialView.running(3).ended(TrialState.FAIL), ended(4, 0, 0));
        assertThat(Pareto.front(trials, List.of(Direction.MINIMIZE, Direction.MAXIMIZE))).extracting(TrialView::number).containsExactly(0, 1, 4);
        assertThat(trials.get(2).violation()).isEqualTo(0.5);
        assertThat(Pareto.hypervolume(new double[][] {{1, 6}}, new double[] {5, 5})).isZero();
    }

    private static TrialView ended(int number, double... values) {
        return TrialView.running(number).ended(TrialState.COMPLETE, Arrays.stream(values).boxed().toArray(Double[]::new));
    }

    private static double[][] random(int rows, int axes, int values) {
        var random = new SplittableRandom(axes);
        var losses = new double[rows][axes];
        for (var row : losses) Arrays.setAll(row, i -> random.nextInt(values));
        return losses;
    }

    @Test
    void theBestAreWholeFrontsAndThenTheWidestSpread() {
        double[][] losses = {{4, 4}, {0, 3}, {1, 2}, {1.1, 1.9}, {3, 0}, {5, 5}};
        assertThat(Pareto.best(losses, 4)).containsExactly(1, 2, 3, 4);
        assertThat(Pareto.best(losses, 5)).containsExactly(0, 1, 2, 3, 4);
        assertThat(Pareto.best(losses, 9)).hasSize(6);
        assertThat(Pareto.best(losses, 2)).as("(1.1, 1.9) adds next to nothing beside (1, 2)").doesNotContain(0, 5).hasSize(2)
                .isNotEqualTo(new int[] {2, 3});
    }

    @Test
    void aRowThatIsInfiniteSomewhereAddsNothing() {
        assertThat(Pareto.best(new double[][] {{0, Double.POSITIVE_INFINITY}, {1, 1}, {2, 0.5}}, 2)).containsExactly(1, 2);
    }
}
