package dev.caviar.tune.record;

/// Where a trial stands; the names are Optuna's.
///
/// ```java
/// assert TrialState.PRUNED.finished() && !TrialState.RUNNING.finished();
/// ```
public enum TrialState {
    /// Being tried by a living process, or by one that died unnoticed.
    RUNNING,
    /// Ended with a value.
    COMPLETE,
    /// Stopped as hopeless.
    PRUNED,
    /// Threw, gave NaN, or was cut off.
    FAIL,
    /// Queued with fixed settings.
    WAITING;

    /// Whether nothing about the trial changes any more.
    public boolean finished() {
        return this == COMPLETE || this == PRUNED || this == FAIL;
    }
}
