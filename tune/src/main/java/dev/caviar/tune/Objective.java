package dev.caviar.tune;

import java.util.List;

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

    /// One value per direction of the study.
    default List<Double> values(Trial trial) throws Exception {
        return List.of(evaluate(trial));
    }

    /// An objective with several values, one per direction of the study.
    ///
    /// ```java
    /// var objective = Objective.several(trial -> {
    ///     var x = trial.real("x", 0, 5);
    ///     return List.of(x * x, (x - 2) * (x - 2));
    /// });
    /// ```
    static Objective several(Several objective) {
        return new Objective() {
            @Override
            public double evaluate(Trial trial) throws Exception {
                return values(trial).getFirst();
            }

            @Override
            public List<Double> values(Trial trial) throws Exception {
                return objective.values(trial);
            }
        };
    }

    /// The same, tried `times` times for each setting, each with another [Trial#seed()]: the value is the mean. The single values and their
    /// standard deviation are noted with the trial as `repeats` and `spread`, as lists where there are several objectives.
    ///
    /// ```java
    /// Objective noisy = trial -> trial.real("x", 0, 1) + new java.util.Random(trial.seed()).nextGaussian();
    /// var steady = noisy.repeated(5);
    /// ```
    default Objective repeated(int times) {
        return new Repeated(this, times);
    }

    /// What gives several values.
    ///
    /// ```java
    /// Objective.Several both = trial -> List.of(trial.real("x", 0, 1), 1.0);
    /// ```
    @FunctionalInterface
    interface Several {
        /// One value per direction of the study.
        List<Double> values(Trial trial) throws Exception;
    }
}
