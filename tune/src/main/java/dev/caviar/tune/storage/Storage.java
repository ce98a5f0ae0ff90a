package dev.caviar.tune.storage;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialView;
import java.nio.file.Path;
import java.time.Duration;
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
///     var trial = storage.start("mnist", tally -> Optional.of(Storage.Begin.next(List.of()))).orElseThrow();
///     storage.append("mnist", trial.number(), List.of(new Event.Report(0, 0.8), Event.End.complete(0.9)));
///     assert storage.trials("mnist").getFirst().value().getAsDouble() == 0.9;
/// }
/// ```
public interface Storage extends AutoCloseable {
    /// Creates a study with these system attributes. Throws [StorageException] where the name is taken.
    StudyView create(String study, List<Direction> directions, Map<String, ? extends @Nullable Object> systemAttributes);

    /// The study of that name, if there is one.
    Optional<StudyView> find(String study);

    /// The study of that name. Throws [StorageException] with the names that there are where there is none.
    default StudyView study(String name) {
        return find(name).orElseThrow(() -> Storages.unknown(name, toString(), names()));
    }

    /// The names of all studies, in the order of creation.
    List<String> names();

    /// Notes something about the study if nothing stands under the key yet, and gives what stands there now.
    @Nullable Object noteOnce(String study, String key, @Nullable Object value);

    /// Notes what a user says about the study, in place of what stood under the key.
    void note(String study, String key, @Nullable Object value);

    /// Notes what a program says about the study, in place of what stood under the key.
    void noteSystem(String study, String key, @Nullable Object value);

    /// Starts a trial, a new one with the next free number or a waiting one, if `admission` says so; nobody else starts one in between.
    /// Empty where it says no, and where the waiting trial is taken by now.
    Optional<TrialView> start(String study, Admission admission);

    /// Adds a trial as it is, but for its number, which is the next free one: waiting for its turn, or finished elsewhere.
    TrialView add(String study, TrialView trial);

    /// Adds events to a running trial in their order, all or none, and gives what is known then. Throws [TrialFinishedException] where it
    /// is already finished, [StorageException] where a parameter changes its kind of distribution within the study.
    TrialView append(String study, int number, List<? extends Event> events);

    /// How far the study is.
    Tally tally(String study);

    /// All trials by number.
    List<TrialView> trials(String study);

    /// The numbers of running trials that last beat longer ago than this, by the storage's own clock. A trial that never beat is not among them: its
    /// program promised nothing. Empty where the storage has no beats but ours ([TrialView#HEARTBEAT]).
    default List<Integer> silent(String study, Duration since) {
        return List.of();
    }

    /// Under what this trial is known to programs that do not go by numbers, such as Optuna's dashboard; the number where there is no such thing.
    default long id(String study, int number) {
        return number;
    }

    /// The folder beside the storage for files that belong to its trials; empty where there is no such place.
    default Optional<Path> folder() {
        return Optional.empty();
    }

    /// Removes a study with everything in it.
    void delete(String study);

    @Override
    void close();

    /// Decides under the storage's lock whether a trial may start.
    ///
    /// ```java
    /// Storage.Admission always = tally -> Optional.of(Storage.Begin.next(List.of()));
    /// ```
    @FunctionalInterface
    interface Admission {
        /// What begins; empty where nothing may now. The number of a new trial will be [Tally#trials()]. Must not call the storage.
        Optional<Begin> admit(Tally tally);
    }

    /// A trial that begins.
    ///
    /// ```java
    /// var queued = new Storage.Begin(3, List.of());
    /// ```
    ///
    /// @param waiting the number of the waiting trial whose turn it is; null for a new one
    /// @param events  what is known at once
    record Begin(@Nullable Integer waiting, List<Event> events) {
        public Begin {
            events = List.copyOf(events);
        }

        /// A new trial.
        public static Begin next(List<Event> events) {
            return new Begin(null, events);
        }
    }
}
