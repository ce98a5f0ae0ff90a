package dev.caviar.tune.prune;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/// Asynchronous successive halving: at steps that grow by a factor, only the best share of the trials that ever came so far goes on.
///
/// The rung at step `minResource * reduction^(skipped + k)` keeps its value as system attribute `completed_rung_k`, as Optuna does, and a trial
/// goes on with a value among the best `1 / reduction` of those there. A NaN at a rung is stopped, and a stopped trial is never taken up again.
/// Without a least resource it is a hundredth of the last step of the first complete trial that reported, and nobody is stopped before.
/// See Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2 (here the stopping form).
///
/// ```java
/// Pruner asha = SuccessiveHalvingPruner.of().withMinResource(1).withReduction(3);
/// ```
///
/// @param minResource the step of the first rung, 1 or more; 0 to find it from the first complete trial
/// @param reduction   how many times later the next rung is, and which part goes on, 2 or more
/// @param skipped     how many rungs are left out at the beginning, 0 or more; Optuna's `min_early_stopping_rate`
/// @param bootstrap   so many trials must have come to a rung before any goes on from it
public record SuccessiveHalvingPruner(int minResource, int reduction, int skipped, int bootstrap) implements Pruner {
    private static final String RUNG = "completed_rung_";

    public SuccessiveHalvingPruner {
        if (minResource < 0 || reduction < 2 || skipped < 0 || bootstrap < 0)
            throw new IllegalArgumentException("SuccessiveHalvingPruner(least resource " + minResource + ", reduction " + reduction + ", skipped rungs " + skipped
                    + ", bootstrap " + bootstrap + "): the reduction must be 2 or more, the others 0 or more.");
        if (minResource == 0 && bootstrap > 0)
            throw new IllegalArgumentException("SuccessiveHalvingPruner(bootstrap " + bootstrap + "): without a least resource nobody could be the first to go on."
                    + "\nMaybe give the least resource.");
    }

    /// Optuna's settings: the least resource is found, 4 times as much from rung to rung, none skipped, no bootstrap.
    public static SuccessiveHalvingPruner of() {
        return new SuccessiveHalvingPruner(0, 4, 0, 0);
    }

    /// The same with a known step of the first rung.
    public SuccessiveHalvingPruner withMinResource(int step) {
        return new SuccessiveHalvingPruner(step, reduction, skipped, bootstrap);
    }

    /// The same with another factor between rungs.
    public SuccessiveHalvingPruner withReduction(int factor) {
        return new SuccessiveHalvingPruner(minResource, factor, skipped, bootstrap);
    }

    /// The same without so many of the first rungs.
    public SuccessiveHalvingPruner withSkipped(int rungs) {
        return new SuccessiveHalvingPruner(minResource, reduction, rungs, bootstrap);
    }

    /// The same with another number of trials that must come to a rung before any goes on.
    public SuccessiveHalvingPruner withBootstrap(int trials) {
        return new SuccessiveHalvingPruner(minResource, reduction, skipped, trials);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        return climb(past, running).verdict;
    }

    @Override
    public Map<String, Double> notes(History past, TrialView running) {
        return climb(past, running).rungs;
    }

    private record Climb(Verdict verdict, Map<String, Double> rungs) {}

    private Climb climb(History past, TrialView running) {
        var rungs = new LinkedHashMap<String, Double>();
        var last = running.lastStep();
        var least = minResource > 0 ? minResource : firstLastStep(past).stream().map(step -> Math.max(step / 100, 1)).findFirst().orElse(0);
        if (last.isEmpty() || least == 0) return new Climb(Verdict.CONTINUE, rungs);
        double value = running.reports().get(last.getAsInt());
        for (var rung = 0;; rung++) {
            var key = RUNG + rung;
            if (running.systemAttributes().containsKey(key)) continue;
            if (last.getAsInt() < least * Math.pow(reduction, skipped + rung)) return new Climb(Verdict.CONTINUE, rungs);
            if (Double.isNaN(value)) return new Climb(Verdict.STOP, rungs);
            rungs.put(key, value);
            if (!goesOn(past, key, value)) return new Climb(Verdict.STOP, rungs);
        }
    }

    private boolean goesOn(History past, String key, double value) {
        var sign = past.direction() == Direction.MINIMIZE ? 1 : -1;
        var losses = new ArrayList<Double>();
        for (var trial : past.trials()) if (trial.systemAttributes().get(key) instanceof Number known) losses.add(sign * known.doubleValue());
        losses.add(sign * value);
        losses.sort(null);
        return losses.size() > bootstrap && sign * value <= losses.get(Math.max(losses.size() / reduction - 1, 0));
    }

    /// The last step of the first complete trial that reported: how long a trial is.
    static OptionalInt firstLastStep(History past) {
        for (var trial : past.complete()) if (trial.lastStep().isPresent()) return trial.lastStep();
        return OptionalInt.empty();
    }
}
