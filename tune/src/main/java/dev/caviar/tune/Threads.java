package dev.caviar.tune;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Several workers in one process, each going through trials as [Inline] does.
///
/// Platform threads and not virtual ones: kernel libraries count their threads per calling platform thread.
record Threads(int workers) implements Executor {
    Threads {
        if (workers < 1) throw new IllegalArgumentException("threads(" + workers + "): at least 1 worker is needed.");
    }

    @Override
    public void run(Study study, Objective objective, Budget budget) {
        var broken = new AtomicReference<@Nullable Throwable>();
        var threads = new ArrayList<Thread>();
        for (var i = 0; i < workers; i++)
            threads.add(Thread.ofPlatform().name("caviar-trial-" + i).start(() -> {
                try {
                    new Inline().run(study, objective, budget);
                } catch (Throwable e) {
                    broken.compareAndSet(null, e);
                    study.stop();
                }
            }));
        for (var thread : threads) join(thread, study);
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
