package dev.caviar.tune.prune;

/// What a pruner thinks of a running trial.
///
/// ```java
/// assert Pruner.NONE.usesHistory() == false;
/// ```
public enum Verdict {
    /// Go on.
    CONTINUE,
    /// End it, it is hopeless.
    STOP,
    /// Keep its state and run others first; it may be taken up again.
    PAUSE
}
