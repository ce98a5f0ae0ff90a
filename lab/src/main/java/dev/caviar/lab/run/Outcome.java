package dev.caviar.lab.run;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a search found.
///
/// ```java
/// Outcome outcome = Search.of(DataSource.of("digits").load()).withTrials(5).withEpochs(3).run();
/// System.out.println(outcome.count(TrialState.COMPLETE) + " complete, best " + outcome.best().map(TrialView::params));
/// ```
///
/// @param study     the name of the study
/// @param direction whether small or large values are good
/// @param trials    all trials by number, those of other processes and programs included
/// @param hidden    the numbers of those that somebody hid: they are never the best
/// @param stopped   whether the search was ended from outside
/// @param time      how long this run of it took
public record Outcome(String study, Direction direction, List<TrialView> trials, Set<Integer> hidden, boolean stopped, Duration time) {
    public Outcome {
        trials = List.copyOf(trials);
        hidden = Set.copyOf(hidden);
    }

    /// The trials that nobody hid.
    public List<TrialView> visible() {
        return trials.stream().filter(trial -> !hidden.contains(trial.number())).toList();
    }

    /// The complete trials, best first.
    public List<TrialView> ranked() {
        return TrialView.ranked(visible(), direction);
    }

    /// The complete trial with the best value.
    public Optional<TrialView> best() {
        return ranked().stream().findFirst();
    }

    /// How many trials ended so, cut-off ones left out.
    public int count(TrialState state) {
        return (int) trials.stream().filter(trial -> trial.counts() && trial.state() == state).count();
    }

    /// What `summary.json` holds: study, counts, best, test (null without a champion), seconds (of this run, a champion's training included).
    public Map<String, @Nullable Object> summary(@Nullable Champion champion, double seconds) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("study", study);
        map.put("trials", count(TrialState.COMPLETE) + count(TrialState.PRUNED) + count(TrialState.FAIL));
        map.put("complete", count(TrialState.COMPLETE));
        map.put("pruned", count(TrialState.PRUNED));
        map.put("failed", count(TrialState.FAIL));
        map.put("best", best().map(Outcome::summary).orElse(null));
        map.put("test", champion == null ? null : champion.test().summary());
        map.put("seconds", seconds);
        return map;
    }

    private static Map<String, @Nullable Object> summary(TrialView trial) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", trial.number());
        map.put("value", trial.value().orElseThrow());
        map.put("params", trial.params());
        return map;
    }
}
