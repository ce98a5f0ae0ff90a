package dev.caviar.nn.data;

import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import dev.caviar.nn.format.DataException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The stages that choose, order and change elements.
final class Stages {
    private Stages() {}

    /// What a map does to an element; the generator is the element's own.
    interface Change {
        Item apply(Item item, RandomGenerator random);
    }

    /// A cursor over another one.
    private abstract static class Over implements Cursor {
        final Cursor up;

        Over(Cursor up) {
            this.up = up;
        }

        @Override
        public void close() {
            up.close();
        }
    }

    /// Every element changed. The random numbers depend on the seed, the pass and the position alone.
    record Mapped(Stage up, Change change, long seed, String name) implements Stage.Like {
        @Override
        public Cursor open(long epoch, Flow flow) {
            long pass = new SplitMix(seed, epoch).nextLong();
            return new Over(up.open(epoch, flow)) {
                private long at;

                @Override
                public @Nullable Task next() {
                    var task = up.next();
                    if (task == null) {
                        return null;
                    }
                    long i = at++;
                    return () -> changed(task.get(), i, new SplitMix(pass, i));
                }
            };
        }

        private Item changed(Item item, long i, RandomGenerator random) {
            try {
                return Sources.given(change.apply(item, random), "Pipeline." + name + ": element " + i);
            } catch (DataException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new DataException("Pipeline." + name + ": element " + i + ": " + e, "Maybe its function does not expect "
                        + item.parts().stream().map(part -> part.type().toString()).collect(Collectors.joining(", ")) + ".", e);
            }
        }

        @Override
        public String text() {
            return up.text() + " | " + name + (seed == 0 ? "" : "(" + seed + ")");
        }
    }

    /// All elements of a pass in an order drawn by the seed, another one for each pass.
    record Shuffled(Stage up, long seed) implements Stage.Like {
        @Override
        public Cursor open(long epoch, Flow flow) {
            return new Over(up.open(epoch, flow)) {
                private @Nullable List<Task> tasks;
                private int[] order = {};
                private int at;

                @Override
                public @Nullable Task next() {
                    if (tasks == null) {
                        tasks = new ArrayList<>();
                        for (var task = up.next(); task != null; task = up.next()) {
                            tasks.add(task);
                        }
                        order = IntStream.range(0, tasks.size()).toArray();
                        new SplitMix(seed, epoch).shuffle(order);
                    }
                    return at == order.length ? null : tasks.set(order[at++], null);
                }
            };
        }

        @Override
        public String text() {
            return up.text() + " | shuffle(" + seed + ")";
        }
    }

    /// Each element drawn from a buffer of those that come next.
    record Stirred(Stage up, int buffer, long seed) implements Stage.Like {
        @Override
        public Cursor open(long epoch, Flow flow) {
            var random = new SplitMix(seed, epoch);
            return new Over(up.open(epoch, flow)) {
                private final List<Task> held = new ArrayList<>();
                private boolean ended;

                @Override
                public @Nullable Task next() {
                    while (!ended && held.size() < buffer) {
                        var task = up.next();
                        ended = task == null;
                        if (task != null) {
                            held.add(task);
                        }
                    }
                    if (held.isEmpty()) {
                        return null;
                    }
                    int drawn = random.below(held.size());
                    var last = held.removeLast();
                    return drawn == held.size() ? last : held.set(drawn, last);
                }
            };
        }

        @Override
        public String text() {
            return up.text() + " | shuffle(" + buffer + ", " + seed + ")";
        }
    }

    /// The elements from one position to before another.
    record Part(Stage up, long from, long to) implements Stage.After {
        @Override
        public Cursor open(long epoch, Flow flow) {
            var inner = new Flow(flow);
            return new Over(up.open(epoch, inner)) {
                private long at;

                @Override
                public @Nullable Task next() {
                    if (at == 0) {
                        inner.skip(up, from);
                        at = from;
                    }
                    return at++ >= to ? null : up.next();
                }
            };
        }

        @Override
        public long size() {
            long all = up.size();
            return all == UNKNOWN ? UNKNOWN : Math.max(0, Math.min(all, to) - (all == ENDLESS && to == ENDLESS ? 0 : from));
        }

        @Override
        public String text() {
            return up.text() + " | " + (from == 0 ? "take(" + to + ")" : "skip(" + from + ")");
        }
    }

    /// The elements whose positions are in a set; the stage before is always in the order of its first pass, so that a position means the same.
    record Chosen(Stage up, BitSet positions, String name) implements Stage.After {
        @Override
        public Cursor open(long epoch, Flow flow) {
            return new Over(up.open(0, flow)) {
                private int at;

                @Override
                public @Nullable Task next() {
                    for (var task = up.next(); task != null; task = up.next()) {
                        if (positions.get(at++)) {
                            return task;
                        }
                    }
                    return null;
                }
            };
        }

        @Override
        public long size() {
            return positions.cardinality();
        }

        @Override
        public String text() {
            return up.text() + " | " + name;
        }
    }

    /// Several passes as one; without end where `times` is 0.
    record Repeated(Stage up, int times) implements Stage.After {
        /// So far apart that the passes of two endless repetitions do not meet.
        private static final long APART = 1L << 32;

        @Override
        public Cursor open(long epoch, Flow flow) {
            long first = epoch * (times == 0 ? APART : times);
            return new Cursor() {
                private Cursor now = up.open(first, flow);
                private long pass;
                private boolean any;

                @Override
                public @Nullable Task next() {
                    while (true) {
                        var task = now.next();
                        any |= task != null;
                        if (task != null || !any || times > 0 && pass + 1 >= times) {
                            return task;
                        }
                        now.close();
                        now = up.open(first + ++pass, flow);
                    }
                }

                @Override
                public void close() {
                    now.close();
                }
            };
        }

        @Override
        public long size() {
            long one = up.size();
            return times == 0 ? ENDLESS : one == UNKNOWN || one == ENDLESS ? one : Math.multiplyExact(one, times);
        }

        @Override
        public String text() {
            return up.text() + " | repeat(" + (times == 0 ? "" : times) + ")";
        }
    }

    /// The parts of several side by side, until the shortest ends.
    record Zipped(List<Stage> ups) implements Stage {
        @Override
        public Cursor open(long epoch, Flow flow) {
            var cursors = ups.stream().map(up -> up.open(epoch, flow)).toList();
            return new Cursor() {
                @Override
                public @Nullable Task next() {
                    var tasks = new ArrayList<Task>();
                    for (var cursor : cursors) {
                        var task = cursor.next();
                        if (task == null) {
                            return null;
                        }
                        tasks.add(task);
                    }
                    return () -> tasks.stream().map(Task::get).reduce(Item::and).orElseThrow();
                }

                @Override
                public void close() {
                    cursors.forEach(Cursor::close);
                }
            };
        }

        @Override
        public long size() {
            return ups.stream().mapToLong(Stage::size).min().orElse(UNKNOWN);
        }

        @Override
        public boolean batched() {
            return ups.getFirst().batched();
        }

        @Override
        public void identify(MessageDigest digest) {
            ups.forEach(up -> up.identify(digest));
        }

        @Override
        public String text() {
            return ups.stream().map(Stage::text).collect(Collectors.joining(", ", "zip(", ")"));
        }
    }
}
