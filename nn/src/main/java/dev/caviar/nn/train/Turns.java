package dev.caviar.nn.train;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// Who works on a model: one thread at a time, and while it fits, its callbacks with what does not disturb the steps.
final class Turns {
    private final ReentrantLock busy = new ReentrantLock();
    private boolean fitting;

    <T> T fitting(Supplier<T> work) {
        return undisturbed("fit", () -> {
            fits();
            return work.get();
        });
    }

    /// What a fit that is under way would not notice, or could not bear.
    <T> T undisturbed(String what, Supplier<T> work) {
        return alone(what, () -> {
            if (fitting) {
                throw new IllegalStateException(what + ": this model is being trained, by steps that are compiled already.\nMaybe end the training by run.stop(reason) "
                        + "in the callback, then " + what + " and fit again.");
            }
            return work.get();
        });
    }

    <T> T alone(String what, Supplier<T> work) {
        take(what);
        try {
            return work.get();
        } catch (StackOverflowError e) {
            throw new IllegalStateException(what + ": the layers are nested too deeply for the stack of this thread.\nMaybe put them one after another into fewer layers, "
                    + "or give the thread a larger stack.", e);
        } finally {
            release();
        }
    }

    /// Keeps other threads from the model until it is released.
    void take(String what) {
        if (!busy.tryLock()) {
            throw new IllegalStateException(what + ": another thread is at work on this model.\nMaybe train a model of its own in "
                    + "each thread.");
        }
    }

    /// What would disturb a fit is refused from here until the last release.
    void fits() {
        fitting = true;
    }

    void release() {
        fitting &= busy.getHoldCount() > 1;
        busy.unlock();
    }
}
