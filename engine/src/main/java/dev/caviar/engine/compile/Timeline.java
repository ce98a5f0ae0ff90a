package dev.caviar.engine.compile;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Writes recorded steps in the JSON form of Chrome's trace events, which Perfetto reads.
///
/// Each program is a process, each of its threads a track with a complete event (`X`) per step; times are microseconds from the first
/// slice that is kept. The arena's filling is a counter (`C`).
final class Timeline {
    private final Writer out;
    private final long zero;
    private boolean first = true;

    private Timeline(Writer out, long zero) {
        this.out = out;
        this.zero = zero;
    }

    static void write(Path file, List<Recorder> recorders) throws IOException {
        long zero = Long.MAX_VALUE;
        for (var recorder : recorders) {
            for (var track : recorder.tracks()) {
                for (int i = 0; i < track.kept(); i++) {
                    zero = Math.min(zero, track.began[i]);
                }
            }
        }
        try (var out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            var timeline = new Timeline(out, zero);
            out.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
            for (int pid = 0; pid < recorders.size(); pid++) {
                timeline.program(pid + 1, recorders.get(pid));
            }
            out.write("\n]}\n");
        }
    }

    private void program(int pid, Recorder recorder) throws IOException {
        event("M", "process_name", pid, 0, ",\"args\":{\"name\":" + text(recorder.name()) + "}");
        for (int tid = 0; tid < recorder.tracks().length; tid++) {
            var track = recorder.tracks()[tid];
            var thread = tid == 0 ? (track.thread.isEmpty() ? "caller" : track.thread) : "team " + tid;
            event("M", "thread_name", pid, tid, ",\"args\":{\"name\":" + text(thread) + "}");
            for (int k = 0; k < track.kept(); k++) {
                int at = (track.first() + k) % track.began.length;
                slice(pid, tid, track.step[at], recorder.plan(), track.began[at], track.lasted[at]);
            }
        }
    }

    private void slice(int pid, int tid, int index, Plan plan, long began, long lasted) throws IOException {
        var step = plan.steps().get(index);
        var cost = step.cost();
        event("X", step.name(), pid, tid, ",\"cat\":" + text(step.part().isEmpty() ? "step" : step.part()) + ",\"ts\":" + micros(began - zero)
                + ",\"dur\":" + micros(lasted) + ",\"args\":{\"step\":" + index + ",\"how\":" + text(step.how()) + ",\"flops\":" + cost.flops()
                + ",\"bytes\":" + cost.bytes() + "}");
        if (tid == 0) {
            event("C", "arena", pid, 0, ",\"ts\":" + micros(began - zero) + ",\"args\":{\"bytes\":" + step.live() + "}");
        }
    }

    private void event(String phase, String name, int pid, int tid, String rest) throws IOException {
        out.write(first ? "\n" : ",\n");
        first = false;
        out.write("{\"ph\":\"" + phase + "\",\"name\":" + text(name) + ",\"pid\":" + pid + ",\"tid\":" + tid + rest + "}");
    }

    private static String micros(long nanos) {
        return String.format(Locale.ROOT, "%d.%03d", nanos / 1000, nanos % 1000);
    }

    private static String text(String value) {
        var quoted = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
