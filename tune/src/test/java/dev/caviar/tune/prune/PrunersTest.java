package dev.caviar.tune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.TrialPruned;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PrunersTest {
    /// Random searches, NaN and infinite reports among them, with every verdict of Optuna 5.0.0: see pruner_cases.py.
    @Test
    void everyVerdictIsOptunas() throws IOException {
        var stops = new TreeMap<String, Integer>();
        try (var in = PrunersTest.class.getResourceAsStream("pruners.json")) {
            var cases = (List<?>) Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            for (var item : cases) replay((Map<?, ?>) item, stops);
            assertThat(cases).hasSize(240);
        }
        assertThat(stops).containsOnlyKeys("percentile", "patient", "threshold", "halving", "hyperband", "wilcoxon").allSatisfy((kind, count) -> assertThat(count).isGreaterThan(10));
    }

    private static void replay(Map<?, ?> map, Map<String, Integer> stops) {
        var settings = (List<?>) map.get("pruner");
        var pruner = pruner(settings, (String) map.get("study"));
        var directions = List.of(Direction.valueOf((String) map.get("direction")));
        var past = new ArrayList<TrialView>();
        for (var item : (List<?>) map.get("trials")) {
            var trial = (Map<?, ?>) item;
            var view = TrialView.running(past.size());
            for (var report : (List<?>) trial.get("reports")) {
                var parts = (List<?>) report;
                view = view.withReport(((Long) parts.get(0)).intValue(), ((Number) parts.get(1)).doubleValue());
                if (!(parts.get(2) instanceof Boolean stop)) continue;
                var history = new History(past, directions);
                if (pruner.judge(history, view) != (stop ? Verdict.STOP : Verdict.CONTINUE)) fail("%s should %s %s after %s", settings, stop ? "stop" : "leave", view, past);
                if (stop) stops.merge((String) settings.getFirst(), 1, Integer::sum);
                for (var note : pruner.notes(history, view).entrySet()) view = view.withSystemAttribute(note.getKey(), note.getValue());
            }
            var state = TrialState.valueOf((String) trial.get("state"));
            past.add(state == TrialState.COMPLETE ? view.ended(state, ((Number) trial.get("value")).doubleValue()) : view.ended(state));
        }
    }

    private static Pruner pruner(List<?> settings, String study) {
        var numbers = settings.stream().mapToDouble(value -> value instanceof Number number ? number.doubleValue() : 0).toArray();
        var whole = settings.stream().mapToInt(value -> value instanceof Number number ? number.intValue() : 0).toArray();
        return switch ((String) settings.getFirst()) {
            case "percentile" -> new PercentilePruner(numbers[1], whole[2], whole[3], whole[4], whole[5]);
            case "patient" -> new PatientPruner(Boolean.TRUE.equals(settings.get(3)) ? MedianPruner.of().withStartupTrials(1) : null, whole[1], numbers[2]);
            case "threshold" -> new ThresholdPruner(numbers[1], numbers[2], whole[3], whole[4]);
            case "halving" -> new SuccessiveHalvingPruner(whole[1], whole[2], whole[3], whole[4]);
            case "hyperband" -> new HyperbandPruner(study, whole[1], whole[2], whole[3], 0);
            default -> new WilcoxonPruner(numbers[1], whole[2]);
        };
    }

    @Test
    void halvingLeavesOnlyTheBestToTheEndAndKeepsItsRungsWithTheTrials() {
        var study = Study.inMemory(StudyOptions.of("halving").withPruner(SuccessiveHalvingPruner.of().withMinResource(1).withReduction(3)));
        study.optimize(trial -> {
            var level = trial.real("x", 0, 1);
            for (var step = 1; step <= 9; step++) {
                trial.report(step, level + 1.0 / step);
                if (trial.shouldPrune()) throw new TrialPruned();
            }
            return level;
        }, Budget.trials(60));
        var tally = study.tally();
        assertThat(tally.complete()).isBetween(1, 25);
        assertThat(tally.complete() + tally.pruned()).isEqualTo(60);
        var best = study.trials().stream().min(Comparator.comparingDouble(trial -> (double) trial.params().get("x"))).orElseThrow();
        assertThat(best.state()).isEqualTo(TrialState.COMPLETE);
        assertThat(best.systemAttributes()).containsKeys("completed_rung_0", "completed_rung_1", "completed_rung_2").doesNotContainKey("completed_rung_3");
    }

    @Test
    void inHyperbandEveryTrialSeesOnlyItsOwnBracket() {
        var hyperband = HyperbandPruner.of("s").withMaxResource(27);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < 200; i++) trials.add(TrialView.running(i).ended(TrialState.COMPLETE, 0.0));
        var past = new History(trials, List.of(Direction.MINIMIZE));
        var sizes = trials.stream().map(trial -> hyperband.seen(past, trial).trials()).distinct().mapToInt(List::size).sorted().toArray();
        assertThat(sizes).hasSize(4);
        assertThat(sizes[0] + sizes[1] + sizes[2] + sizes[3]).isEqualTo(200);
        assertThat(trials).allMatch(trial -> hyperband.seen(past, trial).trials().contains(trial));
    }

    @Test
    void ofSeveralObjectivesATrialThatIsLeftBehindInAllIsStopped() {
        var study = Study.inMemory(StudyOptions.of("two").withDirections(Direction.MINIMIZE, Direction.MAXIMIZE).withPruner(ParetoPruner.of().withPercentile(25)));
        study.optimize(Objective.several(trial -> {
            double x = trial.real("x", 0, 1), waste = trial.choice("waste", 0.0, 1.0);
            trial.report(0, x + waste, x - waste);
            if (trial.shouldPrune()) throw new TrialPruned();
            return List.of(x + waste, x - waste);
        }), Budget.trials(60));
        var stopped = study.trials().stream().filter(trial -> trial.state() == TrialState.PRUNED).toList();
        assertThat(stopped).hasSizeGreaterThan(15).allMatch(trial -> trial.params().get("waste").equals(1.0));
    }

    @Test
    void namesAndBadSettings() {
        for (var name : Pruners.names()) assertThat(Pruners.named(name, "s")).isEqualTo(Pruners.named(name, "s"));
        assertThatThrownBy(() -> Pruners.named("medium", "s")).hasMessageContaining("\"medium\"").hasMessageContaining("median");
        assertThatThrownBy(() -> PercentilePruner.of(101)).hasMessageContaining("percentile 101");
        assertThatThrownBy(() -> SuccessiveHalvingPruner.of().withBootstrap(1)).hasMessageContaining("least resource");
        assertThatThrownBy(() -> HyperbandPruner.of("s").withReduction(1)).hasMessageContaining("reduction 1");
        assertThatThrownBy(() -> new ThresholdPruner(2, 1, 0, 1)).hasMessageContaining("from 2.0 to 1.0");
        assertThatThrownBy(() -> PatientPruner.of(-1)).hasMessageContaining("patience -1");
        assertThatThrownBy(() -> WilcoxonPruner.of().withThreshold(2)).hasMessageContaining("threshold 2");
        assertThatThrownBy(() -> ParetoPruner.of().withMinTrials(0)).hasMessageContaining("at least 0");
    }
}
