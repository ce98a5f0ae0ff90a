package dev.caviar.nn.data;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// Class names as numbers and one-hot rows, and back.
///
/// ```java
/// var kinds = OneHot.of("dog", "cat", "dog");        // cat is 0, dog is 1
/// int[] classes = kinds.classes("dog", "cat");       // 1, 0
/// float[][] rows = kinds.rows(classes);              // 0 1, 1 0
/// List<String> back = kinds.decode(rows);            // dog, cat
/// ```
public record OneHot(List<String> names) {
    public OneHot {
        names = List.copyOf(names);
        if (new LinkedHashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException("OneHot: a name stands twice in " + names + ".");
        }
    }

    /// The classes of these labels, in the order of their names.
    public static OneHot of(String... labels) {
        return new OneHot(java.util.Arrays.stream(labels).distinct().sorted().toList());
    }

    /// The class of each label. Throws [IllegalArgumentException] for one that is not known.
    public int[] classes(String... labels) {
        var out = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            out[i] = names.indexOf(labels[i]);
            if (out[i] < 0) {
                throw new IllegalArgumentException("OneHot: label " + i + ", \"" + labels[i] + "\", is none of " + names
                        + ".\nMaybe make it from all labels, also those of the test data.");
            }
        }
        return out;
    }

    /// A row for each class, with a single 1.
    public float[][] rows(int... classes) {
        var out = new float[classes.length][names.size()];
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] < 0 || classes[i] >= names.size()) {
                throw new IllegalArgumentException("OneHot: class " + classes[i] + " of example " + i + " is not in [0, " + names.size() + ").");
            }
            out[i][classes[i]] = 1;
        }
        return out;
    }

    /// The class of each row: where it is largest, the first of equals.
    public int[] classes(float[][] rows) {
        var out = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            for (int k = 1; k < rows[i].length; k++) {
                out[i] = rows[i][k] > rows[i][out[i]] ? k : out[i];
            }
        }
        return out;
    }

    /// The name of each row's class.
    public List<String> decode(float[][] rows) {
        var out = new ArrayList<String>();
        for (int one : classes(rows)) {
            out.add(names.get(one));
        }
        return List.copyOf(out);
    }
}
