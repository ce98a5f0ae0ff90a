package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.space.Whole;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TieredSamplerTest {
    private static final Space SPACE = Space.of(
            Param.of("units", Whole.of(1, 9)).withTier(2).withUsual(5),
            Param.of("rate", Real.log(1e-3, 1)),
            Param.of("optimizer", Choice.of("adam", "sgd")).withTier(2).withUsual("sgd"),
            Param.of("momentum", Real.of(0, 1)).when("optimizer", "sgd").withTier(3));

    private static List<TrialView> searched(int trials, int workers) {
        var options = StudyOptions.of("tiers").withSpace(SPACE).withSampler(new TieredSampler(new RandomSampler(), 4)).withSeed(5).withLag(2);
        try (var study = Study.inMemory(options)) {
            study.optimize(trial -> Math.abs(trial.real("rate") - 0.1) + Math.abs(trial.whole("units") - 3), Budget.trials(trials), Executor.threads(workers));
            return study.trials();
        }
    }

    private static Set<Object> values(List<TrialView> trials, String name) {
        return trials.stream().filter(trial -> trial.params().containsKey(name)).map(trial -> trial.params().get(name)).collect(Collectors.toSet());
    }

    @Test
    void eachTierIsTunedBesideTheBestOfThoseBefore() {
        var trials = searched(40, 1);
        var first = trials.subList(0, 4);       // 1 parameter of 4 trials
        assertThat(values(first, "rate")).hasSize(4);
        assertThat(values(first, "units")).containsExactly(5L);
        assertThat(values(first, "optimizer")).containsExactly("sgd");
        assertThat(values(first, "momentum")).containsExactly(0.5);

        var second = trials.subList(6, 12);     // 2 parameters; the first two still see too little of the first tier, by the lag
        assertThat(values(second, "units").size()).isGreaterThan(2);
        assertThat(values(second, "momentum")).containsExactly(0.5);
        for (var trial : second) {
            var seen = trials.subList(0, trial.number() - 1);
            assertThat(trial.params().get("rate")).isEqualTo(TrialView.ranked(seen, dev.caviar.tune.record.Direction.MINIMIZE).getFirst().params().get("rate"));
        }

        var last = trials.subList(16, 40);      // after the third tier all together
        assertThat(values(last, "rate")).hasSize(24);
        assertThat(values(last, "optimizer")).hasSize(2);
    }

    @Test
    void workersChangeNothing() {
        assertThat(searched(24, 2)).extracting(TrialView::params).isEqualTo(searched(24, 1).stream().map(TrialView::params).toList());
    }

    @Test
    void tiersSpreadOverThreeQuartersOfTheTrials() {
        var sampler = TieredSampler.over(new RandomSampler(), SPACE, 40);
        assertThat(sampler.perParameter()).isEqualTo(7);
        assertThat(sampler.tier(SPACE, 6)).isEqualTo(1);
        assertThat(sampler.tier(SPACE, 7)).isEqualTo(2);
        assertThat(sampler.tier(SPACE, 27)).isEqualTo(3);
        assertThat(sampler.tier(SPACE, 28)).isEqualTo(4);
        assertThat(Samplers.named("random", SPACE, 40)).isEqualTo(sampler);
        assertThat(Samplers.named("random", Preset.mnist().space(), 40)).isEqualTo(new RandomSampler());
    }

    /// The notes: learning rate, then momentum, batch size and units, then layers and decay, and Adam's own last.
    @Test
    void thePresetHasTheNotesOrder() {
        var tiers = Preset.tiers().space().params().stream().collect(Collectors.toMap(Param::name, Param::tier));
        assertThat(tiers).containsAllEntriesOf(Map.of("learning_rate", 1, "momentum", 2, "batch_size", 2, "units", 2, "layers", 3, "decay", 3, "beta1", 4, "beta2", 4, "epsilon", 4));
    }

    @Test
    void aSpaceFileSaysTierAndDefault() {
        var text = "{\"parameters\":[{\"name\":\"a\",\"type\":\"real\",\"low\":0,\"high\":1,\"tier\":2,\"default\":0.25}]}";
        assertThat(Space.parse(text).params()).containsExactly(Param.of("a", Real.of(0, 1)).withTier(2).withUsual(0.25));
        assertThat(Space.parse(Space.parse(text).json())).isEqualTo(Space.parse(text));
        assertThatThrownBy(() -> Space.parse(text.replace("0.25", "2"))).isInstanceOf(SpaceException.class).hasMessageContaining("key \"default\": 2 is not");
        assertThatThrownBy(() -> Space.parse(text.replace(":2,", ":0,"))).isInstanceOf(SpaceException.class).hasMessageContaining("line 1, parameter \"a\", key \"tier\"")
                .hasMessageContaining("between 1 and 9");
        assertThatThrownBy(() -> Space.parse(text.replace(":2,", ":\"x\","))).hasMessageContaining("needs a whole number");
    }
}
