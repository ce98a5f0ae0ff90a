package dev.caviar.tune;

/// What is searched: takes a trial's setting and gives what it is worth.
///
/// NaN and everything thrown count as failure of this one trial, except [TrialPruned] and [TrialStopped].
///
/// ```java
/// Objective hill = trial -> {
///     var x = trial.real("x", -10, 10);
///     return (x - 5) * (x - 5);
/// };
/// ```
@FunctionalInterface
public interface Objective {
    /// The value of a setting, small or large being good as the study says.
    double evaluate(Trial trial) throws Exception;
}
