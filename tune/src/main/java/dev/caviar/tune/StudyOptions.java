package dev.caviar.tune;

import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.sample.RandomSampler;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Space;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a study is made or opened.
///
/// What is null is taken from the study when it is opened. Sampler and pruner are code, and chosen anew each time.
///
/// ```java
/// var options = StudyOptions.of("mnist")
///         .withDirection(Direction.MAXIMIZE)
///         .withSpace(Preset.mnist().space())
///         .withSeed(1)
///         .withLag(2);
/// ```
///
/// @param name      unique in the storage
/// @param direction null for the study's own, [Direction#MINIMIZE] for a new one
/// @param space     null for the study's own, or for an objective that suggests as it runs
/// @param sampler   who proposes settings
/// @param pruner    who stops hopeless trials
/// @param seed      everything random follows from it; null for the study's own, 0 for a new one
/// @param lag       trial n sees the finished trials up to n - lag, so that results do not depend on timing with up to `lag` workers; 0 to see
///                  whatever is finished, so that they do; null for the study's own, or the workers of the first run
/// @param job       what else is needed to do the same work again: data, epochs, metric, command; values with a form in JSON
public record StudyOptions(
        String name,
        @Nullable Direction direction,
        @Nullable Space space,
        Sampler sampler,
        Pruner pruner,
        @Nullable Long seed,
        @Nullable Integer lag,
        Map<String, @Nullable Object> job) {
    public StudyOptions {
        if (name.isBlank() || name.length() > 512) throw new IllegalArgumentException("StudyOptions(\"" + name + "\"): a name has 1 to 512 characters.");
        if (lag != null && lag < 0) throw new IllegalArgumentException("StudyOptions(\"" + name + "\"): lag " + lag + " is below 0.");
        job = Collections.unmodifiableMap(new LinkedHashMap<>(job));
    }

    /// Random search in a study of that name.
    public static StudyOptions of(String name) {
        return new StudyOptions(name, null, null, new RandomSampler(), Pruner.NONE, null, null, Map.of());
    }

    /// The same with a direction.
    public StudyOptions withDirection(Direction direction) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with a space.
    public StudyOptions withSpace(Space space) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with another sampler.
    public StudyOptions withSampler(Sampler sampler) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with another pruner.
    public StudyOptions withPruner(Pruner pruner) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with a seed.
    public StudyOptions withSeed(long seed) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with a lag; usually the number of workers.
    public StudyOptions withLag(int lag) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }

    /// The same with lag 0: every trial sees whatever is finished, and results depend on timing.
    public StudyOptions async() {
        return withLag(0);
    }

    /// The same with a job descriptor.
    public StudyOptions withJob(Map<String, @Nullable Object> job) {
        return new StudyOptions(name, direction, space, sampler, pruner, seed, lag, job);
    }
}
