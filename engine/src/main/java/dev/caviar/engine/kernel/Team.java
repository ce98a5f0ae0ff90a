package dev.caviar.engine.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The threads of one step: a fixed number of them that start a piece of work together and finish it together.
///
/// The caller is part 0; the others wait for it by spinning, and after 2 ms or so without work they sleep, so that an idle
/// team costs nothing. Running allocates nothing. A team belongs to one caller at a time. Work that is cut by the part's
/// number alone gives the same result every time; cut it by [#from] into contiguous pieces, so that each thread owns the
/// memory that it writes.
///
/// ```java
/// var squares = new double[1000];
/// try (var team = Team.of(2)) {
///     team.run(part -> {
///         for (int i = (int) team.from(part, 1000); i < team.from(part + 1, 1000); i++) {
///             squares[i] = i * i;
///         }
///     });
/// }
/// ```
public final class Team implements AutoCloseable {
    private static final int SPINS_BETWEEN_LOOKS = 64;
    /// So many nanoseconds a thread spins, then lets others run, and at last sleeps: to be woken takes 30 µs and more, which a step
    /// with some lonely parts in a row would pay again and again.
    private static final long ALONE = 60_000;
    private static final long PATIENCE = 2_000_000;
    private static final IntConsumer END = _ -> { };

    /// Told when a part has worked, by its own thread.
    ///
    /// ```java
    /// Team.Watch watch = (part, began, ended) -> System.out.println("part " + part + ": " + (ended - began) + " ns");
    /// ```
    public interface Watch {
        void worked(int part, long began, long ended);
    }

    private final Worker[] workers;
    private final AtomicInteger missing = new AtomicInteger();
    private @Nullable Thread caller;
    private volatile boolean callerSleeps;
    private volatile int round;
    private IntConsumer work = END;
    private int parts;
    private @Nullable Watch watch;
    private boolean closed;

    private Team(int size) {
        workers = new Worker[size - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
        }
        for (var worker : workers) {
            worker.thread.start();
        }
    }

    /// A team of `size` threads, of which the caller is one. Throws [IllegalArgumentException] below 1.
    public static Team of(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("Team.of: a team has at least one thread, not " + size + ".");
        }
        return new Team(size);
    }

    /// The number of parts.
    public int size() {
        return workers.length + 1;
    }

    /// Where a part's contiguous share of `n` elements begins; it ends where the next part's begins.
    public long from(int part, long n) {
        return n * part / size();
    }

    /// Tells `watch` from now on the times ([System#nanoTime]) of each part of each piece of work; null for nobody, which reads no clock.
    public void watch(@Nullable Watch watch) {
        this.watch = watch;
    }

    /// The parts of one thread, of which the first has its number.
    private void parts(IntConsumer task, int first) {
        for (int part = first; part < parts; part += size()) {
            part(task, part);
        }
    }

    private void part(IntConsumer task, int part) {
        var told = watch;
        if (told == null) {
            task.accept(part);
            return;
        }
        long began = System.nanoTime();
        task.accept(part);
        told.worked(part, began, System.nanoTime());
    }

    /// Runs `work` for every part at once and returns when all are done. What a part throws is thrown here; of several, that
    /// of the lowest part, with the others attached. Throws [IllegalStateException] after [#close].
    public void run(IntConsumer work) {
        open();
        if (workers.length == 0) {
            part(work, 0);
        } else {
            together(size(), work);
        }
    }

    /// The same for `parts` parts: fewer than there are threads, as work has that is too small for all, or more, as work has that was
    /// cut for a larger team; then a thread works on several in turn, and none is left out. One part runs on the caller alone and is
    /// not told to a watch.
    public void run(int parts, IntConsumer work) {
        open();
        if (parts == 1) {
            work.accept(0);
        } else {
            together(parts, work);
        }
    }

    private void open() {
        if (closed) {
            throw new IllegalStateException("Team.run: this team of " + size() + " threads is closed.");
        }
    }

    private void together(int parts, IntConsumer work) {
        this.parts = parts;
        start(work);
        Throwable failure = null;
        try {
            parts(work, 0);
        } catch (Throwable e) {
            failure = e;
        }
        await();
        this.work = END;
        for (var worker : workers) {
            failure = join(failure, worker.takeFailure());
        }
        if (failure != null) {
            throw Team.<RuntimeException>asIs(failure);
        }
    }

    private void start(IntConsumer work) {
        this.work = work;
        caller = Thread.currentThread();
        missing.set(workers.length);
        round++;
        for (var worker : workers) {
            if (worker.sleeps) {
                LockSupport.unpark(worker.thread);
            }
        }
    }

    private void await() {
        long since = 0;
        for (int spins = 1; missing.get() > 0; spins++) {
            Thread.onSpinWait();
            if (spins % SPINS_BETWEEN_LOOKS == 0) {
                long now = System.nanoTime();
                since = since == 0 ? now : since;
                if (now - since > ALONE) {
                    Thread.yield();
                }
                if (now - since > PATIENCE) {
                    callerSleeps = true;
                    if (missing.get() > 0) {
                        LockSupport.park(this);
                    }
                    callerSleeps = false;
                }
            }
        }
    }

    private static @Nullable Throwable join(@Nullable Throwable first, @Nullable Throwable second) {
        if (first == null) {
            return second;
        }
        if (second != null && second != first) {
            first.addSuppressed(second);
        }
        return first;
    }

    /// Lets an exception of any kind pass unwrapped.
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> E asIs(Throwable failure) throws E {
        throw (E) failure;
    }

    /// Ends the threads; a second call does nothing.
    @Override
    public void close() {
        if (closed || workers.length == 0) {
            closed = true;
            return;
        }
        closed = true;
        start(END);
        for (var worker : workers) {
            boolean interrupted = false;
            while (worker.thread.isAlive()) {
                try {
                    worker.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// One thread besides the caller.
    private final class Worker implements Runnable {
        private final int part;
        private final Thread thread;
        private volatile boolean sleeps;
        private @Nullable Throwable failure;

        Worker(int part) {
            this.part = part;
            this.thread = Thread.ofPlatform().daemon().name("caviar-team-" + part).unstarted(this);
        }

        @Nullable Throwable takeFailure() {
            var thrown = failure;
            failure = null;
            return thrown;
        }

        @Override
        public void run() {
            Chosen.oneThread();
            for (int seen = 0;; seen++) {
                waitFor(seen);
                var task = work;
                if (task != END) {
                    try {
                        parts(task, part);
                    } catch (Throwable e) {
                        failure = e;
                    }
                }
                if (missing.decrementAndGet() == 0 && callerSleeps) {
                    LockSupport.unpark(caller);
                }
                if (task == END) {
                    return;
                }
            }
        }

        private void waitFor(int seen) {
            long since = 0;
            for (int spins = 1; round == seen; spins++) {
                Thread.onSpinWait();
                if (spins % SPINS_BETWEEN_LOOKS == 0) {
                    long now = System.nanoTime();
                    since = since == 0 ? now : since;
                    if (now - since > ALONE) {
                        Thread.yield();
                    }
                    if (now - since > PATIENCE) {
                        sleeps = true;
                        if (round == seen) {
                            LockSupport.park(Team.this);
                        }
                        sleeps = false;
                    }
                }
            }
        }
    }
}
