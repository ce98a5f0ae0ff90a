package dev.caviar.tune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// When a search is over: at the first of its conditions that holds.
///
/// Conditions on values look at what the next trial may see (the lag), so that the same seed stops at the same trial with any number of workers.
///
/// ```java
/// var budget = Budget.trials(50).within(Duration.ofMinutes(10)).withTarget(0.99).withPatience(20);
/// assert !budget.over();
/// ```
///
/// @param trials   how many finished trials the study shall have in all, those of other programs and earlier runs included; at least 1
/// @param deadline after which no trial begins; null for none
/// @param target   a value that is good enough; null for none
/// @param patience after how many finished trials without a better one the search ends; 0 for never
public record Budget(int trials, @Nullable Instant deadline, @Nullable Double target, int patience) {
    public Budget {
        if (trials < 1) throw new IllegalArgumentException("Budget(" + trials + "): a search needs at least 1 trial.");
        if (target != null && target.isNaN()) throw new IllegalArgumentException("withTarget(NaN): a target is a number.");
        if (patience < 0) throw new IllegalArgumentException("withPatience(" + patience + "): a number of trials is 0 or more.");
    }

    /// Until the study has so many finished trials.
    public static Budget trials(int trials) {
        return new Budget(trials, null, null, 0);
    }

    /// However many trials begin within this time from now.
    public static Budget time(Duration time) {
        return trials(Integer.MAX_VALUE).within(time);
    }

    /// The same, and no trial begins later than this time from now.
    public Budget within(Duration time) {
        if (time.isNegative()) throw new IllegalArgumentException("within(" + time + "): a search needs time.");
        return new Budget(trials, Instant.now().plus(time), target, patience);
    }

    /// The same, and no trial begins after one that is at least as good as this; for studies with one objective.
    public Budget withTarget(double target) {
        return new Budget(trials, deadline, target, patience);
    }

    /// The same, and no trial begins after so many finished ones of which none was better than all before; with several objectives, of which
    /// none was undominated by all before.
    public Budget withPatience(int patience) {
        return new Budget(trials, deadline, target, patience);
    }

    /// Whether the deadline is past.
    public boolean over() {
        return deadline != null && !Instant.now().isBefore(deadline);
    }

    /// Whether it matters what trials were worth.
    boolean usesHistory() {
        return target != null || patience > 0;
    }

    /// Whether a condition on values holds after these trials.
    boolean met(History past) {
        if (target != null && past.best().isPresent() && !past.direction().better(target, past.best().get().value().orElseThrow())) return true;
        return patience > 0 && past.trials().size() - lastImprovement(past) >= patience;
    }

    // The place, from 1, of the last trial that was better than all before it; 0 where there is none.
    private static int lastImprovement(History past) {
        var front = new ArrayList<double[]>();
        var last = 0;
        for (var i = 0; i < past.trials().size(); i++) {
            var trial = past.trials().get(i);
            if (trial.state() != TrialState.COMPLETE || trial.values().size() != past.directions().size() || trial.violation() > 0) continue;
            var losses = Pareto.losses(trial, past.directions());
            if (front.stream().anyMatch(other -> Arrays.equals(other, losses) || Pareto.dominates(other, losses))) continue;
            front.removeIf(other -> Pareto.dominates(losses, other));
            front.add(losses);
            last = i + 1;
        }
        return last;
    }
}
