package dev.caviar.nn.train;

import java.time.Duration;

/// Ends a training after some time, between two batches. With [Checkpoints] another one goes on there.
///
/// ```java
/// var fit = Fit.of().withEpochs(1000).withCallbacks(TimeLimit.of(Duration.ofMinutes(30)));
/// ```
public record TimeLimit(Duration limit) implements Callback {
    public TimeLimit {
        if (limit.isNegative()) {
            throw new IllegalArgumentException("TimeLimit(" + limit + "): it must be 0 or more.\nMaybe the beginning was taken from the end.");
        }
    }

    public static TimeLimit of(Duration limit) {
        return new TimeLimit(limit);
    }

    @Override
    public Callback begin(Run run) {
        long began = System.nanoTime();
        return new Callback() {
            @Override
            public void onBatchEnd(Run run) {
                if (System.nanoTime() - began >= limit.toNanos()) {
                    run.interrupt("the time limit of " + limit.toString().substring(2).toLowerCase(java.util.Locale.ROOT) + " is over");
                }
            }

            @Override
            public void onEpochEnd(Run run) {}
        };
    }

    @Override
    public void onEpochEnd(Run run) {}
}
