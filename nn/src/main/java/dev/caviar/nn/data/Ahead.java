package dev.caviar.nn.data;

import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Work that is begun before it is asked for, on threads of its own, and handed on in order.
///
/// Nothing is begun but by the thread that asks, so a pass that is forgotten stands still, and its threads end when they have been idle for a
/// moment.
final class Ahead {
    private static final long IDLE_SECONDS = 2;
    /// So many elements in a row found ready make one thread fewer.
    private static final int CALM = 64;

    /// How many elements are begun beyond two for each thread. They are begun in bursts, when half of them are left: waking a thread that sleeps
    /// takes as long as a small batch does.
    private static final int MORE = 4;

    private Ahead() {}

    private static ThreadPoolExecutor threads(int n) {
        var pool = new ThreadPoolExecutor(n, n, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("caviar-pipeline-", 1).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static <T> T result(Future<T> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// The elements are made on several threads; the number finds itself where `threads` is 0.
    record Parallel(Stage up, int threads) implements Stage.Like {
        @Override
        public Cursor open(long epoch, Flow flow) {
            return new ParallelCursor(up.open(epoch, flow), flow, threads);
        }

        @Override
        public String text() {
            return up.text();      // the elements are the same
        }
    }

    private static final class ParallelCursor implements Cursor {
        private final Cursor up;
        private final Flow flow;
        private final Queue<Future<Item>> window = new ArrayDeque<>();
        private final boolean free;
        private final int most;
        private volatile int threads;
        private int calm;
        private @Nullable ThreadPoolExecutor pool;

        ParallelCursor(Cursor up, Flow flow, int threads) {
            this.up = up;
            this.flow = flow;
            this.free = threads == 0;
            this.most = free ? Runtime.getRuntime().availableProcessors() : threads;
            this.threads = free ? 1 : threads;
        }

        @Override
        public @Nullable Task next() {
            if (flow.skipping()) {
                return up.next();
            }
            if (pool == null) {
                pool = threads(threads);
            }
            int full = 2 * threads + MORE;
            if (window.size() <= full / 2) {
                for (var task = up.next(); task != null; task = window.size() < full ? up.next() : null) {
                    window.add(pool.submit(task::get));
                }
            }
            var head = window.poll();
            return head == null ? null : () -> {
                if (free) {
                    adapt(head.isDone());
                }
                return result(head);
            };
        }

        /// More threads while the one who asks has to wait, fewer while it never does.
        private synchronized void adapt(boolean ready) {
            calm = ready ? calm + 1 : 0;
            int wanted = ready ? calm % CALM == 0 ? Math.max(1, threads - 1) : threads : Math.min(most, threads + 1);
            var pool = this.pool;
            if (wanted != threads && pool != null) {
                // The larger number is never below the smaller one at any moment.
                if (wanted > threads) {
                    pool.setMaximumPoolSize(wanted);
                    pool.setCorePoolSize(wanted);
                } else {
                    pool.setCorePoolSize(wanted);
                    pool.setMaximumPoolSize(wanted);
                }
                threads = wanted;
            }
        }

        @Override
        public void close() {
            window.forEach(future -> future.cancel(false));
            window.clear();
            if (pool != null) {
                pool.shutdown();
            }
            up.close();
        }
    }

    /// A thread makes the next elements while the last one is worked on.
    record Prefetched(Stage up, int count) implements Stage.Like {
        @Override
        public Cursor open(long epoch, Flow flow) {
            return new PrefetchCursor(up.open(epoch, flow), flow, count);
        }

        @Override
        public String text() {
            return up.text();
        }
    }

    private static final class PrefetchCursor implements Cursor {
        private final Cursor up;
        private final Flow flow;
        private final int count;
        private final Queue<Future<@Nullable Item>> window = new ArrayDeque<>();
        private @Nullable ThreadPoolExecutor pool;
        private boolean ended;
        private boolean closed;

        PrefetchCursor(Cursor up, Flow flow, int count) {
            this.up = up;
            this.flow = flow;
            this.count = count;
        }

        @Override
        public @Nullable Task next() {
            if (flow.skipping()) {
                return up.next();
            }
            if (pool == null) {
                pool = threads(1);
            }
            Callable<@Nullable Item> one = () -> {
                var task = up.next();
                return task == null ? null : task.get();
            };
            while (!ended && window.size() <= count) {
                window.add(pool.submit(one));
            }
            // Whether there is one is known only when it is there.
            var item = ended ? null : result(window.remove());
            ended = item == null;
            return item == null ? null : () -> item;
        }

        /// The thread owns what comes before, so it closes it, when it has finished what it is at.
        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            window.forEach(future -> future.cancel(false));
            if (pool == null) {
                up.close();
            } else {
                pool.execute(up::close);
                pool.shutdown();
            }
        }
    }
}
