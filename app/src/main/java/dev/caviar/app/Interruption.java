package dev.caviar.app;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C, or a request of the system to end, while work goes on that should end cleanly: asks it to stop, and holds the process until it has.
///
/// The process then ends with the code of the signal: 130 for Ctrl-C.
///
/// ```java
/// try (var interruption = Interruption.of(study::stop)) {
///     work();
///     if (interruption.happened()) System.out.println("Stopped.");
/// }
/// ```
final class Interruption implements AutoCloseable {
    /// The exit code after Ctrl-C.
    static final int CODE = 130;
    // Whoever waits longer sends a stronger signal.
    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean happened;

    private Interruption(Runnable stop) {
        hook = new Thread(() -> {
            happened = true;
            stop.run();
            await();
        }, "caviar-interruption");
    }

    static Interruption of(Runnable stop) {
        var interruption = new Interruption(stop);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    boolean happened() {
        return happened;
    }

    /// The work has ended, cleanly or not: the process may end.
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            happened = true;    // the process is already ending, which is the hook's affair
        }
    }

    private void await() {
        try {
            if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) System.err.println("caviar: the work did not end in time.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
