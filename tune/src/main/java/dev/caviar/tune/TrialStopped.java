package dev.caviar.tune;

/// Ends a trial because the whole search is being stopped: it is marked as cut off, and run again when the study is resumed.
///
/// ```java
/// Objective objective = trial -> {
///     for (var epoch = 0; epoch < 10; epoch++) trial.checkStop();   // throws it after Study.stop()
///     return 0.9;
/// };
/// ```
public final class TrialStopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// Without a trace: it is a way to return, not an error.
    public TrialStopped() {
        super("stopped", null, false, false);
    }
}
