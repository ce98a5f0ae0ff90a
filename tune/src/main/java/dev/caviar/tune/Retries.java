package dev.caviar.tune;

/// How often the same setting is run again, under a new number and with the same seed, before its trial counts as failed.
///
/// ```java
/// var options = StudyOptions.of("flaky network").withRetries(new Retries(2, 10));
/// ```
///
/// @param failed after the objective threw or gave NaN; 0 for never
/// @param stale  after the process that ran it ended or fell silent: a setting that kills its process would do so for ever
public record Retries(int failed, int stale) {
    /// A failure counts at once; a setting whose process dies is tried five times more.
    public static final Retries USUAL = new Retries(0, 5);

    public Retries {
        if (failed < 0 || stale < 0) throw new IllegalArgumentException("Retries(" + failed + ", " + stale + "): 0 is the least.");
    }
}
