package dev.caviar.lab.plot;

import dev.caviar.tune.Study;
import dev.caviar.tune.importance.Fanova;
import dev.caviar.tune.importance.Importance;
import dev.caviar.tune.importance.PedAnova;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What page and pictures say alike of a study: its parameters, the names of its values, and what mattered.
final class StudyFacts {
    // Forests over more trials take long and tell no more.
    private static final int FOREST = 2_000, PAIRS = 12, PAIR_TREES = 16;

    private StudyFacts() {}

    /// Shares of the parameters by two methods, and of the pairs beyond their two alone; no pairs where there are too many.
    record Shares(Map<String, Double> pedAnova, Map<String, Double> fanova, Map<String, Double> pairs) {}

    /// Optuna's own place for names, else the metric of a search here.
    static List<String> metrics(StudyView study) {
        var names = new ArrayList<String>();
        for (var i = 0; i < study.directions().size(); i++) names.add(metric(study, i));
        return names;
    }

    private static String metric(StudyView study, int objective) {
        if (study.systemAttributes().get("study:metric_names") instanceof List<?> names && names.size() > objective) return String.valueOf(names.get(objective));
        if (study.directions().size() == 1 && study.systemAttributes().get(Study.JOB) instanceof Map<?, ?> job && job.get("metric") instanceof String metric)
            return "validation " + metric;
        return study.directions().size() == 1 ? "value" : "value " + objective;
    }

    /// The parameters that the trials have, with the conditions of the study's own space where that is known.
    static Space space(StudyView study, List<TrialView> trials) {
        var params = new LinkedHashMap<String, Param>();
        if (study.systemAttributes().get(Study.SPACE) instanceof String text) for (var param : Space.parse(text).params()) params.put(param.name(), param);
        for (var trial : trials)
            trial.space().forEach((name, dist) -> params.merge(name, Param.of(name, dist), (known, more) ->
                    new Param(name, wider(known.dist(), more.dist()), known.when(), known.tier(), null)));
        params.keySet().retainAll(Importance.names(trials));
        return new Space(params.values().stream().map(param -> params.keySet().containsAll(param.when().keySet()) ? param : Param.of(param.name(), param.dist())).toList());
    }

    // Where a range changed in the course of a study, the axis holds all.
    private static Dist wider(Dist known, Dist other) {
        return switch (known) {
            case Real(var low, var high, var scale, var _) when other instanceof Real more && more.scale() == scale && (more.low() < low || more.high() > high) ->
                    Real.of(Math.min(low, more.low()), Math.max(high, more.high()), scale);
            case Whole(var low, var high, var scale, var _) when other instanceof Whole more && more.scale() == scale && (more.low() < low || more.high() > high) ->
                    Whole.of(Math.min(low, more.low()), Math.max(high, more.high()), scale);
            default -> known;
        };
    }

    /// The trials of which importance can be told: finite values, and parameters within what they say they were taken from.
    static List<TrialView> measurable(List<TrialView> trials) {
        return Importance.measurable(trials).stream().filter(trial -> trial.params().entrySet().stream()
                .allMatch(param -> trial.space().containsKey(param.getKey()) && trial.space().get(param.getKey()).contains(param.getValue()))).toList();
    }

    /// What mattered; nothing where fewer than two trials can be measured.
    static Shares shares(List<TrialView> trials, List<Direction> directions) {
        var known = measurable(trials);
        if (known.size() < 2 || Importance.names(known).isEmpty()) return new Shares(Map.of(), Map.of(), Map.of());
        var forest = known.subList(Math.max(0, known.size() - FOREST), known.size());
        var pairs = new LinkedHashMap<String, Double>();
        if (Importance.names(known).size() <= PAIRS)
            Fanova.of().withTrees(PAIR_TREES).interactions(forest).entrySet().stream().limit(PAIRS)
                    .forEach(pair -> pairs.put(pair.getKey().first() + " × " + pair.getKey().second(), pair.getValue()));
        return new Shares(PedAnova.of().shares(known, directions), Fanova.of().shares(forest, directions), pairs);
    }
}
