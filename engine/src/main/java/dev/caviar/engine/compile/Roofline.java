package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.GemmSpec;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Cost;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/// What this machine can do at its best with some threads: arithmetic per second, and bytes per second by the size of what is
/// worked on, from the first cache to memory (Williams, Waterman & Patterson 2009).
///
/// Measured once per process and number of threads, in about half a second: the fastest known product of large F32 matrices, and
/// sums of two vectors into a third (STREAM's *add*), the best of several runs.
///
/// ```java
/// var roof = new Roofline(1, 100e9, List.of(new Roofline.Level(32 << 10, 200e9), new Roofline.Level(64 << 20, 10e9)));
/// double least = roof.seconds(new Cost(2_000_000, 60_000_000, 0));      // 0.006: memory decides
/// ```
///
/// @param threads how many work at once
/// @param flops   operations per second of all together
/// @param levels  bytes per second of all together, by how many bytes each thread goes over, smallest first
public record Roofline(int threads, double flops, List<Level> levels) {
    private static final Map<Integer, Roofline> MEASURED = new ConcurrentHashMap<>();
    private static final long[] SIZES = {24 << 10, 256 << 10, 4 << 20, 96 << 20};
    private static final int[] SIDES = {256, 768};
    private static final long ENOUGH = 50_000_000;

    /// The speed of memory for work on up to so many bytes.
    ///
    /// ```java
    /// var cache = new Roofline.Level(32 << 10, 200e9);
    /// ```
    public record Level(long bytes, double perSecond) {}

    public Roofline {
        levels = List.copyOf(levels);
    }

    /// That of this machine with so many threads, measured at the first call.
    public static Roofline of(int threads) {
        return MEASURED.computeIfAbsent(threads, Roofline::measure);
    }

    /// The least time for such work, if all that it touches lies in the smallest cache that has room for it.
    public double seconds(Cost cost) {
        return Math.max(cost.flops() / flops, cost.bytes() / perSecond(cost.bytes()));
    }

    /// Whether memory decides over such work, and not arithmetic.
    public boolean memoryBound(Cost cost) {
        return cost.bytes() / perSecond(cost.bytes()) > cost.flops() / flops;
    }

    private double perSecond(long bytes) {
        for (var level : levels) {
            if (bytes <= level.bytes * threads) {
                return level.perSecond;
            }
        }
        return levels.getLast().perSecond;
    }

    /// One line for people.
    public String print() {
        var out = new StringBuilder(String.format(Locale.ROOT, "limits of %d thread%s: %.0f GFLOP/s", threads, threads == 1 ? "" : "s", flops * 1e-9));
        levels.forEach(level -> out.append(String.format(Locale.ROOT, ", %.0f GB/s in %s", level.perSecond * 1e-9, Plan.bytes(level.bytes))));
        return out.toString();
    }

    private static Roofline measure(int threads) {
        try (var team = Team.of(threads)) {
            double flops = 0;
            for (int side : SIDES) {
                flops = Math.max(flops, 2.0 * side * side * side * threads / fastest(team, products(threads, side)));
            }
            var levels = new ArrayList<Level>();
            for (long size : SIZES) {
                // Short work is repeated, so that starting the team does not count.
                int times = (int) Math.max(1, (4L << 20) / size);
                double perSecond = (double) size / 3 / 4 * 12 * times * threads / fastest(team, sums(threads, size, times));
                levels.add(new Level(size, perSecond));
            }
            // A farther memory is never faster, whatever the noise says.
            for (int i = levels.size() - 2; i >= 0; i--) {
                levels.set(i, new Level(levels.get(i).bytes, Math.max(levels.get(i).perSecond, levels.get(i + 1).perSecond)));
            }
            return new Roofline(threads, flops, levels);
        }
    }

    private static IntConsumer products(int threads, int side) {
        var type = Type.of(DType.F32, side, side);
        var calls = new ArrayList<Runnable>();
        for (int t = 0; t < threads; t++) {
            var call = Provider.best().gemm().prepare(GemmSpec.of(DType.F32, side, side, side));
            var a = filled(type).memory();
            var b = filled(type).memory();
            var c = filled(type).memory();
            calls.add(() -> call.run(a, b, null, c));
        }
        return part -> calls.get(part).run();
    }

    private static IntConsumer sums(int threads, long bytes, int times) {
        long n = bytes / 12;
        var loops = Provider.best().loops();
        var calls = new ArrayList<Runnable>();
        for (int t = 0; t < threads; t++) {
            var a = filled(Type.of(DType.F32, n)).memory();
            var b = filled(Type.of(DType.F32, n)).memory();
            var c = filled(Type.of(DType.F32, n)).memory();
            calls.add(() -> {
                for (int i = 0; i < times; i++) {
                    loops.binary(BinaryFn.ADD, DType.F32, a, 0, 1, b, 0, 1, c, 0, n);
                }
            });
        }
        return part -> calls.get(part).run();
    }

    /// Ones, so that no page is the system's shared page of zeros and no sum is denormal.
    private static Buffer filled(Type type) {
        var buffer = Buffer.allocate(type);
        buffer.memory().fill((byte) 0x3f);
        return buffer;
    }

    /// The least seconds of several goes, as many as fit into the time that is enough, and five at least.
    private static double fastest(Team team, IntConsumer work) {
        long best = Long.MAX_VALUE;
        long spent = 0;
        for (int i = 0; i < 5 || spent < ENOUGH; i++) {
            long began = System.nanoTime();
            team.run(work);
            long took = System.nanoTime() - began;
            best = Math.min(best, took);
            spent += took;
        }
        return best * 1e-9;
    }
}
