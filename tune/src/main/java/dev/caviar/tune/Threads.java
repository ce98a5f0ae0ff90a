package dev.caviar.tune;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Several workers in one process.
///
/// Platform threads and not virtual ones: kernel libraries count their threads per calling platform thread.
record Threads(int threads, Executor each) implements Executor {
    Threads {
        if (threads < 1) throw new IllegalArgumentException("threads(" + threads + "): at least 1 worker is needed.");
    }

    @Override
    public int workers() {
        return threads * each.workers();
    }

    @Override
    public void run(Study study, Objective objective, Budget budget) {
        var broken = new AtomicReference<@Nullable Throwable>();
        var running = new ArrayList<Thread>();
        for (var i = 0; i < threads; i++)
            running.add(Thread.ofPlatform().name("caviar-trial-" + i).start(() -> {
                try {
                    each.run(study, objective, budget);
                } catch (Throwable e) {
                    broken.compareAndSet(null, e);
                    study.stop();
                }
            }));
        for (var thread : running) join(thread, study);
        switch (broken.get()) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    // Whoever interrupts the caller wants the search to end: the workers end cleanly first.
    private static void join(Thread thread, Study study) {
        var interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                study.stop();
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
