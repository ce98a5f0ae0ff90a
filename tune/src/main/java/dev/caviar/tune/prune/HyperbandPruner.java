package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;

/// Several [SuccessiveHalvingPruner]s side by side, of which one begins to stop trials at once and the last never does.
///
/// A trial belongs to the bracket that the CRC32 of `STUDY_SLOT` falls into, as in Optuna (whose numbers are our slots but for trials that run
/// again what was cut off); it is judged by, and its setting is proposed after, the trials of its own bracket only. Without a greatest resource
/// it is one more than the last step of the first complete trial that reported. See Li et al., "Hyperband: A novel bandit-based approach to
/// hyperparameter optimization", JMLR 2018, algorithm 1.
///
/// ```java
/// Pruner hyperband = HyperbandPruner.of("mnist").withMaxResource(27);    // 4 brackets: 1, 3, 9 and 27 steps at least
/// ```
///
/// @param study       the study's name
/// @param minResource the step of the first rung of the first bracket, 1 or more
/// @param maxResource how many steps a trial has; 0 to find it from the first complete trial
/// @param reduction   how many times later the next rung is, 2 or more
/// @param bootstrap   so many trials must have come to a rung before any goes on from it
public record HyperbandPruner(String study, int minResource, int maxResource, int reduction, int bootstrap) implements Pruner {
    public HyperbandPruner {
        if (minResource < 1 || maxResource != 0 && maxResource < minResource || reduction < 2 || bootstrap < 0)
            throw new IllegalArgumentException("HyperbandPruner(from " + minResource + " to " + maxResource + ", reduction " + reduction + ", bootstrap " + bootstrap
                    + "): the least resource must be 1 or more and not above the greatest, the reduction 2 or more, the bootstrap 0 or more.");
        if (maxResource == 0 && bootstrap > 0)
            throw new IllegalArgumentException("HyperbandPruner(bootstrap " + bootstrap + "): without a greatest resource nobody could be the first to go on."
                    + "\nMaybe give the greatest resource.");
    }

    /// Optuna's settings: from step 1 to what is found, 3 times as much from rung to rung, no bootstrap.
    public static HyperbandPruner of(String study) {
        return new HyperbandPruner(study, 1, 0, 3, 0);
    }

    /// The same with another step of the first rung.
    public HyperbandPruner withMinResource(int step) {
        return new HyperbandPruner(study, step, maxResource, reduction, bootstrap);
    }

    /// The same with a known number of steps.
    public HyperbandPruner withMaxResource(int steps) {
        return new HyperbandPruner(study, minResource, steps, reduction, bootstrap);
    }

    /// The same with another factor between rungs.
    public HyperbandPruner withReduction(int factor) {
        return new HyperbandPruner(study, minResource, maxResource, factor, bootstrap);
    }

    @Override
    public Verdict judge(History past, TrialView running) {
        var brackets = brackets(past);
        if (brackets == 0) return Verdict.CONTINUE;
        return halving(bracket(running, brackets)).judge(seen(past, running), running);
    }

    @Override
    public Map<String, Double> notes(History past, TrialView running) {
        var brackets = brackets(past);
        if (brackets == 0) return Map.of();
        return halving(bracket(running, brackets)).notes(seen(past, running), running);
    }

    @Override
    public History seen(History past, TrialView trial) {
        var brackets = brackets(past);
        if (brackets == 0) return past;
        var own = bracket(trial, brackets);
        Predicate<TrialView> together = other -> bracket(other, brackets) == own;
        return new History(past.trials().stream().filter(together).toList(), past.directions(), past.pending().stream().filter(together).toList());
    }

    private SuccessiveHalvingPruner halving(int bracket) {
        return new SuccessiveHalvingPruner(minResource, reduction, bracket, bootstrap);
    }

    // None where trials are shorter than the first rung, or where it is not yet known how long they are.
    private int brackets(History past) {
        var steps = maxResource > 0 ? maxResource : SuccessiveHalvingPruner.firstLastStep(past).orElse(-1) + 1;
        if (steps == 0) return 0;
        return Math.max(0, (int) Math.floor(Math.log((double) steps / minResource) / Math.log(reduction)) + 1);
    }

    private int bracket(TrialView trial, int brackets) {
        var crc = new CRC32();
        crc.update((study + "_" + trial.slot()).getBytes(StandardCharsets.UTF_8));
        var total = 0L;
        for (var bracket = 0; bracket < brackets; bracket++) total += share(bracket, brackets);
        var place = crc.getValue() % total;
        var bracket = 0;
        while ((place -= share(bracket, brackets)) >= 0) bracket++;
        return bracket;
    }

    private long share(int bracket, int brackets) {
        var after = brackets - 1 - bracket;
        return (long) Math.ceil(brackets * Math.pow(reduction, after) / (after + 1));
    }
}
