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
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

final class GpSamplerTest extends SamplerKit {
    private static final Space SQUARE = Space.of(Param.of("x", Real.of(-5, 10)), Param.of("y", Real.of(0, 15)));

    @Override
    protected Sampler sampler(Space space, int trials) {
        return GpSampler.of();
    }

    @Test
    void itFindsTheBottomOfBraninsFunctionInFortyTrials() {
        for (var seed = 0; seed < 3; seed++) {
            var study = Study.inMemory(StudyOptions.of("branin").withSeed(seed).withSpace(SQUARE).withSampler(GpSampler.of()));
            study.optimize(trial -> branin(trial.real("x"), trial.real("y")), Budget.trials(40));
            assertThat(study.best().orElseThrow().value().getAsDouble()).isLessThan(0.45);    // 0.3979 at the bottom
        }
    }

    @Test
    void noSettingOfASmallSpaceIsTriedTwiceBeforeAllWere() {
        var space = Space.of(Param.of("n", Whole.of(1, 5)), Param.of("c", Choice.of("a", "b")), Param.of("m", Whole.of(1, 3)).when("c", "b"));
        var study = Study.inMemory(StudyOptions.of("small").withSpace(space).withLag(4).withSampler(GpSampler.of()));
        study.optimize(trial -> trial.whole("n") % 3 == 0 ? Double.NaN : trial.whole("n"), Budget.trials(25));
        assertThat(new HashSet<>(params(study).subList(0, 20))).hasSize(20);
        assertThat(study.trials()).hasSize(25);
    }

    @Test
    void choicesThatMatterAreFoundAmongThoseThatDoNot() {
        var choices = List.of("a", "b", "c", "d", "e");
        var params = new ArrayList<Param>();
        for (var i = 0; i < 6; i++) params.add(Param.of("p" + i, Choice.of(choices.toArray())));
        var study = Study.inMemory(StudyOptions.of("choices").withSpace(new Space(params)).withSampler(GpSampler.of()));
        study.optimize(trial -> choices.indexOf(trial.text("p1")) * 1.0 + Math.abs(choices.indexOf(trial.text("p4")) - 2), Budget.trials(45));
        assertThat(study.best().orElseThrow().value().getAsDouble()).isZero();
    }

    @Test
    void whatViolatesAConstraintIsLeftAlone() {
        var past = past(40, values -> values[0] + values[1], values -> List.of(0.5 - values[0]));
        for (var seed = 0; seed < 5; seed++) {
            var next = GpSampler.of().propose(past, TrialView.running(40), unit(), new SplittableRandom(seed));
            assertThat((double) next.get("x")).isBetween(0.45, 0.6);
            assertThat((double) next.get("y")).isLessThan(0.1);
        }
    }

    @Test
    void whereNothingKeepsTheConstraintsOnlyTheyCount() {
        var past = past(12, values -> -values[0], values -> List.of(1 + values[0]));
        var next = GpSampler.of().propose(past, TrialView.running(12), unit(), new SplittableRandom(1));
        assertThat((double) next.get("x")).isLessThan(0.1);
    }

    @Test
    void theSurroundingsOfFailuresAreLeftAlone() {
        var past = past(40, values -> values[0] < 0.5 ? Double.NaN : values[0], values -> List.of());
        for (var seed = 0; seed < 5; seed++)
            assertThat((double) GpSampler.of().propose(past, TrialView.running(40), unit(), new SplittableRandom(seed)).get("x")).isBetween(0.4, 0.7);
    }

    @Test
    void pendingTrialsAreNotProposedAgain() {
        var past = past(10, values -> Math.sin(9 * values[0]) * Math.cos(7 * values[1]), values -> List.of());
        var pending = new ArrayList<TrialView>();
        var proposed = new ArrayList<double[]>();
        for (var i = 0; i < 4; i++) {
            var next = GpSampler.of().propose(new History(past.trials(), past.directions(), pending), TrialView.running(20 + i), unit(), new SplittableRandom(i));
            double x = (double) next.get("x"), y = (double) next.get("y");
            for (var other : proposed) assertThat(Math.hypot(x - other[0], y - other[1])).isGreaterThan(0.01);
            proposed.add(new double[] {x, y});
            pending.add(trial(20 + i, x, y));
        }
    }

    @Test
    void severalDirectionsAreAllServed() {
        var trials = new ArrayList<TrialView>();
        var random = new SplittableRandom(2);
        for (var i = 0; i < 30; i++) {
            double x = random.nextDouble(), y = random.nextDouble();
            trials.add(trial(i, x, y).ended(TrialState.COMPLETE, x + y, x - y));
        }
        var past = new History(trials, List.of(Direction.MINIMIZE, Direction.MAXIMIZE));
        var ys = new ArrayList<Double>();
        for (var seed = 0; seed < 10; seed++) ys.add((double) GpSampler.of().propose(past, TrialView.running(30), unit(), new SplittableRandom(seed)).get("y"));
        assertThat(ys).allMatch(y -> y < 0.25);    // y small is good for both, x small or great for one each
    }

    @Test
    void parametersThatTheObjectiveDefinesAreSearchedTogetherToo() {
        var study = Study.inMemory(StudyOptions.of("defined").withSampler(GpSampler.of()));
        study.optimize(trial -> branin(trial.real("x", -5, 10), trial.real("y", 0, 15)), Budget.trials(40));
        assertThat(study.best().orElseThrow().value().getAsDouble()).isLessThan(0.6);
    }

    @Test
    void anyLossesAreTaken() {
        for (ToDoubleFunction<double[]> loss : List.<ToDoubleFunction<double[]>>of(v -> 1, v -> Double.POSITIVE_INFINITY, v -> v[0] < 0.5 ? Double.NEGATIVE_INFINITY : 1e300,
                v -> 1e-300 * v[0], v -> Math.exp(600 * v[0]), v -> -v[0]))
            assertThat(GpSampler.of().propose(past(15, loss, v -> List.of()), TrialView.running(15), unit(), new SplittableRandom(1))).containsOnlyKeys("x", "y");
        assertThatThrownBy(() -> GpSampler.of().withStartupTrials(1)).hasMessageContaining("startup trials 1");
    }

    private static double branin(double x, double y) {
        return Math.pow(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    }

    private static Space unit() {
        return Space.of(Param.of("x", Real.of(0, 1)), Param.of("y", Real.of(0, 1)));
    }

    private static TrialView trial(int number, double x, double y) {
        return TrialView.running(number).withParam("x", Real.of(0, 1), x).withParam("y", Real.of(0, 1), y);
    }

    private static History past(int count, ToDoubleFunction<double[]> loss, Function<double[], List<Double>> constraints) {
        var random = new SplittableRandom(7);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < count; i++) {
            var point = new double[] {random.nextDouble(), random.nextDouble()};
            var limits = constraints.apply(point);
            var begun = trial(i, point[0], point[1]);
            if (!limits.isEmpty()) begun = begun.withSystemAttribute(TrialView.CONSTRAINTS, limits);
            var value = loss.applyAsDouble(point);
            trials.add(Double.isNaN(value) ? begun.ended(TrialState.FAIL) : begun.ended(TrialState.COMPLETE, value));
        }
        return new History(trials, List.of(Direction.MINIMIZE));
    }

    private static List<Map<String, Object>> params(Study study) {
        return study.trials().stream().map(TrialView::params).toList();
    }
}
