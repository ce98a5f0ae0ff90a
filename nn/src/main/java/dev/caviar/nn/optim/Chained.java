package dev.caviar.nn.optim;

import java.util.List;

/// Schedules at once: the product of all, the first one a rate and the others factors of it, as PyTorch's `ChainedScheduler`.
///
/// ```java
/// Schedule rate = Chained.of(Schedule.exponential(0.1, 0.9), Polynomial.of(0.1, 1, 4));      // a tenth at first, the whole rate from epoch 4 on
/// ```
public record Chained(List<Schedule> parts) implements Schedule {
    public Chained {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("Chained: there must be one schedule or more.");
        }
    }

    public static Chained of(Schedule rate, Schedule... factors) {
        var all = new java.util.ArrayList<>(List.of(rate));
        all.addAll(List.of(factors));
        return new Chained(all);
    }

    @Override
    public double at(long step, int epoch) {
        return parts.stream().mapToDouble(part -> part.at(step, epoch)).reduce(1, (a, b) -> a * b);
    }
}
