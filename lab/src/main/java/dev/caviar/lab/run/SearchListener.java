package dev.caviar.lab.run;

import dev.caviar.tune.Study;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;

/// Is told how a search goes on.
///
/// ```java
/// var lines = new SearchListener() {
///     @Override
///     public void finished(TrialView trial, boolean best, Tally tally) {
///         System.out.println(trial.number() + " " + trial.value() + (best ? " ★ NEW BEST!" : ""));
///     }
/// };
/// ```
public interface SearchListener {
    /// Says nothing.
    SearchListener SILENT = new SearchListener() {};

    /// The search begins, or goes on.
    default void begins(Study study) {}

    /// A trial finished, told in the order of the search; `best` where it is better than all before it.
    default void finished(TrialView trial, boolean best, Tally tally) {}

    /// A running trial finished an epoch, from 1, told as it happens and from any thread.
    default void epoch(int trial, int epoch, int epochs, double value) {}

    /// Something is likely not meant so.
    default void warning(String text) {}
}
