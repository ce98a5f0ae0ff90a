package dev.caviar.tune;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Beats at a steady pace until it is closed.
final class Heartbeat implements AutoCloseable {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("caviar-heartbeat").factory());

    Heartbeat(Runnable beat) {
        timer.scheduleAtFixedRate(beat, Owner.SECONDS_PER_BEAT, Owner.SECONDS_PER_BEAT, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
