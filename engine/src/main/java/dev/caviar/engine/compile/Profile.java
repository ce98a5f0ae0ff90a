package dev.caviar.engine.compile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How long each step of programs takes, between start and stop: against what the machine could do, and by which routine.
///
/// A session watches one program ([Program#profile]) or all that run in this process ([#start]). While none is open, programs
/// read no clock and allocate nothing for it; while one is open, the clock is read twice a step.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).matmul(in.get(0)).tanh()), Type.of(DType.F32, 256, 256));
/// var x = Buffer.allocate(Type.of(DType.F32, 256, 256));
/// try (var program = Compiler.compile(g, Options.of()); var profile = program.profile()) {
///     program.run(List.of(x), List.of(Buffer.allocate(x.type())));
///     System.out.println(profile.print());
/// }
/// ```
public final class Profile implements AutoCloseable {
    private static final Pattern REFERENCE = Pattern.compile("(^|[ ,])ref([:_ ]|$)");
    private static final AtomicReference<@Nullable Profile> EVERYWHERE = new AtomicReference<>();

    private final List<Recorder> recorders = new ArrayList<>();
    private final @Nullable Program only;
    private volatile boolean running = true;

    private Profile(@Nullable Program only) {
        this.only = only;
    }

    /// Watches all programs of this process. Throws [IllegalStateException] while another such session is open.
    ///
    /// Threads of other work are not held up, but see the clock read.
    public static Profile start() {
        var started = new Profile(null);
        if (!EVERYWHERE.compareAndSet(null, started)) {
            throw new IllegalStateException("Profile.start(): a profile of all programs is open already.\nMaybe close it first, or "
                    + "watch one program by its own profile().");
        }
        return started;
    }

    static Profile of(Program only) {
        return new Profile(only);
    }

    static @Nullable Profile everywhere() {
        return EVERYWHERE.get();
    }

    boolean running() {
        return running;
    }

    synchronized void add(Recorder recorder) {
        recorders.add(recorder);
    }

    synchronized List<Recorder> recorders() {
        return List.copyOf(recorders);
    }

    /// Ends the session; what was timed stays readable. A run that is under way is still counted.
    public void stop() {
        running = false;
        if (only == null) {
            EVERYWHERE.compareAndSet(this, null);
        }
    }

    @Override
    public void close() {
        stop();
    }

    /// One step's times over all runs: the least and the sum in nanoseconds, and how long each thread was busy with it.
    ///
    /// ```java
    /// static double microseconds(Profile.Row row) {
    ///     return row.mean() * 1e6;
    /// }
    /// ```
    public record Row(int index, Plan.Step step, long runs, long least, long total, List<Long> busy) {
        public Row {
            busy = List.copyOf(busy);
        }

        /// Seconds of one run.
        public double mean() {
            return runs == 0 ? 0 : total * 1e-9 / runs;
        }

        /// Arithmetic per second.
        public double flops() {
            return runs == 0 ? 0 : step.cost().flops() / mean();
        }

        /// Bytes read and written per second.
        public double bandwidth() {
            return runs == 0 ? 0 : step.cost().bytes() / mean();
        }

        /// The part of its time that the machine would need at its best, up to 1.
        public double ofLimit(Roofline roof) {
            return runs == 0 ? 0 : Math.min(1, roof.seconds(step.cost()) / mean());
        }

        /// Whether it runs a routine that a library keeps only as a reference: far slower than need be.
        public boolean reference() {
            return REFERENCE.matcher(step.how()).find();
        }
    }

    /// One program's times.
    ///
    /// ```java
    /// static double share(Profile.Timing timing, Profile.Row row) {
    ///     return (double) row.total() / timing.total();
    /// }
    /// ```
    public record Timing(String program, Plan plan, int threads, long runs, long least, long total, List<Row> rows) {
        public Timing {
            rows = List.copyOf(rows);
        }

        /// The rows by time, longest first.
        public List<Row> sorted() {
            return rows.stream().sorted(Comparator.comparingLong(Row::total).reversed().thenComparingInt(Row::index)).toList();
        }

        /// Seconds of one run.
        public double mean() {
            return runs == 0 ? 0 : total * 1e-9 / runs;
        }
    }

    /// The times of every program that ran, in the order of their first runs.
    public List<Timing> timings() {
        return recorders().stream().map(Recorder::timing).toList();
    }

    /// All programs' steps by time, longest first, in 120 columns. Measures the machine first, where that was not done yet.
    public String print() {
        var out = new StringBuilder();
        for (var timing : timings()) {
            print(timing, Roofline.of(timing.threads()), out);
        }
        return out.isEmpty() ? "No program ran.\n" : out.toString();
    }

    private static void print(Timing timing, Roofline roof, StringBuilder out) {
        var cost = timing.plan.cost();
        out.append(String.format(Locale.ROOT, "%s: %,d runs of %d steps on %d thread%s, %s each (least %s): %.1f GFLOP/s, %.1f GB/s%n", timing.program,
                timing.runs, timing.rows.size(), timing.threads, timing.threads == 1 ? "" : "s", time(timing.mean()), time(timing.least * 1e-9),
                cost.flops() / timing.mean() * 1e-9, cost.bytes() / timing.mean() * 1e-9));
        out.append(roof.print()).append('\n');
        out.append(row("%", "mean", "least", "GFLOP/s", "GB/s", "limit", "step", "part", "what", "how"));
        boolean reference = false;
        for (var row : timing.sorted()) {
            reference |= row.reference();
            out.append(row(String.format(Locale.ROOT, "%.1f", 100.0 * row.total / Math.max(1, timing.total)), time(row.mean()), time(row.least * 1e-9),
                    rate(row.flops()), rate(row.bandwidth()), Math.round(100 * row.ofLimit(roof)) + "%", Integer.toString(row.index),
                    row.step.part(), row.step.what(), (row.reference() ? "! " : "") + row.step.how()));
        }
        if (timing.threads > 1) {
            out.append("busy:");
            for (int t = 0; t < timing.threads; t++) {
                int lane = t;
                out.append(String.format(Locale.ROOT, "  thread %d %.0f%%", t,
                        100.0 * timing.rows.stream().mapToLong(row -> row.busy.get(lane)).sum() / Math.max(1, timing.total)));
            }
            out.append('\n');
        }
        if (reference) {
            out.append("! is a library's reference routine, far slower than its others.\nMaybe its operands' layout or type is one that no "
                    + "fast routine takes.\n");
        }
        out.append('\n');
    }

    private static String row(String share, String mean, String least, String flops, String bytes, String limit, String step, String part,
            String what, String how) {
        return String.format("%5s %9s %9s %7s %6s %5s %4s  %-18s %-27s %-20s", share, mean, least, flops, bytes, limit, step, Plan.fit(part, 18),
                Plan.fit(what, 27), Plan.fit(how, 20)).stripTrailing() + "\n";
    }

    private static String rate(double perSecond) {
        return String.format(Locale.ROOT, "%.1f", perSecond * 1e-9);
    }

    /// Seconds as people read them.
    private static String time(double seconds) {
        return seconds < 1e-3 ? String.format(Locale.ROOT, "%.1f µs", seconds * 1e6)
                : seconds < 1 ? String.format(Locale.ROOT, "%.2f ms", seconds * 1e3) : String.format(Locale.ROOT, "%.2f s", seconds);
    }

    /// Writes what ran when as a trace file that Perfetto and Chrome's `about:tracing` open: a track for each thread, a slice for
    /// each step, the arena's filling as a counter. Of a long session the last runs are kept.
    public void trace(Path file) throws IOException {
        Timeline.write(file, recorders());
    }
}
