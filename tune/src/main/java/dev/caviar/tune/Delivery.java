package dev.caviar.tune;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Hands finished trials to listeners in the order of the search, each once.
final class Delivery {
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Consumer<TrialView>> listeners = new ArrayList<>();
    private final BitSet done = new BitSet();
    private volatile boolean wanted;

    boolean wanted() {
        return wanted;
    }

    void add(Consumer<TrialView> listener, List<TrialView> before) {
        lock.lock();
        try {
            if (!wanted) for (var trial : before) if (trial.state().finished()) done.set(trial.number());
            listeners.add(listener);
            wanted = true;
        } finally {
            lock.unlock();
        }
    }

    /// Delivers what is next in order; with `all`, also what would have to wait for a trial that is not finished.
    void deliver(Supplier<List<TrialView>> trials, boolean all) {
        lock.lock();
        try {
            for (var trial : latest(trials.get())) {
                if (trial.counts()) {
                    if (done.get(trial.number())) continue;
                    done.set(trial.number());
                    for (var listener : listeners) listener.accept(trial);
                } else if (!all && Owner.of(trial) != null && (trial.state() == TrialState.RUNNING || trial.cutOff())) {
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    // By slot, without the cut-off trials for which another was begun.
    private static List<TrialView> latest(List<TrialView> trials) {
        var retried = new BitSet();
        for (var trial : trials) trial.retryOf().ifPresent(retried::set);
        var latest = new ArrayList<TrialView>();
        for (var trial : trials) if (!retried.get(trial.number())) latest.add(trial);
        latest.sort(Comparator.comparingInt(TrialView::slot));
        return latest;
    }
}
