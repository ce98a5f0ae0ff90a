package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// How often each true class was taken for each class: rows are what is true, columns what was said.
///
/// ```java
/// var matrix = ConfusionMatrix.of(List.of("cat", "dog"));
/// matrix = matrix.add(Tensor.of(new float[][] {{0.9f, 0.1f}, {0.8f, 0.2f}, {0.3f, 0.7f}}), Tensor.of(0L, 1L, 1L));
/// long dogsTakenForCats = matrix.count(1, 0);       // 1
/// double recall = matrix.recall(1);                 // 0.5
/// ```
public record ConfusionMatrix(List<String> classes, List<List<Long>> counts) {
    public ConfusionMatrix {
        classes = List.copyOf(classes);
        counts = counts.stream().map(List::copyOf).toList();
        int n = classes.size();
        if (n < 1 || counts.size() != n || counts.stream().anyMatch(row -> row.size() != n)) {
            throw new IllegalArgumentException("ConfusionMatrix of " + n + " classes with " + counts.size() + " rows: it must be square.");
        }
    }

    /// Of classes with these names, nothing counted yet.
    public static ConfusionMatrix of(List<String> classes) {
        var row = classes.stream().map(_ -> 0L).toList();
        return new ConfusionMatrix(classes, classes.stream().map(_ -> row).toList());
    }

    /// Of classes 0, 1, …
    public static ConfusionMatrix of(int classes) {
        return of(IntStream.range(0, classes).mapToObj(Integer::toString).toList());
    }

    /// With more predictions: rows of outputs, of which the largest counts (a single one is the probability of class 1), or classes; targets
    /// are classes or one-hot rows. Throws [IllegalArgumentException] for a class that there is not.
    public ConfusionMatrix add(Tensor predicted, Tensor target) {
        var said = classes(predicted);
        var truth = classes(target);
        if (said.length != truth.length) {
            throw new IllegalArgumentException("ConfusionMatrix.add: " + said.length + " predictions for " + truth.length + " targets.");
        }
        var sums = new long[classes.size()][classes.size()];
        for (int i = 0; i < said.length; i++) {
            sums[known(truth[i])][known(said[i])]++;
        }
        var all = new ArrayList<List<Long>>();
        for (int row = 0; row < sums.length; row++) {
            int at = row;
            all.add(IntStream.range(0, sums.length).mapToObj(column -> count(at, column) + sums[at][column]).toList());
        }
        return new ConfusionMatrix(classes, all);
    }

    private int known(long one) {
        if (one < 0 || one >= classes.size()) {
            throw new IllegalArgumentException("ConfusionMatrix.add: there is no class " + one + " of " + classes.size()
                    + ".\nMaybe the labels begin at 1.");
        }
        return (int) one;
    }

    private static long[] classes(Tensor rows) {
        if (rows.rank() == 2 && rows.shape().dim(1) > 1) {
            return rows.argmax(1).toLongs();
        }
        var flat = rows.reshape(rows.shape().size());
        return flat.dtype().isFloat() ? flat.gt(0.5).cast(dev.caviar.engine.memory.DType.I64).toLongs()
                : flat.cast(dev.caviar.engine.memory.DType.I64).toLongs();
    }

    /// How often `truth` was taken for `said`.
    public long count(int truth, int said) {
        return counts.get(truth).get(said);
    }

    /// All that was counted.
    public long total() {
        return counts.stream().flatMapToLong(row -> row.stream().mapToLong(Long::longValue)).sum();
    }

    /// The part that is right; NaN before the first.
    public double accuracy() {
        return IntStream.range(0, classes.size()).mapToLong(i -> count(i, i)).sum() / (double) total();
    }

    /// Of what was said to be the class, the part that is; 0 where nothing was.
    public double precision(int one) {
        return Decision.part(count(one, one), column(one).sum() - count(one, one));
    }

    /// Of what is the class, the part that was found; 0 where there is nothing.
    public double recall(int one) {
        return Decision.part(count(one, one), row(one).sum() - count(one, one));
    }

    /// The harmonic mean of precision and recall.
    public double f1(int one) {
        long wrong = column(one).sum() + row(one).sum() - 2 * count(one, one);
        return Decision.part(2.0 * count(one, one), wrong);
    }

    /// What part of a true class was taken for each class; 0 where the class is nowhere.
    public double part(int truth, int said) {
        return Decision.part(count(truth, said), row(truth).sum() - count(truth, said));
    }

    private LongStream row(int i) {
        return counts.get(i).stream().mapToLong(Long::longValue);
    }

    private LongStream column(int i) {
        return counts.stream().mapToLong(row -> row.get(i));
    }

    /// A table with precision, recall and F1 of each class.
    @Override
    public String toString() {
        int wide = Math.max(9, classes.stream().mapToInt(String::length).max().orElse(0) + 1);
        var text = new StringBuilder(" ".repeat(wide));
        classes.forEach(name -> text.append(String.format("%" + wide + "s", name)));
        text.append(String.format("%11s%9s%9s%n", "precision", "recall", "f1"));
        for (int i = 0; i < classes.size(); i++) {
            text.append(String.format("%-" + wide + "s", classes.get(i)));
            row(i).forEach(count -> text.append(String.format("%" + wide + "d", count)));
            text.append(String.format(Locale.ROOT, "%11.3f%9.3f%9.3f%n", precision(i), recall(i), f1(i)));
        }
        return text.append(String.format(Locale.ROOT, "accuracy %.4f of %d", accuracy(), total())).toString();
    }
}
