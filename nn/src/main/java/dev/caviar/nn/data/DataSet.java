package dev.caviar.nn.data;

import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.format.DataException;
import java.util.List;

/// Examples to learn from and others to test on, with what they mean and where they came from.
///
/// The test part of a source is always the same, whatever seed an experiment has. `features` names the columns of a table
/// and is empty for images. Class indices outside the task's classes are a [DataException].
///
/// ```java
/// var all = Examples.of(new float[][] {{0}, {1}, {2}, {3}}, new int[] {0, 0, 1, 1});
/// var data = DataSet.of("steps", all.select(0, 2), all.select(1, 3), new Task.Classification(List.of("low", "high")));
/// int outputs = data.outputs();            // 2
/// ```
public record DataSet(String name, Examples train, Examples test, Task task, List<String> features, Provenance provenance) {
    public DataSet {
        features = List.copyOf(features);
        if (!train.inputShape().equals(test.inputShape())) {
            throw new DataException("Data set " + name + ": an example is " + train.inputShape() + " in the training part and "
                    + test.inputShape() + " in the test part.", "Maybe they are from different data sets.");
        }
        if (task instanceof Task.Classification(var classes)) {
            check(name, train, classes);
            check(name, test, classes);
        }
    }

    /// A data set of the program's own arrays.
    public static DataSet of(String name, Examples train, Examples test, Task task) {
        var digest = Hash.sha256();
        digest.update((train.sha256() + "  train\n" + test.sha256() + "  test\n").getBytes());
        return new DataSet(name, train, test, task, List.of(), new Provenance("arrays", Hash.hex(digest)));
    }

    private static void check(String name, Examples examples, List<String> classes) {
        if (examples.y().type().dtype().isFloat()) {
            throw new DataException("Data set " + name + ": the labels are " + examples.y().type() + ", but a classification needs"
                    + " class indices.", "Maybe the task is a regression.");
        }
        for (int i = 0; i < examples.size(); i++) {
            long label = examples.y().longAt(examples.row(i));
            if (label < 0 || label >= classes.size()) {
                throw new DataException("Data set " + name + ": label " + label + " of row " + examples.row(i)
                        + " is outside the " + classes.size() + " classes, [0, " + classes.size() + ").",
                        "Maybe the labels begin at 1, or the file of labels is another data set's.");
            }
        }
    }

    /// The shape of one example's features.
    public Shape inputShape() {
        return train.inputShape();
    }

    /// The number of outputs that a model for this data needs.
    public int outputs() {
        return task.outputs(train.targets());
    }

    /// The names of the classes; empty for a regression.
    public List<String> classes() {
        return switch (task) {
            case Task.Classification(var classes) -> classes;
            case Task.Regression _ -> List.of();
        };
    }
}
