package dev.caviar.tune.storage;

/// Something was to be noted about a trial that is already finished: finished trials never change.
///
/// ```java
/// Runnable late = () -> { throw new TrialFinishedException("Trial 3 of study \"x\" is already COMPLETE."); };
/// ```
public final class TrialFinishedException extends StorageException {
    private static final long serialVersionUID = 1;

    /// With a message that names trial and study.
    public TrialFinishedException(String message) {
        super(message);
    }
}
