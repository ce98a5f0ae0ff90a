package dev.caviar.tune;

import java.time.Duration;

/// How often the same setting is run again, under a new number and with the same seed, before its trial counts as failed.
///
/// ```java
/// var options = StudyOptions.of("flaky network").withRetries(new Retries(2, 10));
/// ```
///
/// @param failed  after the objective threw or gave NaN; 0 for never
/// @param stale   after the process that ran it ended or fell silent: a setting that kills its process would do so for ever
/// @param silence after which a trial of another program that used to beat, as Optuna's do where `heartbeat_interval` is set, has ended; Optuna calls it
///                `grace_period`
public record Retries(int failed, int stale, Duration silence) {
    /// A failure counts at once; a setting whose process dies is tried five times more.
    public static final Retries USUAL = new Retries(0, 5);

    public Retries {
        if (failed < 0 || stale < 0 || silence.isNegative())
            throw new IllegalArgumentException("Retries(" + failed + ", " + stale + ", " + silence + "): 0 is the least.");
    }

    /// With three minutes of silence: Optuna's programs usually beat every minute.
    public Retries(int failed, int stale) {
        this(failed, stale, Duration.ofMinutes(3));
    }
}
