package dev.caviar.tune;

import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Lets a trial begin when the budget has room and all that it must see is finished.
final class Gate {
    private final Study study;
    private final Custody custody;
    private final Budget budget;
    private final boolean usesHistory;
    private final boolean proposesJointly;
    private final List<TrialView> known;
    private final int finished;
    private boolean done;

    Gate(Study study, Custody custody, Budget budget) {
        this.study = study;
        this.custody = custody;
        this.budget = budget;
        this.usesHistory = study.usesHistory() || budget.usesHistory();
        this.proposesJointly = study.sampler().usesHistory() && study.space() != null && !study.space().params().isEmpty();
        this.finished = budget.usesHistory() ? study.tally().finished() : 0;
        this.known = budget.usesHistory() ? study.visible() : List.of();
    }

    /// Whether nothing will begin any more, as far as this budget goes.
    boolean done() {
        return done;
    }

    Optional<Turn> choose(Tally tally) {
        if (tally.finished() >= budget.trials()) return stopHere(true);
        var open = 0;
        var waitedFor = new ArrayList<TrialView>();
        for (var trial : tally.open()) {
            if (Owner.of(trial) == null) continue;
            open++;
            // Trials asked for by hand end when their owner says so: nobody waits for them.
            if (!custody.waitsForHand(trial)) waitedFor.add(trial);
        }
        if (tally.finished() + open >= budget.trials()) return stopHere(waitedFor.isEmpty());
        var turn = Turn.next(tally);
        var size = study.sampler().size();
        if (size.isPresent() && turn.waiting() == null && turn.order() >= size.getAsInt()) return stopHere(waitedFor.isEmpty());
        if (usesHistory && study.lag() > 0 && waitedFor.stream().anyMatch(trial -> mustSee(turn.slot(), trial))) return stopHere(false);
        if (budget.usesHistory()) {
            if (finished < tally.finished()) return stopHere(false);    // some ended since we looked: look again
            if (budget.met(study.past(known, turn.slot()))) return stopHere(true);
        }
        return Optional.of(turn);
    }

    // How an older trial ended, and of the younger ones below what they try, as far as that is chosen when they begin.
    private boolean mustSee(int slot, TrialView open) {
        if (open.slot() <= slot - study.lag()) return true;
        return open.slot() < slot && open.params().isEmpty() && proposesJointly;
    }

    private Optional<Turn> stopHere(boolean forGood) {
        done = forGood;
        return Optional.empty();
    }
}
