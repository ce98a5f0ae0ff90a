package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import java.util.Map;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Proposes settings: a pure function of the past, the trial so far, and a generator seeded by study and slot.
///
/// So it needs no lock, is the same on every machine, and can be asked again for the same answer. Whatever it wants to remember it finds
/// again in the history.
///
/// ```java
/// Sampler middle = (past, trial, name, dist, random) -> dist.at(0.5);
/// ```
@FunctionalInterface
public interface Sampler {
    /// Values for parameters that are better chosen together, before any is asked for; those left out are asked for one by one. Values of
    /// parameters that turn out not to exist in this trial are ignored. `space` is empty where the objective defines it as it runs.
    default Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        return Map.of();
    }

    /// A value for one parameter; `trial` has those chosen before.
    @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random);

    /// What is to be kept about the proposal beside the trial, as system attributes; keys of ours begin with `caviar:`.
    default Map<String, @Nullable Object> notes(History past, TrialView trial, Space space) {
        return Map.of();
    }

    /// Whether the past matters; where it does not, no trial waits for another.
    default boolean usesHistory() {
        return true;
    }

    /// After how many slots there is nothing new to propose; empty where there always is.
    default OptionalInt size() {
        return OptionalInt.empty();
    }
}
