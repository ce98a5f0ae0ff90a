package dev.caviar.tune.storage;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Keeps studies: opens or creates one, starts numbered trials, takes events, gives back what is known.
///
/// Every call is atomic and, when it returns, done for good. All may be called from any thread, and by several processes where the medium is
/// shared. Finished trials never change. Everything that fails throws [StorageException].
///
/// ```java
/// try (var storage = Storages.open("memory")) {
///     storage.create("mnist", List.of(Direction.MAXIMIZE), Map.of());
///     var trial = storage.start("mnist", tally -> Optional.of(List.of())).orElseThrow();
///     storage.append("mnist", trial.number(), List.of(new Event.Report(0, 0.8), Event.End.complete(0.9)));
///     assert storage.trials("mnist").getFirst().value().getAsDouble() == 0.9;
/// }
/// ```
public interface Storage extends AutoCloseable {
    /// Creates a study with these system attributes. Throws [StorageException] where the name is taken.
    StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes);

    /// The study of that name, if there is one.
    Optional<StudyView> find(String study);

    /// The names of all studies, in the order of creation.
    List<String> names();

    /// Notes something about the study if nothing stands under the key yet, and gives what stands there now.
    @Nullable Object noteOnce(String study, String key, @Nullable Object value);

    /// Starts a trial with the next free number if `admission` says so; nobody else starts one in between.
    Optional<TrialView> start(String study, Admission admission);

    /// Adds events to a running trial in their order, all or none, and gives what is known then. Throws [TrialFinishedException] where it
    /// is already finished, [StorageException] where a parameter changes its kind of distribution within the study.
    TrialView append(String study, int number, List<? extends Event> events);

    /// How far the study is.
    Tally tally(String study);

    /// All trials by number.
    List<TrialView> trials(String study);

    /// Removes a study with everything in it.
    void delete(String study);

    @Override
    void close();

    /// Decides under the storage's lock whether a trial may start.
    ///
    /// ```java
    /// Storage.Admission always = tally -> Optional.of(List.of());
    /// ```
    @FunctionalInterface
    interface Admission {
        /// The first events of the new trial; empty where none may start now. Its number will be [Tally#trials()]. Must not call the storage.
        Optional<List<Event>> admit(Tally tally);
    }
}
