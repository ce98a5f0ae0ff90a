package dev.caviar.tune;

/// Runs the trials of a study until its budget is used up.
///
/// An executor takes trials from [Study#next] and gives each to [Study#evaluate]; how many at once, and where, is its own affair.
///
/// ```java
/// Executor patient = (study, objective, budget) -> {
///     for (var trial = study.next(budget); trial.isPresent(); trial = study.next(budget)) study.evaluate(trial.get(), objective);
/// };
/// ```
@FunctionalInterface
public interface Executor {
    /// Returns when the budget is used up or the study is stopped.
    void run(Study study, Objective objective, Budget budget);

    /// How many trials run at once; the lag of a study that was created without one.
    default int workers() {
        return 1;
    }

    /// One trial after the other, on the thread that calls.
    static Executor inline() {
        return new Inline();
    }

    /// So many trials at once, each on a platform thread of its own.
    static Executor threads(int workers) {
        return threads(workers, inline());
    }

    /// So many platform threads, on each of which `each` goes through trials.
    static Executor threads(int workers, Executor each) {
        return new Threads(workers, each);
    }
}
