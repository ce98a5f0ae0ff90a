package dev.caviar.tune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a new study knows from an older one: the older one's best settings are tried first, and its trials are shown to the sampler as if they
/// had come before.
///
/// What trials were worth there is translated by rank: the older study's median counts as the median of what the new one has seen, so that
/// another data set with another level of loss does no harm. Up to 200 trials are kept, evenly over the ranks.
///
/// ```java
/// try (var storage = Storages.open("memory"); var old = Study.create(storage, StudyOptions.of("small data").withSeed(1))) {
///     old.optimize(trial -> Math.abs(trial.real("x", -10, 10) - 3), Budget.trials(30));
///     var options = StudyOptions.of("all data").withWarmStart(WarmStart.from(storage, "small data", 3));
///     try (var study = Study.create(storage, options)) {
///         study.optimize(trial -> Math.abs(trial.real("x", -10, 10) - 4), Budget.trials(10));
///     }
/// }
/// ```
///
/// @param trials what is shown to the sampler, best first
/// @param best   settings to try first
public record WarmStart(List<TrialView> trials, List<TrialView> best) {
    private static final int MOST = 200;

    public WarmStart {
        trials = List.copyOf(trials);
        best = List.copyOf(best);
    }

    /// The best `points` settings of a study (of several objectives: from the Pareto front inwards), and its trials. Throws [StorageException]
    /// where the study does not exist.
    public static WarmStart from(Storage storage, String study, int points) {
        if (points < 0) throw new IllegalArgumentException("WarmStart.from(\"" + study + "\", " + points + "): a number of points is 0 or more.");
        var trials = storage.trials(study);
        var view = storage.study(study);
        var ranked = ranked(trials, view.directions(), Notes.of(storage, study).hidden());
        return new WarmStart(spread(ranked), ranked.subList(0, Math.min(points, ranked.size())));
    }

    private static List<TrialView> ranked(List<TrialView> trials, List<Direction> directions, Set<Integer> hidden) {
        var seen = trials.stream().filter(trial -> !hidden.contains(trial.number())).toList();
        if (directions.size() == 1) return TrialView.ranked(seen, directions.getFirst());
        var left = new ArrayList<>(seen.stream().filter(trial -> trial.state() == TrialState.COMPLETE).toList());
        var ranked = new ArrayList<TrialView>();
        for (var front = Pareto.front(left, directions); !front.isEmpty(); front = Pareto.front(left, directions)) {
            ranked.addAll(front);
            left.removeAll(front);
        }
        return ranked;
    }

    private static List<TrialView> spread(List<TrialView> ranked) {
        if (ranked.size() <= MOST) return ranked;
        var some = new ArrayList<TrialView>();
        for (var i = 0; i < MOST; i++) some.add(ranked.get((int) ((long) i * (ranked.size() - 1) / (MOST - 1))));
        return some;
    }

    /// The directions fit where every trial has as many values.
    void check(String study, List<Direction> directions) {
        for (var trial : trials)
            if (trial.values().size() != directions.size())
                throw new StorageException("Study \"" + study + "\" has " + directions.size() + " objectives, but trial " + trial.number()
                        + " of its warm start has " + trial.values().size() + " values.\nMaybe begin with a study of as many objectives.");
    }

    /// A history with these trials in front of it.
    static History before(List<TrialView> prior, History past) {
        if (prior.isEmpty()) return past;
        var all = new ArrayList<TrialView>();
        for (var i = 0; i < prior.size(); i++) {
            var values = new ArrayList<Double>();
            for (var objective = 0; objective < past.directions().size(); objective++) values.add(translated(prior, i, objective, past));
            var trial = prior.get(i);
            all.add(new TrialView(i - prior.size(), TrialState.COMPLETE, trial.params(), trial.space(), Map.of(), values, Map.of(), Map.of(),
                    null, null));
        }
        all.addAll(past.trials());
        return new History(all, past.directions(), past.pending());
    }

    // The value that stands at the same quantile of what the study has seen itself; as it is, where that is too little.
    private static double translated(List<TrialView> prior, int index, int objective, History past) {
        double value = prior.get(index).values().get(objective);
        var seen = past.complete().stream().mapToDouble(trial -> trial.values().get(objective)).sorted().toArray();
        if (seen.length < 2) return value;
        double below = 0;
        for (var other : prior) below += other.values().get(objective) < value ? 1 : other.values().get(objective) == value ? 0.5 : 0;
        var place = below / prior.size() * (seen.length - 1);
        int low = (int) place, high = Math.min(low + 1, seen.length - 1);
        return seen[low] == seen[high] ? seen[low] : seen[low] + (place - low) * (seen[high] - seen[low]);
    }
}
