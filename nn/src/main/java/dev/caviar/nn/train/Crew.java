package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/// The threads of replicas, and where they meet to add up.
final class Crew implements AutoCloseable {
    private static final ScopedValue<Seat> SEAT = ScopedValue.newInstance();
    private static final int SPINS = 2000;
    private final ExecutorService threads;
    private final Buffer[] given;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile int round;
    private volatile boolean broken;
    private int active;

    /// A thread's place among those that work on one batch.
    private record Seat(Crew crew, int rank) {}

    /// Somebody else has failed; that error is the one to show.
    private static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    Crew(int count) {
        given = new Buffer[count];
        var number = new AtomicInteger();
        threads = Executors.newFixedThreadPool(Math.max(1, count - 1),
                task -> Thread.ofPlatform().daemon().name("replica " + number.incrementAndGet()).unstarted(task));
    }

    /// Does the work of all ranks at once, that of rank 0 on this thread, and throws what the first of them threw.
    void run(int ranks, IntConsumer work) {
        active = ranks;
        broken = false;
        arrived.set(0);
        var others = new ArrayList<Future<?>>();
        for (int rank = 1; rank < ranks; rank++) {
            int own = rank;
            others.add(threads.submit(() -> seated(own, work)));
        }
        var errors = new ArrayList<RuntimeException>();
        try {
            seated(0, work);
        } catch (RuntimeException e) {
            errors.add(e);
        }
        others.forEach(other -> failure(other, errors));
        errors.removeIf(Broken.class::isInstance);
        if (!errors.isEmpty()) {
            throw errors.getFirst();
        }
    }

    private void seated(int rank, IntConsumer work) {
        ScopedValue.where(SEAT, new Seat(this, rank)).run(() -> {
            try {
                work.accept(rank);
            } catch (RuntimeException | Error e) {
                broken = true;
                throw e;
            }
        });
    }

    private static void failure(Future<?> other, List<RuntimeException> errors) {
        boolean interrupted = false;
        while (true) {
            try {
                other.get();
                break;
            } catch (ExecutionException e) {
                errors.add(e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause()));
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// The sum of what all ranks give here, in the order of the ranks, whoever comes first.
    static void reduce(Buffer in, Buffer out) {
        var seat = SEAT.get();
        seat.crew.reduce(seat.rank, in, out);
    }

    private void reduce(int rank, Buffer in, Buffer out) {
        given[rank] = in;
        meet();
        for (long i = 0; i < out.size(); i++) {
            double sum = 0;
            for (int other = 0; other < active; other++) {
                sum += given[other].at(i);
            }
            out.set(i, sum);
        }
        meet();    // nobody goes on to overwrite what another still reads
    }

    private void meet() {
        int now = round;
        if (arrived.incrementAndGet() == active) {
            arrived.set(0);
            round = now + 1;
            return;
        }
        for (int spins = 0; round == now; spins++) {
            if (broken) {
                throw new Broken();
            }
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
