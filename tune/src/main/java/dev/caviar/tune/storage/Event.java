package dev.caviar.tune.storage;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.space.Dist;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thing that happens to a trial, noted the moment it happens.
///
/// ```java
/// List<Event> events = List.of(new Event.Report(0, 0.91), Event.End.complete(0.93));
/// ```
public sealed interface Event {
    /// A parameter got its value. The first one to write it wins; the value must belong to the distribution.
    ///
    /// ```java
    /// Event event = new Event.Param("units", dev.caviar.tune.space.Whole.of(1, 9), 3L);
    /// ```
    record Param(String name, Dist dist, @Nullable Object value) implements Event {
        public Param {
            value = dist.canonical(value);
        }
    }

    /// An intermediate value after a step; may be NaN or infinite. The first one of a step wins.
    ///
    /// ```java
    /// Event event = new Event.Report(0, 0.91);
    /// ```
    record Report(int step, double value) implements Event {}

    /// The objective notes something; the value must have a form in JSON, and replaces an earlier one.
    ///
    /// ```java
    /// Event event = new Event.Attribute("training_time", 12.5);
    /// ```
    record Attribute(String key, @Nullable Object value) implements Event {}

    /// A program notes something; as [Attribute].
    ///
    /// ```java
    /// Event event = new Event.SystemAttribute("caviar:slot", 7L);
    /// ```
    record SystemAttribute(String key, @Nullable Object value) implements Event {}

    /// The trial ends, with one value per direction where it is complete, and with its last report or nothing where it is pruned.
    ///
    /// ```java
    /// Event event = Event.End.complete(0.93);
    /// ```
    record End(TrialState state, List<Double> values) implements Event {
        public End {
            values = List.copyOf(values);
            if (!state.finished()) throw new IllegalArgumentException("End(" + state + "): a trial ends as COMPLETE, PRUNED or FAIL.");
            if (values.stream().anyMatch(v -> v.isNaN())) throw new IllegalArgumentException("End(" + state + ", " + values + "): NaN is no value.");
        }

        /// The trial ends with these values.
        public static End complete(Double... values) {
            return new End(TrialState.COMPLETE, List.of(values));
        }

        /// The trial failed.
        public static End failed() {
            return new End(TrialState.FAIL, List.of());
        }
    }
}
