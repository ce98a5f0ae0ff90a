package dev.caviar.tune;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.TrialFinishedException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Who looks after which running trial: keeps those of this process alive to others, and ends those that dead processes left behind.
final class Custody {
    private static final System.Logger LOG = System.getLogger(Study.class.getName());
    private static final long LOOK_NANOS = 1_000_000_000;

    private final Storage storage;
    private final String study;
    private final Retries retries;
    private final Owner owner = Owner.self();
    private final Map<Integer, Trial> running = new ConcurrentHashMap<>();
    private final Set<Integer> byHand = ConcurrentHashMap.newKeySet();
    private volatile long lookedForDead;
    private volatile @Nullable Heartbeat beat;

    Custody(Storage storage, String study, Retries retries) {
        this.storage = storage;
        this.study = study;
        this.retries = retries;
    }

    /// Who we are; with a promise to beat while an executor runs.
    Owner owner() {
        return beat == null ? owner : owner.beating();
    }

    void began(Trial trial) {
        owner.reopen();
        running.put(trial.number(), trial);
    }

    void ended(int number) {
        running.remove(number);
        byHand.remove(number);
    }

    /// Nobody else tells how this trial ends, and so nobody may wait for it.
    void byHand(int number) {
        byHand.add(number);
    }

    /// How this trial ended could not be stored: nobody here waits for it, and it is cut off as soon as that can be.
    void abandon(int number) {
        byHand(number);
        owner.abandon(number);
    }

    boolean waitsForHand(TrialView trial) {
        return byHand.contains(trial.number());
    }

    /// Cuts off what was asked for here and never told. What cannot even be cut off now is nobody's: whoever opens the study next does it.
    void close(Consumer<Trial> cutOff) {
        try {
            for (var trial : running()) {
                try {
                    cutOff.accept(trial);
                } catch (TrialFinishedException e) {
                    ended(trial.number());
                }
            }
        } finally {
            owner.close();
        }
    }

    private List<Trial> running() {
        return List.copyOf(running.values());
    }

    Heartbeat beating() {
        var beating = new Heartbeat(this::beat);
        beat = beating;
        return beating;
    }

    void silent() {
        beat = null;
    }

    /// Tells other machines that the running trials are still being worked on. Leaves the trials' own views alone: they belong to other threads.
    void beat() {
        for (var number : running.keySet()) {
            try {
                storage.append(study, number, List.of(new Event.SystemAttribute(TrialView.HEARTBEAT, Instant.now().toString())));
            } catch (StorageException e) {
                LOG.log(System.Logger.Level.DEBUG, "No heartbeat of trial {0}: {1}", number, e.getMessage());    // it may just have ended
            }
        }
    }

    void cutOffDeadNowAndThen() {
        if (System.nanoTime() - lookedForDead > LOOK_NANOS) cutOffDead();
    }

    /// Ends what dead processes left running, so that it is run again, as often as that is allowed.
    void cutOffDead() {
        lookedForDead = System.nanoTime();
        var foreign = new ArrayList<TrialView>();
        for (var trial : storage.tally(study).open()) {
            var other = Owner.of(trial);
            if (trial.state() != TrialState.RUNNING) continue;
            if (other == null) foreign.add(trial);
            if (other == null || !other.dead(trial, Instant.now())) continue;
            try {
                storage.append(study, trial.number(), failed(trial, "The process that ran it ended or fell silent.", retries.stale()));
            } catch (TrialFinishedException e) {
                LOG.log(System.Logger.Level.DEBUG, e.getMessage());    // another process noticed it too
            }
            if (other.sameAs(owner)) ended(trial.number());
        }
        if (!foreign.isEmpty()) endSilent(foreign);
    }

    // As Optuna does with trials of its own that stopped beating: they count as failed, and are queued again.
    private void endSilent(List<TrialView> foreign) {
        var silent = storage.silent(study, retries.silence());
        for (var trial : foreign) {
            if (!silent.contains(trial.number())) continue;
            try {
                var ended = storage.append(study, trial.number(), List.of(Event.End.failed()));
                Turn.retry(ended, retries.stale()).ifPresent(again -> storage.add(study, again));
            } catch (TrialFinishedException e) {
                LOG.log(System.Logger.Level.DEBUG, e.getMessage());
            }
        }
    }

    /// How a trial ends that failed for this reason: to be run again where that is allowed.
    List<Event> failed(TrialView trial, String reason) {
        return failed(trial, reason, retries.failed());
    }

    private static List<Event> failed(TrialView trial, String reason, int limit) {
        var error = new Event.SystemAttribute(TrialView.ERROR, reason);
        if (trial.attempts() >= limit) return List.of(error, Event.End.failed());
        return List.of(error, new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed());
    }
}
