package dev.caviar.tune;

import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.sample.RandomSampler;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Space;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a study is made or opened.
///
/// What is null or empty is taken from the study when it is opened. Sampler, pruner, retries and fixed values are chosen anew each time.
///
/// ```java
/// var options = StudyOptions.of("mnist")
///         .withDirection(Direction.MAXIMIZE)
///         .withSpace(Preset.mnist().space())
///         .withSeed(1)
///         .withLag(2);
/// ```
///
/// @param name       unique in the storage
/// @param directions one per value of the objective; empty for the study's own, one [Direction#MINIMIZE] for a new one
/// @param space      null for the study's own, or for an objective that suggests as it runs
/// @param sampler    who proposes settings
/// @param pruner     who stops hopeless trials
/// @param seed       everything random follows from it; null for the study's own, 0 for a new one
/// @param lag        trial n sees the finished trials up to n - lag, so that results do not depend on timing with up to `lag` workers; 0 to see
///                   whatever is finished, so that they do; null for the study's own, or the workers of the first run
/// @param job        what else is needed to do the same work again: data, epochs, metric, command; values with a form in JSON
/// @param retries    how often a setting is run again that failed or lost its process
/// @param fixed      parameters that are not searched, with their values
/// @param warmStart  what is known from another study; looked at when the study is made, and kept with it
/// @param artifacts  the folder for files of trials; null for the one beside the storage
public record StudyOptions(
        String name,
        List<Direction> directions,
        @Nullable Space space,
        Sampler sampler,
        Pruner pruner,
        @Nullable Long seed,
        @Nullable Integer lag,
        Map<String, @Nullable Object> job,
        Retries retries,
        Map<String, @Nullable Object> fixed,
        @Nullable WarmStart warmStart,
        @Nullable Path artifacts) {
    public StudyOptions {
        if (name.isBlank() || name.length() > 512) throw new IllegalArgumentException("StudyOptions(\"" + name + "\"): a name has 1 to 512 characters.");
        if (lag != null && lag < 0) throw new IllegalArgumentException("StudyOptions(\"" + name + "\"): lag " + lag + " is below 0.");
        directions = List.copyOf(directions);
        job = Collections.unmodifiableMap(new LinkedHashMap<>(job));
        fixed = Collections.unmodifiableMap(new LinkedHashMap<>(fixed));
    }

    /// Random search in a study of that name.
    public static StudyOptions of(String name) {
        return new StudyOptions(name, List.of(), null, new RandomSampler(), Pruner.NONE, null, null, Map.of(), Retries.USUAL, Map.of(), null, null);
    }

    /// The same with a direction.
    public StudyOptions withDirection(Direction direction) {
        return withDirections(direction);
    }

    /// The same with several objectives, one direction each.
    public StudyOptions withDirections(Direction... directions) {
        return new StudyOptions(name, List.of(directions), space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with a space.
    public StudyOptions withSpace(Space space) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with another sampler.
    public StudyOptions withSampler(Sampler sampler) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with another pruner.
    public StudyOptions withPruner(Pruner pruner) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with a seed.
    public StudyOptions withSeed(long seed) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with a lag; usually the number of workers.
    public StudyOptions withLag(int lag) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with lag 0: every trial sees whatever is finished, and results depend on timing.
    public StudyOptions async() {
        return withLag(0);
    }

    /// The same with a job descriptor.
    public StudyOptions withJob(Map<String, @Nullable Object> job) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with other limits to trying a setting again.
    public StudyOptions withRetries(Retries retries) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with values for parameters that are not to be searched.
    public StudyOptions withFixed(Map<String, ? extends @Nullable Object> fixed) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, new LinkedHashMap<>(fixed), warmStart, artifacts);
    }

    /// The same, begun with what another study found.
    public StudyOptions withWarmStart(WarmStart warmStart) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }

    /// The same with a folder for the files of trials.
    public StudyOptions withArtifacts(Path artifacts) {
        return new StudyOptions(name, directions, space, sampler, pruner, seed, lag, job, retries, fixed, warmStart, artifacts);
    }
}
