package dev.caviar.nn.data;

import java.util.List;

/// What is to be learned: which of some classes an example is of, or its values.
///
/// ```java
/// Task task = new Task.Classification(List.of("cat", "dog"));
/// int outputs = task.outputs(1);           // 2
/// ```
public sealed interface Task {
    /// The number of outputs that a model needs, where a regression has `targets` values per example.
    default int outputs(int targets) {
        return switch (this) {
            case Classification(var classes) -> classes.size();
            case Regression _ -> targets;
        };
    }

    /// Labels are indices into these names.
    ///
    /// ```java
    /// String third = new Task.Classification(List.of("a", "b", "c")).classes().get(2);
    /// ```
    record Classification(List<String> classes) implements Task {
        public Classification {
            classes = List.copyOf(classes);
        }
    }

    /// Labels are values.
    ///
    /// ```java
    /// Task task = new Task.Regression();
    /// ```
    record Regression() implements Task {}
}
