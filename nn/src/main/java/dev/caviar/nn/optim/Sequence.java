package dev.caviar.nn.optim;

import java.util.ArrayList;
import java.util.List;

/// Schedules one behind another: each begins at its own time 0 when its turn has come, as PyTorch's `SequentialLR`.
///
/// ```java
/// Schedule rate = Sequence.of(Schedule.constant(0.01)).then(5, Cosine.of(0.1, 20)).then(25, Schedule.exponential(0.001, 0.9));
/// ```
public record Sequence(List<Schedule> parts, List<Long> starts, boolean steps) implements Schedule {
    public Sequence {
        parts = List.copyOf(parts);
        starts = List.copyOf(starts);
        if (parts.size() != starts.size() + 1 || !starts.stream().sorted().distinct().toList().equals(starts)) {
            throw new IllegalArgumentException("Sequence of " + parts.size() + " schedules, changed at " + starts
                    + ": there must be one schedule more, and the times must rise.");
        }
    }

    /// The first one, in epochs.
    public static Sequence of(Schedule first) {
        return new Sequence(List.of(first), List.of(), false);
    }

    /// Another one from this epoch, or step, on.
    public Sequence then(long start, Schedule next) {
        var all = new ArrayList<>(parts);
        all.add(next);
        var times = new ArrayList<>(starts);
        times.add(start);
        return new Sequence(all, times, steps);
    }

    /// The times are steps.
    public Sequence inSteps() {
        return new Sequence(parts, starts, true);
    }

    @Override
    public double at(long step, int epoch) {
        long t = steps ? step : epoch;
        int part = (int) starts.stream().filter(start -> t >= start).count();
        long begun = part == 0 ? 0 : starts.get(part - 1);
        return steps ? parts.get(part).at(step - begun, epoch) : parts.get(part).at(step, Math.toIntExact(epoch - begun));
    }
}
