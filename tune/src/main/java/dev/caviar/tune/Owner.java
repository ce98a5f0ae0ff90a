package dev.caviar.tune;

import dev.caviar.tune.record.TrialView;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Which process runs a trial, so that others can tell whether it still lives.
///
/// A process is known by host, id and start time: ids are used again. `worker` tells studies opened in one process apart. On another machine a
/// process can only be known to live by its heartbeat, which comes every `beats` seconds, or never where that is 0.
record Owner(String host, long pid, long started, String worker, long beats) {
    static final long SECONDS_PER_BEAT = 30;
    // So many beats are missed before another machine gives a trial up.
    private static final int MISSED = 6;
    // Start times are computed from the clock at boot, which may be corrected in between.
    private static final long TOLERANCE = 5_000;
    private static final AtomicLong WORKERS = new AtomicLong();
    // Unlike that of any other class loader's copy of this class in the process.
    private static final String LOADER = Integer.toHexString(ThreadLocalRandom.current().nextInt()) + "-";
    private static final Set<String> CLOSED = ConcurrentHashMap.newKeySet();

    static Owner self() {
        var process = ProcessHandle.current();
        return new Owner(hostName(), process.pid(), started(process), LOADER + WORKERS.getAndIncrement(), 0);
    }

    /// The owner of a trial; null for a trial of another program. Optuna notes all that was noted of a trial with the one that it queues in its place
    /// too: an owner of a trial with another number is none.
    static @Nullable Owner of(TrialView trial) {
        if (trial.systemAttributes().get(TrialView.OWNER) instanceof Map<?, ?> map
                && map.get("host") instanceof String host && map.get("pid") instanceof Long pid
                && map.get("started") instanceof Long started && map.get("worker") instanceof String worker
                && (!(map.get("trial") instanceof Long number) || number == trial.number()))
            return new Owner(host, pid, started, worker, map.get("beats") instanceof Long beats ? beats : 0);
        return null;
    }

    /// The same with a promise to beat.
    Owner beating() {
        return new Owner(host, pid, started, worker, SECONDS_PER_BEAT);
    }

    /// From now on what is still running here is nobody's: its end could not be stored, as the disk was full for example.
    void close() {
        CLOSED.add(worker);
    }

    /// Nobody here will tell how this trial ends, though we go on.
    void abandon(int trial) {
        CLOSED.add(worker + "/" + trial);
    }

    /// Takes [#close] back.
    void reopen() {
        CLOSED.remove(worker);
    }

    boolean sameAs(Owner other) {
        return host.equals(other.host) && pid == other.pid && started == other.started && worker.equals(other.worker);
    }

    /// What is noted with a trial of this number.
    Map<String, @Nullable Object> json(int trial) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("host", host);
        map.put("pid", pid);
        map.put("started", started);
        map.put("worker", worker);
        map.put("trial", trial);
        if (beats > 0) map.put("beats", beats);
        return map;
    }

    /// Whether the process that runs this trial has ended: for certain on this machine, by its silence on another.
    boolean dead(TrialView trial, Instant now) {
        if (!host.equals(hostName())) return beats > 0 && lastSign(trial).plusSeconds(MISSED * beats).isBefore(now);
        // In containers one process id follows the other: a predecessor of ours had the same, and may have begun a moment before.
        if (pid == ProcessHandle.current().pid()) return started != started(ProcessHandle.current()) || CLOSED.contains(worker) || CLOSED.contains(worker + "/" + trial.number());
        var process = ProcessHandle.of(pid);
        if (process.isEmpty() || !process.get().isAlive() || zombie()) return true;
        var since = started(process.get());
        return started != 0 && since != 0 && Math.abs(since - started) > TOLERANCE;
    }

    private static Instant lastSign(TrialView trial) {
        if (trial.systemAttributes().get(TrialView.HEARTBEAT) instanceof String text) return Instant.parse(text);
        return trial.started() == null ? Instant.MAX : trial.started();
    }

    // A killed process whose parent never asks for its status still has an entry: state Z behind the name in brackets.
    private boolean zombie() {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.startsWith(") Z", stat.lastIndexOf(')'));
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String hostName() {
        return Host.NAME;
    }

    private static final class Host {
        static final String NAME = name();

        // Asking the network for our own name may take seconds.
        private static String name() {
            try {
                return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            } catch (IOException e) {
                return asked();
            }
        }

        private static String asked() {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "localhost";
            }
        }
    }
}
