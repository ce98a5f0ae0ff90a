package dev.caviar.tune;

/// Ends a trial as pruned: thrown by an objective that was told to stop by [Trial#shouldPrune()].
///
/// ```java
/// Objective objective = trial -> {
///     for (var epoch = 0; epoch < 10; epoch++) {
///         trial.report(epoch, 0.1 * epoch);
///         if (trial.shouldPrune()) throw new TrialPruned();
///     }
///     return 0.9;
/// };
/// ```
public final class TrialPruned extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// Without a trace: it is a way to return, not an error.
    public TrialPruned() {
        super("pruned", null, false, false);
    }
}
