package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Team;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Times the steps of one program for one session, or for a flight recording alone. All arrays are made beforehand, so that a run that
/// is watched allocates nothing either.
final class Recorder implements Team.Watch {
    /// The slices that are kept for a timeline, per thread: the last ones count.
    private static final int SLICES = 1 << 13;

    private final String name;
    private final Plan plan;
    private final @Nullable Profile session;
    private final long[] total;
    private final long[] least;
    private final long[] now;
    private final Track[] tracks;
    private long runs;
    private long runTotal;
    private long runLeast = Long.MAX_VALUE;
    private int step;
    private boolean shared;

    /// What one thread of the team did: how long per step, and when.
    static final class Track {
        final long[] busy;
        final long[] began;
        final long[] lasted;
        final int[] step;
        String thread = "";
        int next;

        Track(int steps, int slices) {
            busy = new long[steps];
            began = new long[slices];
            lasted = new long[slices];
            step = new int[slices];
        }

        void add(int i, long from, long to) {
            busy[i] += to - from;
            if (began.length > 0) {
                int at = next++ & began.length - 1;
                began[at] = from;
                lasted[at] = to - from;
                step[at] = i;
                next = next == 2 * began.length ? began.length : next;
            }
        }

        /// The number of slices that are kept, from [#first] on, in a circle.
        int kept() {
            return Math.min(next, began.length);
        }

        int first() {
            return next <= began.length ? 0 : next & began.length - 1;
        }
    }

    Recorder(String name, Plan plan, int threads, @Nullable Profile session) {
        this.name = name;
        this.plan = plan;
        this.session = session;
        int steps = plan.steps().size();
        total = new long[steps];
        least = new long[steps];
        now = new long[steps];
        Arrays.fill(least, Long.MAX_VALUE);
        tracks = new Track[threads];
        for (int i = 0; i < threads; i++) {
            tracks[i] = new Track(steps, session == null ? 0 : SLICES);
        }
    }

    String name() {
        return name;
    }

    Plan plan() {
        return plan;
    }

    @Nullable Profile session() {
        return session;
    }

    Track[] tracks() {
        return tracks;
    }

    /// One run, watched. What is copied at its end counts as the plan's last steps, all in one.
    void run(List<Step> steps, Team team, Runnable copyOut) {
        boolean flight = Flight.on();
        var whole = flight ? new Flight.Ran() : null;
        if (whole != null) {
            whole.begin();
        }
        tracks[0].thread = Thread.currentThread().getName();
        team.watch(session == null ? null : this);
        try {
            long began = System.nanoTime();
            long from = began;
            for (int i = 0; i < steps.size(); i++) {
                from = step(i, steps.get(i), team, from, flight);
            }
            copyOut.run();
            long ended = System.nanoTime();
            if (plan.steps().size() > steps.size()) {
                took(steps.size(), from, ended);
            }
            merge(ended - began);
        } finally {
            team.watch(null);
        }
        if (whole != null) {
            whole.program = name;
            whole.steps = steps.size();
            whole.commit();
        }
    }

    private long step(int i, Step step, Team team, long from, boolean flight) {
        this.step = i;
        shared = false;
        var event = flight ? new Flight.Stepped() : null;
        if (event != null) {
            event.begin();
        }
        step.run(team);
        long to = System.nanoTime();
        if (event != null) {
            event.commit(name, i, plan.steps().get(i));
        }
        took(i, from, to);
        return to;
    }

    private void took(int i, long from, long to) {
        now[i] = to - from;
        if (!shared) {
            tracks[0].add(i, from, to);
        }
    }

    @Override
    public void worked(int part, long began, long ended) {
        if (part == 0) {
            shared = true;
        }
        tracks[part].add(step, began, ended);
    }

    private synchronized void merge(long all) {
        runs++;
        runTotal += all;
        runLeast = Math.min(runLeast, all);
        for (int i = 0; i < now.length; i++) {
            total[i] += now[i];
            least[i] = Math.min(least[i], now[i]);
        }
    }

    synchronized Profile.Timing timing() {
        var rows = new java.util.ArrayList<Profile.Row>();
        for (int i = 0; i < total.length; i++) {
            var busy = new java.util.ArrayList<Long>();
            for (var track : tracks) {
                busy.add(track.busy[i]);
            }
            rows.add(new Profile.Row(i, plan.steps().get(i), runs, runs == 0 ? 0 : least[i], total[i], busy));
        }
        return new Profile.Timing(name, plan, tracks.length, runs, runs == 0 ? 0 : runLeast, runTotal, rows);
    }
}
