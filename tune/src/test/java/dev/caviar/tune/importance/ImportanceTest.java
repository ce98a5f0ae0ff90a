package dev.caviar.tune.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The shares of made trials: those of PED-ANOVA as Optuna 5.0.0 prints them for the same trials, those of fANOVA as the function has them.
class ImportanceTest {
    private static final List<String> OPTIMIZERS = List.of("adam", "sgd", "rms");
    private static final List<Direction> DOWN = List.of(Direction.MINIMIZE);

    private static double fraction(double x) {
        return x - Math.floor(x);
    }

    private static List<TrialView> trials(boolean two) {
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 60; i++) {
            var rate = Math.exp(Math.log(1e-4) + fraction((i + 1) * 0.6180339887) * (Math.log(1.0) - Math.log(1e-4)));
            var units = 1 + (long) (fraction((i + 1) * 0.7548776662) * 100);
            var layers = 1 + (long) (fraction((i + 1) * 0.5698402910) * 3);
            var optimizer = OPTIMIZERS.get(i * 7 % 3);
            var value = Math.pow(Math.log10(rate) + 2, 2) + 0.3 * Math.abs(units - 40) / 40 + 0.1 * layers;
            var trial = TrialView.running(i).withParam("lr", Real.log(1e-4, 1), rate).withParam("units", Whole.of(1, 100, Scale.LOG), units)
                    .withParam("layers", Whole.of(1, 3), layers).withParam("opt", new Choice(new ArrayList<>(OPTIMIZERS)), optimizer);
            if (optimizer.equals("sgd")) {
                var momentum = Math.rint(5 * Math.floor(fraction((i + 1) * 0.8191725134) * 20)) / 100;
                trial = trial.withParam("momentum", Real.of(0, 0.95).withStep(0.05), momentum);
                value += 0.5 * Math.abs(momentum - 0.9);
            } else value += 0.2;
            trials.add(two ? trial.ended(TrialState.COMPLETE, value, units * layers / 10.0) : trial.ended(TrialState.COMPLETE, value));
        }
        return trials;
    }

    private static void agrees(Map<String, Double> shares, Map<String, Double> expected) {
        assertThat(shares.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, share) -> assertThat(shares.get(name)).as(name).isCloseTo(share, within(1e-9)));
        assertThat(List.copyOf(shares.values())).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }

    @Test
    void theBestTenthAgreesWithOptuna() {
        agrees(PedAnova.of().shares(trials(false), DOWN), Map.of("lr", 0.8564686789557523, "units", 0.10171488818815788,
                "layers", 0.039122977060813836, "momentum", 0.002693455795275991, "opt", 0.0));
    }

    @Test
    void aRegionAgreesWithOptuna() {
        agrees(PedAnova.of().withBest(0.2).withRegion(0.6).shares(trials(false), DOWN), Map.of("lr", 0.6842132878484242,
                "units", 0.20549152601211365, "layers", 0.05221030074522237, "momentum", 0.044750083835963884, "opt", 0.013334801558276092));
    }

    @Test
    void severalObjectivesAgreeWithOptuna() {
        agrees(PedAnova.of().shares(trials(true), List.of(Direction.MINIMIZE, Direction.MAXIMIZE)), Map.of("lr", 0.5254409763013115,
                "momentum", 0.24200204101597173, "units", 0.20261122722739552, "opt", 0.02471565273861204, "layers", 0.0052301027167093814));
    }

    /// x + y explains itself by its parts, x * y around 0 only by the pair, and a choice counts by its effect.
    @Test
    void varianceIsExplainedByWhoCausesIt() {
        var sums = made((x, y, z) -> 3 * x + y + 0 * z);
        var shares = Fanova.of().shares(sums, DOWN);
        assertThat(shares.get("x")).isCloseTo(0.9, within(0.03));
        assertThat(shares.get("y")).isCloseTo(0.1, within(0.03));
        assertThat(shares.get("z")).isLessThan(0.01);
        assertThat(Fanova.of().interactions(sums).values()).allMatch(share -> share < 0.05);

        var products = Fanova.of().interactions(made((x, y, z) -> (x - 0.5) * (y - 0.5) + 0.01 * z));
        assertThat(products.keySet().iterator().next()).isEqualTo(new Fanova.Pair("x", "y"));
        assertThat(products.get(new Fanova.Pair("x", "y"))).isGreaterThan(0.6);

        assertThat(Fanova.of().shares(made((x, y, z) -> z == 1 ? 1 : 0), DOWN).get("z")).isGreaterThan(0.95);
    }

    @Test
    void theSameSeedGivesTheSameShares() {
        assertThat(Fanova.of().withSeed(3).shares(trials(false), DOWN)).isEqualTo(Fanova.of().withSeed(3).shares(trials(false), DOWN))
                .isNotEqualTo(Fanova.of().withSeed(4).shares(trials(false), DOWN));
    }

    @Test
    void trialsThatTellNothingHaveEqualShares() {
        for (var importance : List.of(PedAnova.of(), Fanova.of())) {
            assertThat(importance.shares(List.of(), DOWN)).isEmpty();
            assertThat(importance.shares(trials(false).subList(0, 1), DOWN).values()).allMatch(share -> Math.abs(share - 0.25) < 1e-12);
            assertThat(importance.shares(made((x, y, z) -> 1), DOWN).values()).allMatch(share -> share >= 0 && share <= 1);
        }
    }

    @Test
    void whatCannotBeMeasuredIsLeftOut() {
        var more = new ArrayList<>(trials(false));
        more.add(more.getFirst().ended(TrialState.COMPLETE, Double.POSITIVE_INFINITY));
        more.add(more.getFirst().ended(TrialState.PRUNED, -100.0));
        more.add(TrialView.running(99));
        assertThat(PedAnova.of().shares(more, DOWN)).isEqualTo(PedAnova.of().shares(trials(false), DOWN));
        assertThat(Fanova.of().shares(more, DOWN)).isEqualTo(Fanova.of().shares(trials(false), DOWN));
    }

    @Test
    void badSettingsAreRefused() {
        assertThatThrownBy(() -> PedAnova.of().withBest(1)).hasMessageContaining("best 1.0");
        assertThatThrownBy(() -> Fanova.of().withTrees(0)).hasMessageContaining("trees 0");
        assertThatThrownBy(() -> Fanova.of().withObjective(1).shares(trials(false), DOWN)).hasMessageContaining("objective 1");
        assertThatThrownBy(() -> Importance.named("shap")).hasMessageContaining("ped-anova, fanova");
    }

    private interface Surface {
        double at(double x, double y, long z);
    }

    private static List<TrialView> made(Surface surface) {
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 200; i++) {
            double x = fraction((i + 1) * 0.6180339887), y = fraction((i + 1) * 0.7548776662);
            var z = i * 7L % 3;
            trials.add(TrialView.running(i).withParam("x", Real.of(0, 1), x).withParam("y", Real.of(0, 1), y).withParam("z", Choice.of(0, 1, 2), z)
                    .ended(TrialState.COMPLETE, surface.at(x, y, z)));
        }
        return trials;
    }
}
