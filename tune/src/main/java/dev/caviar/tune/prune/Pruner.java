package dev.caviar.tune.prune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import java.util.Map;

/// Judges a running trial by its reports and the past: a pure function, like a sampler.
///
/// ```java
/// Pruner hopeless = (past, running) -> running.lastReport().orElse(1) < 0.2 ? Verdict.STOP : Verdict.CONTINUE;
/// ```
@FunctionalInterface
public interface Pruner {
    /// Lets every trial run to its end.
    Pruner NONE = new Pruner() {
        @Override
        public Verdict judge(History past, TrialView running) {
            return Verdict.CONTINUE;
        }

        @Override
        public boolean usesHistory() {
            return false;
        }

        @Override
        public String toString() {
            return "none";
        }
    };

    /// Whether the trial should go on after its last report.
    Verdict judge(History past, TrialView running);

    /// What to keep with the trial after its last report, as system attributes by which later trials are judged; asked for before [#judge].
    default Map<String, Double> notes(History past, TrialView running) {
        return Map.of();
    }

    /// The part of the past that counts when this trial's setting is proposed.
    default History seen(History past, TrialView trial) {
        return past;
    }

    /// Whether the past matters; where it does not, no trial waits for another.
    default boolean usesHistory() {
        return true;
    }
}
